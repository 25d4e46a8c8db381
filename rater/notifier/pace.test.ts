import fc from 'fast-check';
import { expect, test } from 'vitest';
import { targetKinds } from '#core/messages/delivery.ts';
import { notifierLimits } from './limits.ts';
import { Begun, paceOf } from './pace.ts';

const { groupWindowMs, groupActPauseMs, groupTellPauseMs } = notifierLimits;

/** As the queue asks: whatever is due goes at the first instant that it may. */
test('whatever comes, a target is called so often at most, and nothing waits for longer than its pause', () => {
  const arrivals = fc.array(
    fc.record({ afterMs: fc.nat(300), count: fc.integer({ min: 1, max: 400 }), acts: fc.boolean() }),
    { maxLength: 150 },
  );
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 300 }), (batches, groupAfter) => {
      const pace = paceOf('webhook', { groupAfter });
      const begun = new Begun();
      const calls: number[] = [];
      let nowMs = 0;
      for (const { afterMs, count, acts } of batches) {
        nowMs += afterMs;
        for (let due = count; due > 0;) {
          const { fromMs, grouped } = begun.next(nowMs, pace, due, acts);
          expect(fromMs - nowMs).toBeLessThanOrEqual(acts ? groupActPauseMs : groupTellPauseMs);
          nowMs = Math.max(nowMs, fromMs);
          due -= grouped ? Math.min(due, notifierLimits.groupAlertsMax) : 1;
          begun.add(nowMs);
          calls.push(nowMs);
        }
      }
      for (const from of calls)
        expect(calls.filter((at) => at >= from && at < from + groupWindowMs).length).toBeLessThanOrEqual(
          groupAfter + groupWindowMs / groupActPauseMs,
        );
    }),
    { numRuns: 60 },
  );
});

test('a rate is kept between any two calls, and each kind has its own', () => {
  for (const kind of targetKinds) expect(paceOf(kind).gapMs).toBe(kind === 'webhook' ? 0 : 1000);
  const begun = new Begun();
  begun.add(5000);
  expect(begun.next(5001, paceOf('webhook', { perMinute: 600 }), 1, true)).toEqual({ fromMs: 5100, grouped: false });
  expect(paceOf('webhook', { order: 'target', concurrency: 9 }).concurrency).toBe(1);
});
