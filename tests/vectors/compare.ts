import type { Rational } from '#core/money/fixed.ts';
import { fromScaled, readDecimal, toScaled, compare as order, writeDecimal } from '#core/money/rational.ts';
import type { Json } from './vector.ts';

/** What an adapter computes: the shape of `expected`, with exact fractions for numbers and text for dates and names. */
export type Ours = Rational | string | boolean | undefined | readonly Ours[] | { readonly [key: string]: Ours };

export interface Difference {
  readonly path: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Labels and texts, which the schema does not compare. */
const labels = new Set(['name', 'kind', 'note', 'error']);
/** Lists without an order. */
const multisets = new Set(['lines']);
/** Objects in which an amount that is not stated is 0. */
const sparse = new Set(['totals']);

/**
 * The leaves of `expected` that ours does not meet; none when all do. A number with d decimals is compared with ours rounded half
 * away from zero to d; a date by its text; null is not stated. Other text is compared where ours has text too.
 */
export function differences(expected: Json, ours: Ours, path = ''): Difference[] {
  const differs = (): Difference[] => [{ path, ours: show(ours), theirs: show(expected) }];
  const key = path.slice(path.lastIndexOf('.') + 1);
  if (expected === null || labels.has(key)) return [];
  if (typeof expected === 'boolean') return typeof ours === 'boolean' && ours !== expected ? differs() : [];
  if (typeof expected === 'string') return textFits(expected, ours) ? [] : differs();
  if (Array.isArray(expected)) {
    if (!Array.isArray(ours)) return differs();
    if (multisets.has(key))
      return matchesAsMultiset(expected as readonly Json[], ours as readonly Ours[]) ? [] : differs();
    if (expected.length !== ours.length) return differs();
    return expected.flatMap((item: Json, index) => differences(item, ours[index] as Ours, `${path}[${index}]`));
  }
  if (!isRecord(ours)) return differs();
  const wanted = expected as { readonly [key: string]: Json };
  const filled = sparse.has(key) ? { ...zeros(ours), ...wanted } : wanted;
  return Object.entries(filled).flatMap(([name, value]) =>
    differences(
      value,
      sparse.has(key) && ours[name] === undefined ? zeroOurs : named(ours, name),
      path === '' ? name : `${path}.${name}`,
    ),
  );
}

/** "unitAmountRounded5" and "cost_6dp" are the value without the ending: how it is rounded is said by its decimals. */
const named = (ours: { readonly [key: string]: Ours }, name: string): Ours =>
  ours[name] ?? ours[name.replace(/(Rounded\d+|_\d+dp)$/, '')];

const zeroOurs: Rational = { numerator: 0n, denominator: 1n };
const zeros = (ours: { readonly [key: string]: Ours }) =>
  Object.fromEntries(Object.keys(ours).map((key) => [key, '0']));

function textFits(expected: string, ours: Ours): boolean {
  const number = readDecimal(expected);
  if (number !== undefined && isRational(ours)) {
    const decimals = expected.includes('.') ? expected.length - expected.indexOf('.') - 1 : 0;
    return order(fromScaled(toScaled(ours, decimals, 'halfAwayFromZero'), decimals), number) === 0;
  }
  return ours === expected;
}

/** Each expected line has a line of ours for itself, and none of ours is left. Few lines: every pairing is tried. */
function matchesAsMultiset(expected: readonly Json[], ours: readonly Ours[]): boolean {
  if (expected.length !== ours.length) return false;
  const [first, ...rest] = expected;
  if (first === undefined) return true;
  return ours.some(
    (line, index) =>
      differences(first, line).length === 0 &&
      matchesAsMultiset(rest, [...ours.slice(0, index), ...ours.slice(index + 1)]),
  );
}

const isRecord = (value: Ours): value is { readonly [key: string]: Ours } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRational(value);

export const isRational = (value: unknown): value is Rational =>
  typeof value === 'object' && value !== null && typeof (value as Rational).numerator === 'bigint';

/** For people: fractions as decimals of up to 18 places. */
export function show(value: Ours | Json): string {
  if (value === undefined) return 'nothing';
  if (isRational(value)) return writeDecimal(value, 18);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map((item: Ours | Json) => show(item)).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => `${key}: ${show(item as Ours | Json)}`)
      .join(', ')}}`;
  return String(value);
}
