/** What a budget's figures mean to people: in money or in a unit, how far it will go, and until when it lasts. */
import type { LiveBudget } from '#core/messages/api.ts';
import type { MeterRecord } from '#core/messages/control.ts';
import { tallyUnit } from '#core/units/pricedUnits.ts';
import { formatMoney, formatMoneyShort, compareAmounts, subtractAmounts } from './money.ts';
import { formatQuantity, formatUsage } from './quantity.ts';
import { basisPoints, hoursUntil } from './ratio.ts';
import { parseAmount } from '#core/money/fixed.ts';

type Figured = Pick<LiveBudget, 'currency' | 'meter'>;

/** Unit of what each meter of the tenant tallies. */
const units = new Map<string, string>();

export function knowMeters(meters: readonly MeterRecord[]): void {
  for (const { id, unit, aggregation } of meters) units.set(id, tallyUnit(unit, aggregation));
}

/** As exact as it was given: "€2,500.00", "4,000 vCPU·h". */
export function figureText(amount: string, { currency, meter = '' }: Figured): string {
  const unit = units.get(meter);
  if (currency !== '') return formatMoneyShort(amount, currency);
  return unit === undefined ? formatQuantity(amount) : formatUsage(amount, unit);
}

/** Rounded for reading: two decimals more than cents while small. */
export function shortFigure(amount: string, budget: Figured): string {
  if (budget.currency === '') return figureText(amount, budget);
  const pico = parseAmount(amount) ?? 0n;
  const isSmall = (pico < 0n ? -pico : pico) < 10_000_000_000_000n && pico !== 0n;
  return formatMoney(amount, budget.currency, isSmall ? 4 : undefined);
}

/** What is left of the limit; "0" when nothing is. */
export function leftOf({ balance, limit }: Pick<LiveBudget, 'balance' | 'limit'>): string {
  const left = subtractAmounts(limit, balance);
  return compareAmounts(left, '0') > 0 ? left : '0';
}

export type Outlook =
  | { readonly kind: 'over' }
  /** The limit is reached so many hours from now; `by` says what it is judged by. */
  | { readonly kind: 'exceeds'; readonly hours: number; readonly by: 'forecast' | 'pace' }
  /** So many hundredths of a percent of the limit are expected by the end of the period. */
  | { readonly kind: 'within'; readonly points: number }
  | { readonly kind: 'unknown' };

/**
 * Whether the limit lasts: by the rater's forecast where there is one, on a straight line from what is spent to what is
 * expected; else by the pace of the last minute, where that is told in the budget's currency.
 */
export function outlookOf(budget: LiveBudget, nowMs: number, perHour: string | undefined): Outlook {
  const { balance, limit, forecast, periodEndMs } = budget;
  if (compareAmounts(balance, limit) >= 0) return { kind: 'over' };
  const hoursLeft = Math.max(0, (periodEndMs - nowMs) / 3_600_000);
  if (forecast !== undefined) {
    if (compareAmounts(forecast.expected, limit) <= 0)
      return { kind: 'within', points: basisPoints(forecast.expected, limit) ?? 0 };
    const share =
      (basisPoints(subtractAmounts(limit, balance), subtractAmounts(forecast.expected, balance)) ?? 0) / 10_000;
    return { kind: 'exceeds', hours: hoursLeft * share, by: 'forecast' };
  }
  const hours = perHour === undefined ? undefined : hoursUntil(balance, limit, perHour);
  if (hours === undefined || hours > hoursLeft) return { kind: 'unknown' };
  return { kind: 'exceeds', hours, by: 'pace' };
}

/** "in 4 days", "in 5 h": to the day while there are many. */
export function spanText(hours: number): string {
  if (hours < 1) return `${Math.max(1, Math.round(hours * 60))} min`;
  if (hours < 48) return `${Math.round(hours)} h`;
  return `${Math.floor(hours / 24)} days`;
}
