import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOfBudget } from '../messages/alert.ts';
import { blockColumns, type CommitHeader } from '../messages/rated.ts';
import { formatAmount, parseAmount } from '../money/fixed.ts';
import { inputsOf, testPorts, world, worldStartMs, type World, type WorldInput } from '../testing/world.ts';
import { PartitionMachine } from './machine.ts';
import { reached } from './measures.ts';
import { applyCommit } from './replay.ts';
import { decodeState, encodeState } from './snapshot.ts';
import { emptyState, type PartitionState } from './state.ts';

interface Commit {
  readonly header: CommitHeader;
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly text: string;
}

/** Runs inputs through a machine that commits where `isCut` says, and may be restarted from a snapshot on the way. */
function run(
  inputs: readonly WorldInput[],
  isCut: (index: number) => boolean,
  isRestarted: (index: number) => boolean = () => false,
) {
  let machine = new PartitionMachine(emptyState(0), testPorts);
  const commits: Commit[] = [];
  const commit = (): void => {
    if (machine.changes.isEmpty) return;
    const { state } = machine;
    const { bytes } = machine.drain({
      kind: 'commit',
      incarnation: 1,
      nonce: 'x',
      n: commits.length,
      prev: { seq: state.outSeq, hash: state.outHash },
    });
    const text = Buffer.from(bytes).toString();
    Object.assign(state, { incarnation: 1, outSeq: state.outSeq + 1, outHash: testPorts.hash(bytes) });
    const [head, ...lines] = text.trimEnd().split('\n');
    commits.push({ header: JSON.parse(head!) as CommitHeader, rows: lines.map(readLine), text });
  };
  inputs.forEach((input, index) => {
    if (input.stream === 'control') machine.takeControl(input);
    else machine.takeUsage(input);
    if (isCut(index)) commit();
    if (isRestarted(index) && machine.changes.isEmpty)
      machine = new PartitionMachine(decodeState(encodeState(machine.state)), testPorts);
  });
  commit();
  return { state: machine.state, commits };
}

const readLine = (line: string): Record<string, string> =>
  Object.fromEntries(line.split('\t').map((cell, i) => [blockColumns[i]![0], cell]));
const everyInput = (): boolean => true;

function forEveryWorld(name: string, check: (inputs: WorldInput[], seed: World) => void, runs = 150): void {
  test(name, () =>
    fc.assert(
      fc.property(world, (seed) => check(inputsOf(seed), seed)),
      { numRuns: runs },
    ),
  );
}

const sum = (values: Iterable<bigint>): bigint => [...values].reduce((a, b) => a + b, 0n);
const entries = (cell: string): string[] => (cell === '[]' ? [] : cell.slice(1, -1).split(','));

describe('invariants of the partition machine', () => {
  forEveryWorld('CONSERVE: received = rated + duplicates + refused, at every commit, and the rows agree', (inputs) => {
    const { commits } = run(inputs, everyInput);
    let rows = 0;
    for (const { header, rows: blocks } of commits) {
      for (const counts of [
        header.totals.samples,
        header.totals.batches,
        ...header.producers.flatMap((p) => [p.samples, p.batches]),
      ]) {
        expect(counts.received).toBe(counts.rated + counts.duplicates + counts.refused);
      }
      rows += blocks.reduce((a, block) => a + Number(block['samples']), 0);
      expect(rows).toBe(header.totals.samples.rated);
    }
  });

  forEveryWorld('ONCE: no sample has two first rows', (inputs) => {
    const seen = new Map<string, number>();
    for (const { rows } of run(inputs, everyInput).commits) {
      for (const block of rows.filter((row) => row['kind'] !== 'adjustment')) {
        for (const index of entries(block['idx']!)) {
          const key = `${block['producer']} ${block['epoch']} ${block['seq']} ${index}`;
          const usageSeq = Number(block['usage_seq']);
          expect(seen.get(key) ?? usageSeq).toBe(usageSeq);
          seen.set(key, usageSeq);
        }
      }
    }
  });

  forEveryWorld(
    'TELESCOPE: per tally Σ rows = charge(final tally), and the scalars of a block are the sums of its rows',
    (inputs) => {
      const { state, commits } = run(inputs, everyInput);
      const { prices } = state.tenants.get('t')!.master;
      // A row names its account and month, a tally the account and the period of its price.
      const keyOf = (account: string, price: number, period: string): string => {
        const record = prices.get(price)?.record;
        const owner = record?.tallyScope === 'subtree' ? String(record.account) : account;
        return `${owner} ${price} ${record?.period === undefined ? period : ''}`;
      };
      const charged = new Map<string, bigint>();
      for (const block of commits.flatMap(({ rows }) => rows)) {
        expect(sum(entries(block['amounts']!).map((text) => parseAmount(text)!))).toBe(parseAmount(block['amount']!));
        const key = keyOf(block['account']!, Number(block['price']), block['period_start']!);
        charged.set(key, (charged.get(key) ?? 0n) + parseAmount(block['amount']!)!);
      }
      const expected = new Map<string, bigint>();
      for (const tally of state.tallies) {
        const { entry, carried, charge } = tally;
        const cell = state.tenants
          .get('t')!
          .master.prices.get(entry.price)
          ?.cell(entry.cell ?? '');
        const members = [...(tally.pool?.members.values() ?? [])];
        if (members.length > 0) expect(sum(members.map(({ amount }) => amount))).toBe(charge);
        expect(charge).toBe(cell === undefined ? 0n : cell.charge(reached(tally)) - cell.charge(carried));
        const key = keyOf(String(entry.account), entry.price, `${entry.periodStartMs / 1000}.000`);
        expected.set(key, (expected.get(key) ?? 0n) + charge);
      }
      for (const [key, amount] of expected) expect(charged.get(key) ?? 0n).toBe(amount);
    },
  );

  forEveryWorld('TREE: a node is its children plus its own rows', (inputs) => {
    const { state } = run(inputs, everyInput);
    const balances = [...state.tenants.get('t')!.balancesByKey.values()];
    for (const node of balances) {
      const children = balances.filter(
        ({ account, period }) =>
          account.record.parent === node.account.record.id && period.startMs === node.period.startMs,
      );
      expect(node.total).toBe(node.own + sum(children.map(({ total }) => total)));
    }
  });

  forEveryWorld(
    'REPLAY: commits alone rebuild the state; other cuts and restarts give the same rows and values',
    (inputs) => {
      const { state, commits } = run(inputs, everyInput);
      // In whole, and as a snapshot is made of the one before: without what finds things by name.
      for (const isIndexed of [true, false]) {
        let replayed: PartitionState = emptyState(0, isIndexed);
        commits.forEach(({ text, header }, i) => {
          if (i === commits.length >> 1) replayed = decodeState(encodeState(replayed), isIndexed);
          applyCommit(replayed, header, i + 1, testPorts.hash(Buffer.from(text)));
        });
        expect(encodeState(replayed)).toBe(encodeState(state));
      }

      const restarted = run(inputs, everyInput, (i) => i % 3 === 0);
      expect(restarted.commits.map(({ text }) => text)).toEqual(commits.map(({ text }) => text));

      const cut = run(inputs, (i) => i % 5 === 4);
      const rows = (all: readonly Commit[]): string[] =>
        all.flatMap((commit) => commit.rows.map((row) => JSON.stringify({ ...row, out_seq: '', block: '' })));
      expect(rows(cut.commits)).toEqual(rows(commits));
      Object.assign(cut.state, { outSeq: state.outSeq, outHash: state.outHash });
      expect(encodeState(cut.state)).toBe(encodeState(state));
    },
  );

  forEveryWorld('CAP: no alert id comes twice, and what is crossed is at or above its threshold', (inputs) => {
    const alerts = run(inputs, everyInput).commits.flatMap(({ header }) => header.alerts.filter(isOfBudget));
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(alerts.length);
    for (const alert of alerts.filter(({ type }) => type === 'budget.threshold_crossed')) {
      const [whole, part = ''] = alert.threshold.split('.');
      const percent = BigInt(whole! + part.padEnd(2, '0'));
      expect(parseAmount(alert.balance)! * 10_000n).toBeGreaterThanOrEqual(parseAmount(alert.limit)! * percent);
    }
  });
});

describe('ISOLATE', () => {
  test('a batch signed for one tenant is refused under another, and moves nothing of it', () => {
    const inputs = inputsOf({
      prices: [],
      budgets: [],
      steps: [{ kind: 'next', producer: 0, samples: [[0, 0, 5]], gapMs: 1 }],
    });
    const machine = new PartitionMachine(emptyState(0), testPorts);
    machine.takeControl(inputs[0]!);
    const other = JSON.parse(Buffer.from(inputs[0]!.data).toString()) as { changes: { kind: string; id?: string }[] };
    Object.assign(other, { tenant: 'u', seq: 2 });
    other.changes[0]!.id = 'u';
    machine.takeControl({ ...inputs[0]!, subject: 'control.0.u', seq: 2, data: Buffer.from(JSON.stringify(other)) });
    machine.drain({ kind: 'commit', incarnation: 1, nonce: '', n: 0, prev: { seq: 0, hash: '' } });
    machine.takeUsage({ ...inputs[1]!, subject: 'usage.0.u.p0' });
    expect(machine.changes.refusals.map(({ reason, tenant }) => [reason, tenant])).toEqual([['subject_mismatch', 'u']]);
    expect(machine.state.tenants.get('u')!.producers.get('p0')!.mark).toBe(0);
  });
});

test('log time never goes back, however the broker’s clock jumps, and every sample counts all the same', () => {
  const jumped = fc.tuple(world, fc.array(fc.integer({ min: -86_400_000 * 40, max: 3_600_000 }), { minLength: 1 }));
  fc.assert(
    fc.property(jumped, ([seed, jumps]) => {
      const inputs = inputsOf(seed).map((input, i) => ({ ...input, timeMs: input.timeMs + jumps[i % jumps.length]! }));
      const { state, commits } = run(inputs, everyInput);
      const times = commits.map(({ header }) => header.logTimeMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const { received, rated, duplicates, refused } = state.totals.samples;
      expect(received).toBe(rated + duplicates + refused);
    }),
  );
});

test('a block that falls to a throttle tells the receiver to throttle', () => {
  const machine = new PartitionMachine(emptyState(0), testPorts);
  const budget = (amount: string) => ({
    kind: 'budget', id: 'b', account: 1, name: 'B', amount, currency: 'EUR', period: 'month', enabled: true, targets: [],
    thresholds: [{ percent: '80', action: 'throttle' }, { percent: '100', action: 'block' }],
  }); // prettier-ignore
  const model = { kind: 'perUnit', unitPrice: '10' } as const;
  const price = { component: 'cpu', meter: 'cpu', account: 0, effectiveOffsetMs: null, tallyScope: 'account', period: undefined, allowance: '0', model } as const; // prettier-ignore
  const [first, usage] = inputsOf({
    prices: [price],
    budgets: [],
    steps: [{ kind: 'next', producer: 0, samples: [[0, 0, 60_000_000]], gapMs: 1 }],
  });
  const control = (seq: number, amount: string) => {
    const data = Buffer.from(
      JSON.stringify({ v: 1, tenant: 't', seq, auditId: '', trace: '', changes: [budget(amount)] }),
    );
    machine.takeControl({ ...first!, seq, data });
    return machine.changes.alerts.splice(0).map(({ type, action, state }) => `${type.slice(7)} ${action} ${state}`);
  };
  machine.takeControl(first!);
  machine.takeUsage(usage!);
  const spent = [...machine.state.tenants.get('t')!.balancesByKey.values()].find(
    ({ account }) => account.record.id === 1,
  )!.total;
  const share = (percent: bigint) => formatAmount((spent * 100n) / percent);
  expect(control(2, share(100n))).toEqual(['threshold_crossed throttle throttled', 'threshold_crossed block blocked']);
  expect(control(3, share(90n))).toEqual(['released throttle throttled']);
  expect(control(4, share(70n))).toEqual(['released release released']);
});

test('a month that ends releases what was throttled, once, by log time alone', () => {
  const price = {
    component: 'cpu',
    meter: 'cpu',
    account: 0,
    effectiveOffsetMs: null,
    tallyScope: 'account',
    period: undefined,
    allowance: '0',
    model: { kind: 'perUnit', unitPrice: '10' },
  } as const;
  const inputs = inputsOf({
    prices: [price],
    budgets: [{ account: 1, amount: '1.00', enabled: true }],
    steps: [{ kind: 'next', producer: 0, samples: [[0, 0, 60_000_000]], gapMs: 1 }],
  });
  const machine = new PartitionMachine(emptyState(0), testPorts);
  for (const input of inputs) {
    if (input.stream === 'control') machine.takeControl(input);
    else machine.takeUsage(input);
  }
  expect(machine.changes.alerts.filter(isOfBudget).map(({ threshold, state }) => [threshold, state])).toEqual([['50', 'warned'], ['80.5', 'throttled'], ['100', 'blocked']]); // prettier-ignore
  machine.drain({ kind: 'commit', incarnation: 1, nonce: '', n: 0, prev: { seq: 0, hash: '' } });
  expect(machine.nextDueMs()).toBe(Date.UTC(2026, 9, 31, 23));
  machine.tick(worldStartMs + 3_600_000);
  machine.tick(worldStartMs + 3_700_000);
  expect(machine.changes.alerts.map(({ id }) => id)).toEqual(['t:b0:2026-10:released:1']);
});
