/** What amounts in a pricing unit are worth as money, point by point, for answers (SPEC §9.8.2). */
import type { Worth } from '../messages/api.ts';
import type { PricingUnitPoint, PricingUnitRecord } from '../messages/pricingUnit.ts';
import { formatAmount, type AmountPico } from '../money/fixed.ts';
import { unitsAsMoney } from './units.ts';

/** Each part is rounded once, at its own instant; what no point is in force for stays units. */
export function worthOf(
  { value }: Pick<PricingUnitRecord, 'value'>,
  parts: Iterable<{ readonly atMs: number; readonly units: AmountPico }>,
): Worth {
  const found = new Map<PricingUnitPoint, { units: AmountPico; amount: AmountPico }>();
  let unvalued = 0n;
  for (const { atMs, units } of parts) {
    const money = unitsAsMoney(value, units, atMs);
    if (money === undefined) {
      unvalued += units;
      continue;
    }
    const sum = found.get(money.point) ?? { units: 0n, amount: 0n };
    found.set(money.point, { units: sum.units + units, amount: sum.amount + money.amount });
  }
  const points = [...found]
    .toSorted(([a], [b]) => a.fromMs - b.fromMs)
    .map(([{ fromMs, amount: perUnit }, { units, amount }]) => ({
      fromMs,
      perUnit,
      units: formatAmount(units),
      amount: formatAmount(amount),
    }));
  const amount = formatAmount([...found.values()].reduce((sum, part) => sum + part.amount, 0n));
  return { currency: value?.currency ?? null, amount, points, unvalued: formatAmount(unvalued) };
}

/** The beginning of the day, by which what happens on it is worth. */
export const dayStartMs = (atMs: number, timeZone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).startOfDay().epochMilliseconds;
