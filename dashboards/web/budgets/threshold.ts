import { formatAmount, parseAmount, parseRational, divideRounded } from '#core/money/fixed.ts';

/** The amount at which a threshold is crossed: percent of the budget, rounded up as a crossing is. */
export function thresholdAmount(amount: string, percent: string): string {
  const pico = parseAmount(amount);
  const ratio = parseRational(percent);
  if (pico === undefined || ratio === undefined) return amount;
  return formatAmount(divideRounded(pico * ratio.numerator, ratio.denominator * 100n, 'ceiling'));
}
