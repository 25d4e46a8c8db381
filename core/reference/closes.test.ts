import { expect, test } from 'vitest';
import type { ControlChange } from '../messages/control.ts';
import { account, brief, meter, owner, price, TestPartition } from './testing/partition.ts';

const at = (iso: string) => Temporal.Instant.from(iso).epochMilliseconds;
/** Months of Berlin. */
const march = at('2026-02-28T23:00Z');
const april = at('2026-03-31T22:00Z');
const may = at('2026-04-30T22:00Z');
const june = at('2026-05-31T22:00Z');
const day = 86_400_000;

const close = (untilMs: number, id = 1): ControlChange => ({ kind: 'close', account: id, untilMs, reason: '' });
const reopen = (fromMs: number): ControlChange => ({ kind: 'reopen', account: 1, fromMs, reason: '', approvedBy: 'b' });
const tiers = { model: { kind: 'graduated', tiers: [{ upTo: '10', unitPrice: '1', flat: '0' }, { upTo: null, unitPrice: '0.5', flat: '0' }] } } as const; // prettier-ignore

const partitionIn = (...changes: ControlChange[]): TestPartition =>
  new TestPartition(account(1, 0), account(2, 1), owner('r', 2), meter('m'), ...changes);
const isRejected = (partition: TestPartition, change: ControlChange): boolean =>
  partition.control(change).refusals.length === 1;

test('a period closes once, after it has ended, at its end, for a whole tree', () => {
  const partition = partitionIn();
  partition.timeMs = may + 1;
  const rejected = [close(june), close(april + 1), close(april, 2), close(april, 7)];
  expect(rejected.map((change) => isRejected(partition, change))).toEqual([true, true, true, true]);
  expect(isRejected(partition, close(may))).toBe(false);
  // April was closed with those before it, so March cannot be closed again.
  expect([close(may), close(april)].map((change) => isRejected(partition, change))).toEqual([true, true]);
});

test('late usage is rated on its own tally, and booked in the open period', () => {
  const partition = partitionIn(price(1, 'm', '', tiers));
  partition.timeMs = april;
  partition.send({ startMs: march + day, quantity: 8 });
  partition.control(close(april));
  const late = partition.send({ startMs: march + 2 * day, quantity: 4 });
  // Two units fill March's first tier, two are in its second.
  expect(brief(late)).toEqual([`2 1 ${march + 2 * day}+0 4 3`]);
  const [row] = late.rows;
  expect([row!.kind, row!.period.startMs, row!.bookedMs, row!.closedUntilMs]).toEqual(['usage', march, april, april]);
  expect([partition.total(1, march), partition.total(1, april)]).toEqual(['8', '3']);
  const inTime = partition.send({ startMs: april + day, quantity: 4 }).rows[0]!;
  expect([inTime.bookedMs, inTime.closedUntilMs]).toEqual([april, 0]);
});

test('an account in another zone than its root is late by the periods of the root', () => {
  const partition = new TestPartition(account(1, 0), account(2, 1, { timeZone: 'UTC' }), owner('r', 2), meter('m'), price(1, 'm', '1')); // prettier-ignore
  partition.timeMs = april;
  partition.control(close(april));
  // March goes on in UTC for two hours after it has ended in Berlin.
  const rows = partition.send({ startMs: april - 1, quantity: 1 }, { startMs: april, quantity: 1 }).rows;
  const marchUtc = at('2026-03-01T00:00Z');
  expect(rows.map((row) => [row.bookedMs, row.closedUntilMs])).toEqual([[marchUtc, april], [marchUtc, 0]]); // prettier-ignore
  expect([partition.total(2, marchUtc), partition.total(1, march), partition.total(1, april)]).toEqual(['2', 'none', '2']); // prettier-ignore
});

test('a price that comes late charges what a closed period left unpriced in the open one', () => {
  const partition = partitionIn();
  partition.timeMs = april;
  partition.send({ startMs: march + day, quantity: 8 });
  partition.control(close(april));
  const rows = partition.control(price(1, 'm', '1')).rows;
  expect(rows.map((row) => [row.kind, row.bookedMs, row.closedUntilMs])).toEqual([['adjustment', april, april], ['adjustment', april, april]]); // prettier-ignore
  expect([partition.total(1, march), partition.total(1, april)]).toEqual(['none', '8']);
});

test('what is opened again takes usage in its own period, until it is closed again', () => {
  const partition = partitionIn(price(1, 'm', '1'));
  partition.timeMs = may;
  partition.control(close(may));
  expect([reopen(may), reopen(april + 1)].map((change) => isRejected(partition, change))).toEqual([true, true]);
  expect(isRejected(partition, reopen(april))).toBe(false);
  partition.send({ startMs: march, quantity: 1 }, { startMs: april + 1, quantity: 2 });
  // March is still closed: what comes for it is booked in April, which is open again.
  expect([partition.total(1, march), partition.total(1, april)]).toEqual(['none', '3']);
  expect(isRejected(partition, close(may))).toBe(false);
  partition.send({ startMs: april + 2, quantity: 4 });
  expect([partition.total(1, april), partition.total(1, may)]).toEqual(['3', '4']);
});
