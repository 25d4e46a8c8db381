import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { notifierLimits } from './limits.ts';
import { judge, parseRetryAfter, retryPauseMs, type AttemptOutcome } from './schedule.ts';

const answered = (httpStatus: number, retryAfterMs: number | null = null): AttemptOutcome => ({
  kind: 'answered',
  httpStatus,
  detail: '',
  retryAfterMs,
});
const hour = 3_600_000;

describe('what follows from an attempt', () => {
  const now = 1_000_000;
  const deadline = now + 72 * hour;
  const verdictOf = (outcome: AttemptOutcome, attempt = 1) => judge(outcome, attempt, now, deadline, 0.5);

  test('success, failure, gone', () => {
    expect(verdictOf(answered(204))).toMatchObject({ status: 'delivered', nextAttemptAtMs: null });
    expect(verdictOf(answered(302))).toMatchObject({ status: 'failed', nextAttemptAtMs: now + 500 });
    expect(verdictOf(answered(500), 4)).toMatchObject({ status: 'failed', nextAttemptAtMs: now + 4000 });
    expect(verdictOf(answered(410))).toMatchObject({ status: 'refused', nextAttemptAtMs: null, disablesTarget: true });
    const blocked: AttemptOutcome = { kind: 'refused', httpStatus: 0, detail: '', retryAfterMs: null };
    expect(verdictOf(blocked)).toMatchObject({ status: 'refused', nextAttemptAtMs: now + 500 });
  });

  test('Retry-After lengthens a pause, never shortens it, and pauses the target on 429 and 503 alone', () => {
    expect(verdictOf(answered(503, hour))).toMatchObject({
      nextAttemptAtMs: now + hour,
      pausesTargetUntilMs: now + hour,
    });
    expect(verdictOf(answered(500, hour))).toMatchObject({ nextAttemptAtMs: now + hour, pausesTargetUntilMs: 0 });
    expect(verdictOf(answered(429, 1))).toMatchObject({ nextAttemptAtMs: now + 500 });
    expect(verdictOf(answered(429, 73 * hour))).toMatchObject({ status: 'given_up', nextAttemptAtMs: null });
    expect(judge(answered(429, 73 * hour), 1, now, now + 14 * 24 * hour, 0.5)).toMatchObject({ nextAttemptAtMs: now + 73 * hour }); // prettier-ignore
  });

  test('pauses double up to their bound, with jitter around them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const plain = Math.min(500 * 2 ** (attempt - 1), notifierLimits.retryPauseMsMax);
          const pause = retryPauseMs(attempt, random);
          expect(pause).toBeGreaterThanOrEqual(Math.floor(plain * 0.8));
          expect(pause).toBeLessThanOrEqual(Math.ceil(plain * 1.2));
        },
      ),
    );
  });

  test('27 attempts fit into 72 hours, then it is given up', () => {
    let at = 0;
    let attempts = 1;
    for (;;) {
      const { status, nextAttemptAtMs } = judge(answered(500), attempts, at, 72 * hour, 0.5);
      if (status === 'given_up') break;
      at = nextAttemptAtMs!;
      attempts++;
    }
    expect(attempts).toBe(27);
    expect(at).toBeGreaterThan(66 * hour);
  });
});

test.each([
  [undefined, null],
  ['0', 0],
  [' 120 ', 120_000],
  ['Sun, 01 Nov 2026 00:01:00 GMT', 60_000],
  ['Sat, 31 Oct 2026 23:00:00 GMT', 0],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  // Nobody waits for a year, or for ever.
  ['99999999999999', 24 * hour],
  ['9'.repeat(400), 24 * hour],
  ['Fri, 01 Jan 2286 00:00:00 GMT', 24 * hour],
  // The forms of old that HTTP still takes.
  ['Sunday, 01-Nov-26 00:01:00 GMT', 60_000],
  ['Sun Nov  1 00:01:00 2026', 60_000],
  ['Sun, 31 Foo 2026 00:01:00 GMT', null],
] as const)('Retry-After %s asks for %s ms', (value, ms) => {
  expect(parseRetryAfter(value, Date.UTC(2026, 10, 1))).toBe(ms);
});
