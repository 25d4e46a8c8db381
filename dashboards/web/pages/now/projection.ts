import { formatAmount, parseAmount } from '#core/money/fixed.ts';

const minuteMs = 60_000;

export const projectionLimits = {
  /** Whole minutes needed before a month is judged by them. */
  minutesMin: 3,
} as const;

/**
 * The total at the end of the period if every minute until then cost what the usual one did: the median of the whole
 * minutes known, so that a single dear or empty minute moves nothing. Undefined while too few are known.
 */
export function projected(
  total: string,
  minutes: readonly (readonly [number, string])[],
  nowMs: number,
  endMs: number,
): string | undefined {
  const running = nowMs - (nowMs % minuteMs);
  const whole = minutes.filter(([startMs]) => startMs < running).map(([, amount]) => parseAmount(amount) ?? 0n);
  if (whole.length < projectionLimits.minutesMin) return undefined;
  const usual = whole.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))[Math.floor(whole.length / 2)]!;
  const leftMs = BigInt(Math.max(0, Math.round(endMs - nowMs)));
  return formatAmount((parseAmount(total) ?? 0n) + (usual * leftMs) / BigInt(minuteMs));
}
