import { expect, test } from 'vitest';
import type { ControlChange } from '../messages/control.ts';
import { account, brief, meter, owner, price, TestPartition } from './testing/partition.ts';
import type { InputOutcome } from './engine.ts';
import { text } from './number.ts';

const at = (iso: string) => Temporal.Instant.from(iso).epochMilliseconds;
/** Months of Berlin. */
const months = ['2026-01-31T23:00Z', '2026-02-28T23:00Z', '2026-03-31T22:00Z', '2026-04-30T22:00Z', '2026-05-31T22:00Z'].map(at); // prettier-ignore
const [february, march, april, may, june] = months as [number, number, number, number, number];

const close = (untilMs: number, talliesPerStep?: number): ControlChange => ({
  kind: 'close', account: 1, untilMs, reason: '', ...(talliesPerStep === undefined ? {} : { talliesPerStep }),
}); // prettier-ignore

/** 100 units of a month are free, and what is left of them lasts so long. */
function partitionWith(rollover: { periods: number; maximum?: string }, ...changes: ControlChange[]): TestPartition {
  const partition = new TestPartition(account(1, 0), account(2, 1), owner('r', 2), owner('t', 2), owner('s', 1), meter('m'), price(1, 'm', '1', { key: 'p', allowance: '100', rollover }), ...changes); // prettier-ignore
  partition.timeMs = june;
  return partition;
}
const amounts = (outcome: InputOutcome): string[] => brief(outcome).map((row) => row.split(' ').at(-1)!);
const use = (partition: TestPartition, startMs: number, quantity: number): string =>
  amounts(partition.send({ startMs, quantity }))[0]!;

test('what is left goes on when the period closes, and charges what came before by difference', () => {
  const partition = partitionWith({ periods: 1, maximum: '50' });
  expect(use(partition, february, 30)).toBe('0');
  // Until February is closed, March has its own 100 alone.
  expect(use(partition, march, 120)).toBe('20');
  const closed = partition.control(close(march));
  // 70 are left, 50 go on: of 150 that are free 120 are used.
  expect(brief(closed)).toEqual([`2 1 ${march}+0 0 -20`]);
  expect([closed.rows[0]!.kind, closed.rows[0]!.closedUntilMs]).toEqual(['adjustment', 0]);
  expect(use(partition, march + 1, 40)).toBe('10');
  // Nothing of 150 is left of March, what was carried into it has lapsed; April begins with its own.
  partition.control(close(april));
  expect(use(partition, april, 101)).toBe('1');
});

test('the oldest is used first, a month without usage gives its allowance, and what is too old lapses', () => {
  const partition = partitionWith({ periods: 2 });
  use(partition, february, 40);
  partition.control(close(may));
  // 60 of February have lapsed by May; March and April were not used at all.
  expect(use(partition, may, 301)).toBe('1');
});

test('late usage of a closed period changes what it left, at the next close, through every month since', () => {
  const partition = partitionWith({ periods: 24 });
  use(partition, february, 0);
  partition.control(close(april));
  expect(use(partition, march, 150)).toBe('0');
  expect(use(partition, april, 150)).toBe('0');
  const late = partition.send({ resource: 't', startMs: february, quantity: 130 });
  expect([amounts(late), late.rows[0]!.bookedMs]).toEqual([['30'], april]);
  // February leaves nothing, so March has 100 for 150, and April 100 for 150: before they had 200 and 150.
  expect(brief(partition.control(close(may)))).toEqual([`2 1 ${march}+0 0 50`, `2 1 ${april}+0 0 50`]);
});

test('versions of one month share what is carried over, one without rollover takes no part', () => {
  const second = { key: 'p', version: 2, allowance: '10', rollover: { periods: 1 }, effectiveFromMs: march + 1000 };
  const partition = partitionWith({ periods: 1 }, price(2, 'm', '1', second));
  use(partition, february, 40);
  partition.control(close(march));
  expect(use(partition, march, 50)).toBe('0');
  // 60 and 10 are free now, 50 of them used before; 20 are.
  expect(use(partition, march + 1000, 25)).toBe('5');
  partition.control(price(3, 'm', '1', { key: 'p', version: 3, allowance: '10', effectiveFromMs: march + 2000 }));
  // It charges 100 − 90 = 10 above what 75 would have cost.
  expect(use(partition, march + 2000, 25)).toBe('25');
});

test('a large close goes on before each input that follows', () => {
  const partition = partitionWith({ periods: 1 });
  partition.send({ startMs: february, quantity: 0 }, { resource: 's', startMs: february, quantity: 0 });
  partition.send({ startMs: march, quantity: 110 }, { resource: 's', startMs: march, quantity: 110 });
  const first = partition.control(close(april, 3));
  expect([amounts(first), partition.engine.state.closings.length]).toEqual([['-10'], 1]);
  const next = partition.control();
  expect([amounts(next), partition.engine.state.closings.length]).toEqual([['-10'], 0]);
});

test('what was fixed stays while a period is open again', () => {
  const partition = partitionWith({ periods: 1 });
  use(partition, february, 40);
  partition.control(close(march));
  expect(use(partition, march, 150)).toBe('0');
  expect(partition.control({ kind: 'reopen', account: 1, fromMs: february, reason: '', approvedBy: 'b' }).rows).toEqual(
    [],
  );
  partition.send({ resource: 't', startMs: february, quantity: 40 });
  expect(brief(partition.control(close(march)))).toEqual([`2 1 ${march}+0 0 30`]);
});

test('a pool is shared out by what each used when its period closes, and again after late usage', () => {
  const pool = { tallyScope: 'subtree', account: 1, model: { kind: 'flat', amount: '10' } } as const;
  const partition = new TestPartition(account(1, 0), account(2, 1), account(3, 1), owner('r', 2), owner('s', 3), owner('t', 3), meter('m'), price(1, 'm', '', pool)); // prettier-ignore
  partition.timeMs = june;
  expect(use(partition, february, 1)).toBe('10');
  expect(amounts(partition.send({ resource: 's', startMs: february, quantity: 2 }))).toEqual(['0']);
  // A third and two of ten; the last trillionth goes to the larger rest.
  const shared = partition
    .control(close(march))
    .rows.map((row) => [row.account, row.kind, text(row.quantity), text(row.amount), row.bookedMs]);
  // They belong to the month that closes.
  expect(shared).toEqual([[2, 'adjustment', '0', '-6.666666666667', february], [3, 'adjustment', '0', '6.666666666667', february]]); // prettier-ignore
  partition.send({ resource: 't', startMs: february, quantity: 1 });
  expect(amounts(partition.control(close(april)))).toEqual(['-0.833333333333', '0.833333333333']);
  expect(partition.control(close(may)).rows).toEqual([]);
});
