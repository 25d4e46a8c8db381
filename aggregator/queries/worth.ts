/** What a total in a pricing unit is worth: the units of each day at the point in force when the day begins (SPEC §9.8.2). */
import { worthOf } from '#core/credits/worth.ts';
import type { Worth } from '#core/messages/api.ts';
import type { PricingUnitRecord } from '#core/messages/pricingUnit.ts';
import { parseAmount } from '#core/money/fixed.ts';
import type { Store } from '#platform/clickhouse/index.ts';
import { aggregatorLimits } from '../limits.ts';
import { explore, type ExploreQuestion } from './explore.ts';

export async function exploreWorth(store: Store, question: ExploreQuestion, unit: PricingUnitRecord): Promise<Worth> {
  const days = await explore(store, { ...question, by: ['day'], groupsMax: aggregatorLimits.worthDaysMax });
  const startMs = (day: string) => Temporal.PlainDate.from(day).toZonedDateTime(question.timeZone).epochMilliseconds;
  return worthOf(
    unit,
    days.groups.map(({ key, amount }) => ({ atMs: startMs(key[0]!), units: parseAmount(amount)! })),
  );
}
