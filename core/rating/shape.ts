/** Tests of fields, from which the shapes of control changes are put together (SPEC §1.3). */
import { parseAmount, parseRational } from '../money/fixed.ts';

export type Test = (value: unknown) => boolean;
export type Shape = Readonly<Record<string, Test>>;

export const text: Test = (value) => typeof value === 'string';
export const flag: Test = (value) => typeof value === 'boolean';
export const natural: Test = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const id: Test = (value) => natural(value) && (value as number) > 0;
export const amount: Test = (value) => text(value) && (parseAmount(value as string) ?? -1n) >= 0n;
export const decimal: Test = (value) => text(value) && (parseRational(value as string)?.numerator ?? -1n) >= 0n;
export const signed: Test = (value) => text(value) && parseRational(value as string) !== undefined;
export const positive: Test = (value) => text(value) && (parseRational(value as string)?.numerator ?? 0n) > 0n;
export const integer: Test = (value) =>
  text(value) && /^\d{1,26}$/.test(value as string) && /[1-9]/.test(value as string);
export const oneOf = (...values: readonly unknown[]): Test => (value) => values.includes(value); // prettier-ignore
export const listOf = (test: Test): Test => (value) => Array.isArray(value) && value.every(test); // prettier-ignore
export const either = (...tests: readonly Test[]): Test => (value) => tests.some((test) => test(value)); // prettier-ignore
export const optional = (test: Test): Test => (value) => value === undefined || test(value); // prettier-ignore
export const like = (shape: Shape): Test => (value) => faultIn(value, shape) === undefined; // prettier-ignore
export const record = (test: Test): Test => (value) => isRecord(value) && Object.values(value).every(test); // prettier-ignore

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first field that does not fit, and what it is. */
export function faultIn(value: unknown, shape: Shape): string | undefined {
  if (!isRecord(value)) return 'not an object';
  const bad = Object.keys(shape).find((field) => !shape[field]!(value[field]));
  return bad === undefined ? undefined : `${bad} is ${JSON.stringify(value[bad]) ?? 'missing'}`;
}
