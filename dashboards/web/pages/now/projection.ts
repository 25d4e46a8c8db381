import { divideRounded, formatAmount, parseAmount } from '#core/money/fixed.ts';

/** The total at the end of the period if the rate of the last minute stayed: total + rate × what is left of it. */
export function projected(total: string, perHour: string, leftMs: number): string {
  const left = BigInt(Math.max(0, Math.round(leftMs)));
  const growth = divideRounded((parseAmount(perHour) ?? 0n) * left, 3_600_000n, 'halfAwayFromZero');
  return formatAmount((parseAmount(total) ?? 0n) + growth);
}
