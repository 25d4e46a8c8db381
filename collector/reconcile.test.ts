import { expect, test } from 'vitest';
import type { MarkMessage } from '#core/messages/mark.ts';
import { epochText } from '#core/messages/rated.ts';
import { reconcile } from './reconcile.ts';
import { MemoryDisk } from './testing/memoryDisk.ts';
import { kit, openSpool, put } from './testing/spoolKit.ts';

const mark = (epoch: string, seq: number, refusal: MarkMessage['refusal'] = null): MarkMessage => ({
  tenant: 't',
  producer: 'p',
  partition: 0,
  epoch,
  mark: seq,
  logTimeMs: 0,
  refusal,
});

function written(batches: number) {
  const k = kit(new MemoryDisk());
  const spool = openSpool(k);
  put(
    spool,
    Array.from({ length: batches }, (_, i) => i),
  );
  return { spool, own: epochText(spool.head.epoch), at: k.nowMs };
}
const newer = `${Number.MAX_SAFE_INTEGER}-ffffffffffffffff`;

test('a newer epoch at the first mark is an old spool, later on another agent', () => {
  const { spool, own } = written(3);
  expect(reconcile(spool, mark(newer, 1), false, false)).toBe('another');
  expect([epochText(spool.head.epoch), spool.losses]).toEqual([own, []]);
  expect(reconcile(spool, mark(newer, 1), false, true)).toBe('own');
  expect(spool.losses).toEqual([expect.stringMatching('old copy')]);
});

test('a number of this epoch that was used by another, or is beyond what was written, ends the epoch and keeps the counters', () => {
  const refusal = { epoch: '', seq: 2, reason: 'seq_reuse', detail: '' };
  for (const told of [(own: string) => mark(own, 2, { ...refusal, epoch: own }), (own: string) => mark(own, 4)]) {
    const { spool, own } = written(3);
    expect(reconcile(spool, told(own), false, false)).toBe('own');
    expect(epochText(spool.head.epoch)).not.toBe(own);
    expect([spool.head.nextSeq, spool.states.size, spool.losses.length]).toEqual([1, 1, 1]);
  }
  const { spool, own } = written(3);
  for (const harmless of [mark(own, 3), mark('', 0), mark(own, 2, { ...refusal, epoch: newer })])
    expect(reconcile(spool, harmless, false, false)).toBe('own');
  expect(spool.losses).toEqual([]);
});

test('a log that went back over an epoch is a loss that is told once', () => {
  const { spool, own } = written(3);
  spool.beginEpoch('test');
  put(spool, [1, 2]);
  spool.acknowledge({ epoch: spool.head.epoch, seq: 1 });
  for (let i = 0; i < 2; i++) {
    reconcile(spool, mark(own, 2), false, false);
    spool.acknowledge({ epoch: { startedAtMs: Number(own.split('-')[0]), nonce: own.split('-')[1]! }, seq: 2 });
  }
  expect(spool.losses).toEqual([expect.stringMatching('the log went back')]);
});
