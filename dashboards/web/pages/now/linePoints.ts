import { divideRounded, formatAmount, parseAmount } from '#core/money/fixed.ts';

export interface LinePoint {
  readonly atMs: number;
  readonly amount: string;
}

const minuteMs = 60_000;

/**
 * Whole minutes at their start, then now at the rate of the last minute: the running minute's own sum would always
 * look like a fall. A minute without charges is a point at zero.
 */
export function linePoints(
  minutes: readonly (readonly [number, string])[],
  nowMs: number,
  perHour: string,
): LinePoint[] {
  const running = nowMs - (nowMs % minuteMs);
  const whole = minutes.filter(([startMs]) => startMs < running);
  const first = whole[0]?.[0];
  const amounts = new Map(whole);
  const points: LinePoint[] = [];
  for (let atMs = first ?? running; atMs < running; atMs += minuteMs)
    points.push({ atMs, amount: amounts.get(atMs) ?? '0' });
  const rate = divideRounded(parseAmount(perHour) ?? 0n, 60n, 'halfAwayFromZero');
  return nowMs === 0 ? points : [...points, { atMs: nowMs, amount: formatAmount(rate) }];
}
