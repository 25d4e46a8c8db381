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

/** A field that was added later: absent means none. */
export const isAbsentOr =
  (fits: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || fits(value);
