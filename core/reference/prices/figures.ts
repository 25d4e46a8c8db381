/** Figures as a record has them: decimal text of the right sign. */
import { isText } from '../body.ts';
import { decimal, readDecimal } from '../number.ts';

export const isOneOf = (value: unknown, ...values: readonly string[]): boolean =>
  isText(value) && values.includes(value);
export const isNotNegative = (value: unknown): boolean => readDecimal(value)?.gte(0) ?? false;
export const isPositive = (value: unknown): boolean => readDecimal(value)?.gt(0) ?? false;
export const isPositiveInteger = (value: unknown): boolean =>
  isText(value) && /^\d{1,26}$/.test(value) && /[1-9]/.test(value);
/** An amount has at most 12 decimals. */
export const isAmount = (value: unknown): boolean =>
  isNotNegative(value) && decimal(value as string).decimalPlaces() <= 12;
/** From 0 to 100. */
export const isPercent = (value: unknown): boolean => readDecimal(value)?.lte(100) === true && isNotNegative(value);

/** A day that there is, like 2026-11-23. */
export function isDay(value: unknown): boolean {
  const parts = isText(value) ? /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) : null;
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const isMonth = month >= 1 && month <= 12;
  return isMonth && day >= 1 && day <= new Temporal.PlainYearMonth(year, month).daysInMonth;
}

/** A field that was added later: absent means none. */
export const isAbsentOr =
  (fits: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || fits(value);
