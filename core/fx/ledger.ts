/** Charges stay in the price's currency; the ledger's amount is Σ over rate dates of round12(charge of that date × rate). */
import type { AmountPico } from '../money/fixed.ts';
import { multiply } from '../money/rational.ts';
import { ofAmount, round12 } from '../fees/exact.ts';
import type { Period } from '../fees/records.ts';
import { findRate, type FoundRate, type MissingRate, type RatePolicy, type RateTable } from './rates.ts';

export interface Conversion {
  readonly base: string;
  readonly quote: string;
  /** `period`: one rate for all of a period, of its first day (known from its first sample on). `day`: the rate of the day of the row. */
  readonly rateBy: 'period' | 'day';
  readonly timeZone: string;
  readonly policy: RatePolicy;
}

/** What a tally has been charged on each rate date, in the price's currency. */
export type ChargesByDate = ReadonlyMap<string, AmountPico>;

/** One row in both currencies. */
export interface LedgerRow {
  readonly date: string;
  readonly amount: AmountPico;
  readonly currency: string;
  readonly ledgerAmount: AmountPico;
  readonly ledgerCurrency: string;
  readonly rateIds: readonly string[];
  /** Whether it stands on a rate of an earlier day, so that a rate for its own date gives a difference. */
  readonly provisional: boolean;
  readonly reason: 'charge' | 'rateFound' | 'rateRevised';
}

/** Date by which a row is converted, in the account's zone. */
export function rateDate(conversion: Pick<Conversion, 'rateBy' | 'timeZone'>, atMs: number, period: Period): string {
  if (atMs < period.startMs || atMs >= period.endMs)
    throw new RangeError(`${atMs} does not lie in the period from ${period.startMs} to ${period.endMs}`);
  const instantMs = conversion.rateBy === 'day' ? atMs : period.startMs;
  return Temporal.Instant.fromEpochMilliseconds(instantMs)
    .toZonedDateTimeISO(conversion.timeZone)
    .toPlainDate()
    .toString();
}

/** round12(charge × rate): the one rounding of a conversion. */
export const converted = (charge: AmountPico, rate: FoundRate): AmountPico =>
  round12(multiply(ofAmount(charge), rate.rate));

/** The ledger's amount of a tally, from scratch; or the first rate that is missing. */
export function ledgerAmount(
  charges: ChargesByDate,
  table: RateTable,
  conversion: Conversion,
): AmountPico | MissingRate {
  let sum = 0n;
  for (const date of [...charges.keys()].sort()) {
    const rate = findRate(table, conversion.base, conversion.quote, date, conversion.policy);
    if ('missing' in rate) return rate;
    sum += converted(charges.get(date)!, rate);
  }
  return sum;
}

/** An increment of a charge on a date as a row: the difference of two conversions, never the conversion of a difference. */
export function ledgerIncrement(
  date: string,
  before: AmountPico,
  after: AmountPico,
  table: RateTable,
  conversion: Conversion,
): LedgerRow | MissingRate {
  const rate = findRate(table, conversion.base, conversion.quote, date, conversion.policy);
  if ('missing' in rate) return rate;
  return row(conversion, date, after - before, converted(after, rate) - converted(before, rate), rate, 'charge');
}

/**
 * Rows for dates whose rate another table changes: amount 0 in the price's currency, the difference in the ledger's; all of it
 * where no rate was found before. A rate that is still missing, or has gone, is told and changes nothing.
 */
export function revisionRows(
  charges: ChargesByDate,
  before: RateTable,
  after: RateTable,
  conversion: Conversion,
): (LedgerRow | MissingRate)[] {
  const rows: (LedgerRow | MissingRate)[] = [];
  for (const date of [...charges.keys()].sort()) {
    const old = findRate(before, conversion.base, conversion.quote, date, conversion.policy);
    const now = findRate(after, conversion.base, conversion.quote, date, conversion.policy);
    if ('missing' in now) {
      rows.push(now);
      continue;
    }
    const charge = charges.get(date)!;
    const booked = 'missing' in old ? 0n : converted(charge, old);
    const difference = converted(charge, now) - booked;
    if (difference !== 0n)
      rows.push(row(conversion, date, 0n, difference, now, 'missing' in old ? 'rateFound' : 'rateRevised'));
  }
  return rows;
}

function row(
  { base, quote }: Conversion,
  date: string,
  amount: AmountPico,
  ledger: AmountPico,
  rate: FoundRate,
  reason: LedgerRow['reason'],
): LedgerRow {
  return {
    date,
    amount,
    currency: base,
    ledgerAmount: ledger,
    ledgerCurrency: quote,
    rateIds: rate.ids,
    provisional: rate.daysBack > 0,
    reason,
  };
}
