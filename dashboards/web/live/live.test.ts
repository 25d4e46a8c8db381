import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LiveDelta, LiveState } from '#core/messages/api.ts';
import { connectionLimits, retryDelayMs } from './connection.ts';
import { freshnessOf } from './freshness.ts';
import { liveLimits, receive, reconcile, type LiveView } from './state.ts';

const samples = { received: 0, rated: 0, duplicates: 0, refused: 0 };
const trust = {
  checkedAtMs: 0, difference: '0', loadLag: 0, producersLive: 1, producersStale: 0, gaps: 0, refused: 0, suspenseResources: 0, unpricedSamples: 0,
}; // prettier-ignore
const balance = (account: number, total: string) => ({ account, own: total, total, perHour: '0' });

const state = (outSeq: number, total: string): LiveState => ({
  type: 'state', partition: 0, outSeq, logTimeMs: outSeq * 1000, period: { key: '2026-11', startMs: 0, endMs: 1 }, currency: 'EUR',
  balances: [balance(1, total)], budgets: [], alerts: [], samples, trust, minutes: [[0, '1']], topResources: [], producers: [], creditsSeq: 0,
}); // prettier-ignore

const delta = (outSeq: number, total?: string, more: Partial<LiveDelta> = {}): LiveDelta => ({
  type: 'delta', outSeq, logTimeMs: outSeq * 1000, balances: total === undefined ? [] : [balance(1, total)], budgets: [], alerts: [],
  samples, trust, minutes: [], producers: [], creditsSeq: 0, ...more,
}); // prettier-ignore

const total = (view: LiveView | null): string | undefined => view?.balances.get(1)?.total;

test('a delta before any state is not guessed at', () => {
  expect(receive(null, delta(1, '5'))).toBeNull();
});

test('values are absolute: taken twice, late or after a reconnect, they give the same page', () => {
  const run = fc.array(fc.record({ step: fc.integer({ min: 1, max: 3 }), repeat: fc.boolean(), stale: fc.boolean() }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(run, (steps) => {
      let view = receive(null, state(10, '10'));
      let outSeq = 10;
      for (const { step, repeat, stale } of steps) {
        outSeq += step;
        view = receive(view, delta(outSeq, String(outSeq)));
        if (repeat) view = receive(view, delta(outSeq, String(outSeq)));
        if (stale) view = receive(view, delta(outSeq - step, '0.1'));
      }
      expect(total(view)).toBe(String(outSeq));
      expect(total(receive(view, state(outSeq, String(outSeq))))).toBe(total(view));
    }),
  );
});

test('after a rewound log the newest state counts, though its commits are lower', () => {
  const view = receive(receive(receive(null, state(10, '10')), delta(12, '12')), state(11, '11'));
  expect(total(view)).toBe('11');
  expect(view?.history).toHaveLength(1);
});

test('news of a delivery comes with a commit that is already shown', () => {
  const alert = { id: 'a', logTimeMs: 1, deliveries: [] } as unknown as LiveState['alerts'][number];
  let view = receive(receive(null, state(1, '1')), delta(2, '2', { alerts: [alert] }));
  const delivery = { target: 't' } as unknown as (typeof alert.deliveries)[number];
  view = receive(view, delta(2, undefined, { alerts: [{ ...alert, deliveries: [delivery] }] }));
  expect(view?.alerts).toEqual([{ ...alert, deliveries: [delivery] }]);
});

test('a sum of the store is held against the balances from its commit on', () => {
  let view = receive(receive(null, state(10, '1')), delta(12))!;
  view = receive(receive(view, delta(15, '2')), delta(20, '3'))!;
  expect(reconcile(view, [1], 11, '1')).toEqual({ found: 'equal', outSeq: 11 });
  expect(reconcile(view, [1], 11, '2')).toEqual({ found: 'equal', outSeq: 15 });
  // Commits 13 and 14 came in one message with 15; what the balance was at them is not known.
  expect(reconcile(view, [1], 13, '1.5')).toEqual({ found: 'between', fromSeq: 13, toSeq: 15 });
  expect(reconcile(view, [1], 15, '1.5')).toEqual({ found: 'differs', difference: '-0.5' });
  expect(reconcile(view, [1], 15, '3.000000000001')).toEqual({ found: 'differs', difference: '0.000000000001' });
});

test('the line and the feed keep their bounds', () => {
  const minutes = Array.from({ length: 50 }, (_, index) => [index * 60_000, '1'] as const);
  const alerts = Array.from(
    { length: 80 },
    (_, index) => ({ id: `a${index}`, logTimeMs: index }) as LiveState['alerts'][number],
  );
  const view = receive(receive(null, state(1, '1')), delta(2, '1', { minutes, alerts }))!;
  expect(view.minutes).toHaveLength(liveLimits.minutesMax);
  expect(view.minutes.at(-1)?.[0]).toBe(49 * 60_000);
  expect(view.alerts).toHaveLength(liveLimits.alertsMax);
  expect(view.alerts[0]?.id).toBe('a79');
});

test('reconnecting backs off, is capped and spreads', () => {
  expect(retryDelayMs(0, 0)).toBe(125);
  expect(retryDelayMs(3, 1)).toBe(2000);
  expect(retryDelayMs(1000, 1)).toBe(connectionLimits.retryMsMax);
});

test('silence shows: live, then quiet, then stale; a closed socket is stale sooner', () => {
  const view = receive(null, state(1, '1'));
  const open = { name: 'open' } as const;
  expect([1_000, 6_000, 30_000].map((nowMs) => freshnessOf(view, open, 0, nowMs))).toEqual(['live', 'quiet', 'stale']);
  const waiting = { name: 'waiting', retryAtMs: 0, attempt: 1 } as const;
  expect([1_000, 6_000].map((nowMs) => freshnessOf(view, waiting, 0, nowMs))).toEqual(['quiet', 'stale']);
  expect(freshnessOf(null, open, 0, 0)).toBe('connecting');
});
