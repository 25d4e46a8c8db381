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

/** So many times the median, and a point leaves the scale. */
const offScaleFactor = 20;

/**
 * The highest value that the line's scale shows. Arrears that come all at once, as after an outage, would flatten every
 * other minute: what outdoes the median twentyfold leaves the plot at its top, and the caption says so.
 */
export function scaleTop(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const bound = offScaleFactor * (sorted[sorted.length >> 1] ?? 0);
  const shown = bound > 0 ? sorted.filter((value) => value <= bound) : sorted;
  return shown.at(-1) ?? 1;
}
