/** Where a tally sits in time and in the tree (SPEC §5.1, §5.5, §5.6): what it means, by hand; that both engines do it, at random. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ControlChange, PriceRecord } from '../messages/control.ts';
import type { BillingCalendar } from '../time/calendar.ts';
import { account, brief, meter, owner, ports, price, TestPartition } from '../reference/testing/partition.ts';
import { PartitionMachine } from './machine.ts';
import { poolSplit } from './pool.ts';
import { decodeState, encodeState } from './snapshot.ts';
import { emptyState, type PartitionState } from './state.ts';

const at = (text: string): number => Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`).epochMilliseconds;
const graduated: PriceRecord['model'] = {
  kind: 'graduated',
  tiers: [{ upTo: '100', unitPrice: '1', flat: '0' }, { upTo: null, unitPrice: '0.5', flat: '0' }],
}; // prettier-ignore

/** The engine that rates, after the same inputs: its tallies are charged as those of the reference. */
function rated(partition: TestPartition): PartitionState {
  const fast = { hash: ports.sha256, verify: ports.verifySignature, text: ports.readText };
  const machine = new PartitionMachine(emptyState(0), fast);
  for (const input of partition.inputs) {
    if (input.stream === 'control') machine.takeControl(input);
    else machine.takeUsage(input);
  }
  const { tallies } = machine.state;
  const slow = [...partition.engine.state.tallies.values()];
  expect(tallies.map(({ entry, charge }) => [entry.account, entry.periodStartMs, entry.periodEndMs, charge])).toEqual(
    slow.map(({ account: whose, period, charged }) => [whose, period.startMs, period.endMs, BigInt(charged.times(1e12).toFixed())]),
  ); // prettier-ignore
  return machine.state;
}

/** Amounts that the samples of 60 units each are charged, at these times. */
function amounts(period: BillingCalendar | undefined, times: readonly string[], ...more: ControlChange[]): string[] {
  const terms = { model: graduated, ...(period === undefined ? {} : { period }) };
  const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'), price(1, 'm', '', terms), ...more);
  partition.timeMs = at('2028-12-31T00:00');
  const rows = times.flatMap((time) => partition.send({ startMs: at(time), quantity: 60 }).rows);
  rated(partition);
  return rows.map(({ kind, amount }) => `${kind} ${amount.toFixed()}`);
}
const [first, second] = ['usage 60', 'usage 50'];

describe('periods of tallies', () => {
  test.each([
    ['months without a word', undefined, ['2026-10-01T00:00', '2026-10-31T23:59', '2026-11-01T00:00']],
    ['quarters', { kind: 'calendar', interval: 'quarter' }, ['2026-10-01T00:00', '2026-12-31T23:59', '2027-01-01T00:00']],
    ['years under monthly balances', { kind: 'calendar', interval: 'year' }, ['2026-01-01T00:00', '2026-12-31T23:59', '2027-01-01T00:00']],
    // The day on which the clock goes back has 25 hours; the week from Sunday begins with it.
    ['weeks from Sunday', { kind: 'calendar', interval: 'week', weekStart: 7 }, ['2026-10-25T00:00', '2026-10-31T23:59', '2026-11-01T00:00']],
    ['the day without 2 o’clock', { kind: 'calendar', interval: 'day' }, ['2026-03-29T00:00', '2026-03-29T23:59', '2026-03-30T00:00']],
    ['the 31st, in February the last day', { kind: 'anniversary', anchor: '2026-01-31', interval: 'month' }, ['2027-02-28T00:00', '2027-03-30T23:59', '2027-03-31T00:00']],
    ['the 31st in a leap year', { kind: 'anniversary', anchor: '2026-01-31', interval: 'month' }, ['2028-02-29T00:00', '2028-03-30T23:59', '2028-03-31T00:00']],
    ['29 February, year by year', { kind: 'anniversary', anchor: '2024-02-29', interval: 'year' }, ['2027-02-28T00:00', '2028-02-28T23:59', '2028-02-29T00:00']],
    ['weeks 4-4-5 to the last Saturday of December', { kind: 'fiscal', pattern: '4-4-5', endMonth: 12, endWeekday: 6, rule: 'last' }, ['2026-02-22T00:00', '2026-03-28T23:59', '2026-03-29T00:00']],
    ['dates of a list', { kind: 'list', dates: ['2026-05-10', '2026-06-20', '2026-07-01'] }, ['2026-05-10T00:00', '2026-06-19T23:59', '2026-06-20T00:00']],
  ] as [string, BillingCalendar | undefined, string[]][])('%s', (_, period, times) => {
    expect(amounts(period, times)).toEqual([first, second, first]);
  }); // prettier-ignore

  test('usage outside a list is not priced', () => {
    const list: BillingCalendar = { kind: 'list', dates: ['2026-05-10', '2026-06-20'] };
    expect(amounts(list, ['2026-05-09T23:59', '2026-05-10T00:00', '2026-06-20T00:00'])).toEqual(['unpriced 0', first, 'unpriced 0']); // prettier-ignore
  });

  test('an account’s own anniversary is that of its day, or of the nearest above; without one it is not priced', () => {
    const own: BillingCalendar = { kind: 'anniversary', anchor: 'account', interval: 'month' };
    const terms = { model: graduated, period: own };
    const partition = new TestPartition(
      account(1, 0, { startsOn: '2026-01-31' }), account(2, 1), account(3, 1, { startsOn: '2026-01-15' }), account(4, 0),
      owner('two', 2), owner('three', 3), owner('four', 4), meter('m'), price(1, 'm', '', terms),
    ); // prettier-ignore
    partition.timeMs = at('2027-01-01T00:00');
    const send = (resource: string, time: string) =>
      partition.send({ resource, startMs: at(time), quantity: 60 }).rows.map(({ kind, amount }) => `${kind} ${amount.toFixed()}`); // prettier-ignore
    expect(['2026-02-28T00:00', '2026-03-30T23:59', '2026-03-31T00:00'].flatMap((time) => send('two', time))).toEqual([first, second, first]); // prettier-ignore
    expect(['2026-02-15T00:00', '2026-03-14T23:59', '2026-03-15T00:00'].flatMap((time) => send('three', time))).toEqual([first, second, first]); // prettier-ignore
    expect(send('four', '2026-02-15T00:00')).toEqual(['unpriced 0']);
    // A start is given once, and not when a price counts from starts already.
    const given = (id: number, startsOn: string) =>
      partition.control(account(id, id < 4 ? 1 : 0, { startsOn })).control;
    expect([given(3, '2026-01-16'), given(2, '2026-01-16')]).toEqual([undefined, undefined]);
    expect(given(3, '2026-01-15')).toBeDefined();
    expect(rated(partition).tallies.map(({ charge }) => charge)).toHaveLength(5);
  });

  test('a sample is cut where a period begins, and its rows move the balances of their months', () => {
    const period: BillingCalendar = { kind: 'calendar', interval: 'week' };
    const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'), price(1, 'm', '1', { period }));
    const monday = at('2026-11-02T00:00');
    partition.timeMs = monday + 86_400_000;
    expect(brief(partition.send({ startMs: monday - 1000, durationMs: 2000, quantity: 10 }))).toEqual([
      `1 1 ${monday - 1000}+1000 5 5`,
      `1 1 ${monday}+1000 5 5`,
    ]);
    expect(partition.total(1, at('2026-11-01T00:00'))).toBe('10');
    expect(rated(partition).tallies).toHaveLength(2);
  });

  test('a late price takes over an unpriced month that lies in one of its periods, and no other', () => {
    const late = (period: BillingCalendar) => {
      const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'));
      partition.timeMs = at('2026-11-20T00:00');
      partition.send({ startMs: at('2026-11-10T12:00'), quantity: 60 });
      const rows = brief(partition.control(price(1, 'm', '1', { period })));
      rated(partition);
      return rows;
    };
    const startMs = at('2026-11-10T12:00');
    expect(late({ kind: 'calendar', interval: 'quarter' })).toEqual([`1 0 ${startMs}+0 -60 0`, `1 1 ${startMs}+0 60 60`]); // prettier-ignore
    expect(late({ kind: 'calendar', interval: 'week' })).toEqual([]);
    expect(late({ kind: 'anniversary', anchor: '2026-11-05', interval: 'year' })).toEqual([]);
  });

  test('a version carries on from one with the same calendar, however it is said, and from no other', () => {
    const after = (period: BillingCalendar) => {
      const change = at('2026-11-10T00:00');
      const terms = { key: 'k', model: graduated };
      const partition = new TestPartition(
        account(1, 0), owner('r', 1), meter('m'), price(1, 'm', '', terms),
        price(2, 'm', '', { ...terms, version: 2, effectiveFromMs: change, period }),
      ); // prettier-ignore
      partition.timeMs = at('2026-11-20T00:00');
      partition.send({ startMs: change - 1, quantity: 100 });
      const [row] = partition.send({ startMs: change, quantity: 10 }).rows;
      rated(partition);
      return row!.amount.toFixed();
    };
    expect(after({ kind: 'calendar', interval: 'month' })).toBe('5');
    expect(after({ kind: 'calendar', interval: 'quarter' })).toBe('10');
  });

  test('a percentile has the slots of its period, which is not longer than a month of five minutes', () => {
    const slots = { lengthMs: 300_000, discardPercent: '5' };
    const p95 = meter('m', { aggregation: 'percentile', slots });
    const taken = (period: BillingCalendar, lengthMs = 300_000) => {
      const partition = new TestPartition(account(1, 0), meter('m', { aggregation: 'percentile', slots: { ...slots, lengthMs } })); // prettier-ignore
      const isTaken = partition.control(price(1, 'm', '1', { period })).control !== undefined;
      expect(rated(partition).tenants.get('t')!.master.prices.size).toBe(isTaken ? 1 : 0);
      return isTaken;
    };
    expect(taken({ kind: 'calendar', interval: 'month' })).toBe(true);
    expect(taken({ kind: 'fiscal', pattern: '4-4-5', endMonth: 1, endWeekday: 6, rule: 'last' })).toBe(false);
    expect(taken({ kind: 'calendar', interval: 'quarter' })).toBe(false);
    expect(taken({ kind: 'calendar', interval: 'quarter' }, 900_000)).toBe(true);
    expect(taken({ kind: 'list', dates: ['2026-01-01', '2026-02-02', '2026-02-03'] })).toBe(false);
    // A day has 288 slots, of which 14 are set aside.
    const day: BillingCalendar = { kind: 'calendar', interval: 'day' };
    const partition = new TestPartition(account(1, 0), owner('r', 1), p95, price(1, 'm', '1', { period: day }));
    partition.timeMs = at('2026-11-20T00:00');
    const busy = Array.from({ length: 15 }, (_, i) => ({ startMs: at('2026-11-10T00:00') + i * 300_000, quantity: 7 }));
    expect(
      partition
        .send(...busy)
        .rows.at(-1)!
        .amount.toFixed(),
    ).toBe('7');
  });
});

describe('pools', () => {
  const tree = [account(1, 0), account(2, 1), account(3, 1), owner('two', 2), owner('three', 3), owner('one', 1)];
  const pool = (more: Partial<PriceRecord> = {}) => ({ account: 1, tallyScope: 'subtree', model: graduated, ...more }) as const; // prettier-ignore
  const at1 = at('2026-11-10T12:00');

  test('all accounts of the subtree share tiers and allowance; rows stay with who used it; the close shares out by quantity', () => {
    const partition = new TestPartition(...tree, meter('m'), price(1, 'm', '', pool({ allowance: '10' })));
    partition.timeMs = at1;
    const send = (resource: string, quantity: number) => brief(partition.send({ resource, startMs: at1, quantity }));
    expect(send('two', 90)).toEqual([`2 1 ${at1}+0 90 80`]);
    expect(send('three', 60)).toEqual([`3 1 ${at1}+0 60 40`]);
    expect(send('one', 0)).toEqual([`1 1 ${at1}+0 0 0`]);
    expect(partition.total(1, at('2026-11-01T00:00'))).toBe('120');
    const state = rated(partition);
    const [tally] = state.tallies;
    expect(state.tallies).toHaveLength(1);
    expect(tally!.entry.account).toBe(1);
    // 150 units cost 120: 0.8 each.
    const tenant = state.tenants.get('t')!;
    expect(poolSplit(tenant, tally!)).toEqual([
      { account: 2, amount: -8n * 10n ** 12n },
      { account: 3, amount: 8n * 10n ** 12n },
    ]);
    const restored = decodeState(encodeState(state));
    expect(poolSplit(restored.tenants.get('t')!, restored.tallies[0]!)).toEqual(poolSplit(tenant, tally!));
  });

  test('as it arrived nothing moves', () => {
    const partition = new TestPartition(...tree, meter('m'), price(1, 'm', '', pool({ split: 'asArrived' })));
    partition.timeMs = at1;
    partition.send({ resource: 'two', startMs: at1, quantity: 90 }, { resource: 'three', startMs: at1, quantity: 90 });
    const state = rated(partition);
    expect(poolSplit(state.tenants.get('t')!, state.tallies[0]!)).toEqual([]);
  });

  test('the clock and the days are those of the account of the pool', () => {
    const far = [account(1, 0), account(2, 1, { timeZone: 'Pacific/Auckland' }), owner('two', 2), owner('one', 1)];
    const partition = new TestPartition(...far, meter('m'), price(1, 'm', '', pool()));
    const newYear = at('2027-01-01T00:00');
    partition.timeMs = newYear;
    const used = ['two', 'one', 'two'].map((resource, i) => ({ resource, startMs: newYear - 2 + i, quantity: 60 }));
    // In Auckland it has been January for twelve hours: the rows of there are January's, the tally December's.
    expect(partition.send(...used).rows.map(({ amount }) => amount.toFixed())).toEqual(['60', '50', '60']);
    expect(partition.total(2, Temporal.ZonedDateTime.from('2027-01-01T00:00[Pacific/Auckland]').epochMilliseconds)).toBe('120'); // prettier-ignore
    rated(partition);
  });

  test('distinct values and the maximum count once for all', () => {
    const shared = (aggregation: 'unique' | 'max') => {
      const level = { resource: 'two', kind: 'level', startMs: at1 } as const;
      const users = meter('m', { aggregation, distinct: '' });
      const partition = new TestPartition(...tree, users, price(1, 'm', '', pool({ model: { kind: 'perUnit', unitPrice: '1' } }))); // prettier-ignore
      partition.timeMs = at1;
      const { rows } = partition.send({ ...level, quantity: 5 }, { ...level, resource: 'three', quantity: 7 }, { ...level, quantity: 6 }); // prettier-ignore
      rated(partition);
      return rows.map(({ account: whose, amount }) => `${whose}: ${amount.toFixed()}`);
    };
    expect(shared('max')).toEqual(['2: 5', '3: 2', '2: 0']);
    expect(shared('unique')).toEqual(['2: 1', '3: 1', '2: 0']);
  });

  test('a pool of everyone, a split of what is not shared and shares of what may fall are refused', () => {
    const isTaken = (aggregation: 'sum' | 'latest', more: Partial<PriceRecord>) => {
      const partition = new TestPartition(...tree, meter('m', { aggregation }));
      const taken = partition.control(price(1, 'm', '1', more)).control !== undefined;
      expect(rated(partition).tenants.get('t')!.master.prices.size).toBe(taken ? 1 : 0);
      return taken;
    };
    expect(isTaken('sum', { tallyScope: 'subtree' })).toBe(false);
    expect(isTaken('sum', { split: 'proRata' })).toBe(false);
    expect(isTaken('latest', pool())).toBe(false);
    expect(isTaken('latest', pool({ split: 'asArrived' }))).toBe(true);
  });

  test('CONSERVE: shares are by quantity, less than a pico apart from exact ones, and add up to what was charged', () => {
    const usage = fc.array(fc.tuple(fc.constantFrom('one', 'two', 'three'), fc.nat(200)), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(usage, (samples) => {
        const partition = new TestPartition(...tree, meter('m'), price(1, 'm', '', pool()));
        partition.timeMs = at1;
        partition.send(...samples.map(([resource, quantity]) => ({ resource, startMs: at1, quantity })));
        const state = rated(partition);
        const tally = state.tallies[0]!;
        const split = poolSplit(state.tenants.get('t')!, tally);
        expect(split.reduce((sum, { amount }) => sum + amount, 0n)).toBe(0n);
        for (const [whose, { quantity, amount }] of tally.pool!.members) {
          if (tally.quantity === 0n) continue;
          const after = amount + (split.find((row) => row.account === whose)?.amount ?? 0n);
          const difference = after * tally.quantity - tally.charge * quantity;
          expect(difference < tally.quantity && -difference < tally.quantity).toBe(true);
        }
      }),
      { numRuns: 100 },
    ); // prettier-ignore
  });
});

test('a subscription is a group: tiers, allowance and maximum of its own, by the dimension that names it', () => {
  const model: PriceRecord['model'] = { kind: 'grouped', by: ['subscription'], groupsMax: 10, model: graduated };
  const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'), price(1, 'm', '', { model, allowance: '10' })); // prettier-ignore
  const startMs = at('2026-11-10T12:00');
  partition.timeMs = startMs;
  const samples = ['s-1', 's-1', 's-2'];
  const body = partition.body(1, samples.map(() => ({ startMs, quantity: 80 })), {
    dims: [{ subscription: 's-1' }, { subscription: 's-2' }],
    series: [[0, 0, 0], [1, 1, 0], [2, 2, 1]],
  }); // prettier-ignore
  expect(partition.usage(body).rows.map(({ amount }) => amount.toFixed())).toEqual(['70', '55', '70']);
  rated(partition);
});
