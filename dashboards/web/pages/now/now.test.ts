import { expect, test } from 'vitest';
import type { Delivery, LiveAlert } from '#core/messages/api.ts';
import { alertTitle, deliveryText, thresholdText } from './alertText.ts';
import { linePoints, scaleTop } from './linePoints.ts';
import { projected } from './projection.ts';

const minute = 60_000;

test('the line fills empty minutes and ends at the rate of now, not at the running minute', () => {
  const minutes = [[0, '6'], [2 * minute, '3'], [3 * minute, '0.1']] as const; // prettier-ignore
  expect(linePoints(minutes, 3 * minute + 5_000, '120')).toEqual([
    { atMs: 0, amount: '6' },
    { atMs: minute, amount: '0' },
    { atMs: 2 * minute, amount: '3' },
    { atMs: 3 * minute + 5_000, amount: '2' },
  ]);
  expect(linePoints([], 0, '1')).toEqual([]);
});

test('a projection takes the usual minute, so that one dear minute does not promise a fortune', () => {
  const minutes = [[0, '1000'], [minute, '0.5'], [2 * minute, '0.5']] as const; // prettier-ignore
  expect(projected('1001', minutes, 3 * minute, 13 * minute)).toBe('1006');
  expect(projected('1001', minutes.slice(1), 3 * minute, 13 * minute)).toBeUndefined();
  expect(projected('1001', minutes, 20 * minute, 13 * minute)).toBe('1001');
});

const alert = (targets: string[], deliveries: Partial<Delivery>[], action: LiveAlert['action'] = 'throttle') =>
  ({
    type: 'budget.threshold_crossed',
    budgetName: 'Render',
    action,
    threshold: '100',
    targets,
    deliveries,
  }) as unknown as LiveAlert;

test('an alert says what it did and how its delivery went, the worst first', () => {
  expect(alertTitle(alert([], []))).toBe('Render throttled at 100 %');
  expect(alertTitle(alert([], [], 'release'))).toBe('Render released');
  const keys = ['80', 'absolute:500', 'forecast:120', 'rate:50:24h'];
  expect(keys.map((key) => thresholdText(key, { currency: 'EUR' }))).toEqual(['80 %', '€500.00', 'forecast 120 %', '€50.00 in 24 h']); // prettier-ignore
  const ok = { target: 'a', attempt: 1, status: 'delivered', latencyMs: 11.4 } as const;
  const failed = { target: 'b', attempt: 3, status: 'failed', httpStatus: 0, detail: 'connection refused' } as const;
  expect(deliveryText(alert([], []))).toEqual({ text: 'no webhook is told of it', failed: false });
  expect(deliveryText(alert(['a', 'b'], [ok]))).toEqual({ text: 'on its way to b', failed: false });
  expect(deliveryText(alert(['a', 'b'], [ok, failed])).text).toBe(
    'attempt 3 to b failed (connection refused), tried again',
  );
  expect(deliveryText(alert(['a', 'b'], [ok, failed, { ...ok, target: 'b', attempt: 4 }]))).toEqual({
    text: 'delivered to a in 11 ms, delivered to b in 11 ms',
    failed: false,
  });
});

test('arrears that come at once leave the scale, ordinary ups and downs do not', () => {
  expect(scaleTop([2.4, 2.5, 3640, 2.6, 2.4])).toBe(2.6);
  expect(scaleTop([0, 0.5, 8, 3, 2])).toBe(8);
  expect(scaleTop([0, 0, 0, 5])).toBe(5);
  expect(scaleTop([])).toBe(1);
});
