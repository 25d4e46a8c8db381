import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spentOf } from '#core/budgets/spent.ts';
import { verdictOn } from '#core/holds/caps.ts';
import { decideRequests } from '#core/holds/decide.ts';
import type { HoldRequest } from '#core/messages/checks.ts';
import type { ControlChange, ControlMessage } from '#core/messages/control.ts';
import { PartitionMachine } from '#core/rating/machine.ts';
import type { BalanceEntry } from '#core/messages/rated.ts';
import { balancesOf } from '#core/rating/snapshot.ts';
import { emptyState } from '#core/rating/state.ts';
import { inputsOf, testPorts, world, type WorldInput } from '#core/testing/world.ts';
import { Books } from './books.ts';

/** Each budget gets two beside it that count themselves: a day's, and one of the last hours. */
function withCounted(input: WorldInput): WorldInput {
  if (input.stream !== 'control') return input;
  const message = JSON.parse(Buffer.from(input.data).toString()) as ControlMessage;
  const changes = message.changes.flatMap((change): ControlChange[] =>
    change.kind !== 'budget'
      ? [change]
      : [
          change,
          { ...change, id: `${change.id}-day`, period: 'day' },
          { ...change, id: `${change.id}-hours`, period: { kind: 'rolling', hours: 30 } },
        ],
  );
  return { ...input, data: Buffer.from(JSON.stringify({ ...message, changes })) };
}

const byPlace = (a: BalanceEntry, b: BalanceEntry) =>
  a.account - b.account || a.periodStartMs - b.periodStartMs || (a.currency < b.currency ? -1 : 1);

test('books say after every commit what the state says that was committed', () => {
  let [compared, counted] = [0, 0];
  fc.assert(
    fc.property(world, fc.array(fc.nat(5), { minLength: 1 }), (seed, cuts) => {
      const machine = new PartitionMachine(emptyState(0), testPorts);
      const { state } = machine;
      let books = new Books(state);
      inputsOf(seed)
        .map(withCounted)
        .forEach((input, i) => {
          if (input.stream === 'control') machine.takeControl(input);
          else machine.takeUsage(input);
          if (cuts[i % cuts.length] === 0) return;
          const hold: HoldRequest = { op: 'hold', tenant: 't', key: `k${i}`, account: 2, amount: '0.5', currency: 'EUR', expiresInMs: 100 }; // prettier-ignore
          decideRequests(state, [hold], input.timeMs, machine.changes.requests);
          const { header } = machine.drain({
            kind: 'commit',
            incarnation: 1,
            nonce: 'n',
            n: i,
            prev: { seq: i, hash: '' },
          });
          Object.assign(state, { outSeq: i + 1, incarnation: 1 });
          books.take(
            header,
            i + 1,
            new Map(header.control.map(({ tenant }) => [tenant, state.tenants.get(tenant)!.master])),
          );
          if (cuts[i % cuts.length] === 1) books = new Books(state);
          const [live, kept] = [state.tenants.get('t')!, books.tenant('t')!];
          const { logTimeMs } = state;
          for (const record of live.master.budgets.values()) {
            expect(spentOf(kept, record, logTimeMs)).toBe(spentOf(live, record, logTimeMs));
            if (record.period !== 'month' && spentOf(kept, record, logTimeMs) > 0n) counted += 1;
          }
          expect(books.balancesOf('t').toSorted(byPlace)).toEqual([...balancesOf([live])].toSorted(byPlace));
          for (const account of live.master.accounts.values()) {
            const asked = { account, currency: 'EUR', amount: 1n };
            expect(verdictOn(kept, logTimeMs, asked)).toEqual(verdictOn(live, logTimeMs, asked));
            compared += 1;
          }
          expect(books.watermark).toEqual({ partition: 0, incarnation: 1, outSeq: i + 1, logTimeMs });
        });
    }),
  );
  expect(compared).toBeGreaterThan(100);
  expect(counted).toBeGreaterThan(0);
});
