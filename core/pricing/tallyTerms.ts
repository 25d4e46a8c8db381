/** The calendar of a price, and what a price asks of its meter that the meter cannot give (SPEC §5.1, §5.6, §8.6). */
import { checkCalendarRecord } from '../fees/feeRecord.ts';
import type { Problem } from '../fees/problems.ts';
import { mayFall, type MeterRecord } from '../messages/control.ts';
import type { PriceRecord } from '../messages/price.ts';
import { goesByAccount, longestDays } from '../time/tallyPeriod.ts';
import { priceLimits } from './limits.ts';

/** Every fault of a calendar, which may be anything; an anniversary may count from the account's own day. */
export function checkTallyCalendar(value: unknown): Problem[] {
  const { kind, anchor } = (value ?? {}) as { readonly kind?: unknown; readonly anchor?: unknown };
  const isOwn = kind === 'anniversary' && anchor === 'account';
  return checkCalendarRecord(isOwn ? { ...(value as object), anchor: '2000-01-01' } : value);
}

/** Whether tallies, or the parts of their periods, go by the day on which an account started. */
export const goesByStart = ({ period, prorate }: Pick<PriceRecord, 'period' | 'prorate'>): boolean =>
  prorate !== undefined || goesByAccount(period);

export interface Misfit {
  readonly field: 'period' | 'split';
  readonly problem: 'PERIOD_TOO_LONG' | 'SPLIT_MEANINGLESS';
  readonly expected: string;
}

/** `period` is a sound calendar. */
export function meterMisfit(
  { period, tallyScope, split = 'proRata' }: Pick<PriceRecord, 'period' | 'tallyScope' | 'split'>,
  { aggregation, slots }: Pick<MeterRecord, 'aggregation' | 'slots'>,
): Misfit | undefined {
  if (period !== undefined && slots !== undefined) {
    // With the hour that a clock may go back.
    const longestMs = longestDays(period) * 86_400_000 + 3_600_000;
    const count = Math.ceil(longestMs / slots.lengthMs);
    const expected = `periods of at most ${priceLimits.slotsMax} slots; these have up to ${count}`;
    if (count > priceLimits.slotsMax) return { field: 'period', problem: 'PERIOD_TOO_LONG', expected };
  }
  if (!mayFall(aggregation) || tallyScope !== 'subtree' || split === 'asArrived') return undefined;
  const expected = '"asArrived": the tally may fall, and what fell has no share';
  return { field: 'split', problem: 'SPLIT_MEANINGLESS', expected };
}
