/** What tests need that draw vectors at random within the schema and work out what they expect by plain decimals, without the product. */
import { Decimal as Base } from 'decimal.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check } from './check.ts';
import type { Json } from './vector.ts';

const Exact = Base.clone({ precision: 80, rounding: Base.ROUND_HALF_UP });
export type Decimal = InstanceType<typeof Exact>;
const runs = Number(process.env['METERLINE_RUNS'] ?? 150);

export const d = (text: string | number | Decimal) => new Exact(text);
export const zero = d(0);
export const sum = (list: readonly Decimal[]) => list.reduce((total, one) => total.plus(one), zero);
export const max = (a: Decimal, b: Decimal) => (a.gt(b) ? a : b);
export const min = (a: Decimal, b: Decimal) => (a.lt(b) ? a : b);
/** As a file would have it: an exact figure, or ten decimals of one that does not end. */
export const shown = (value: Decimal): string =>
  value.decimalPlaces() <= 10 ? value.toFixed() : value.toDecimalPlaces(10, Base.ROUND_HALF_UP).toFixed();
export const rounded = (value: Decimal, decimals: number) => value.toDecimalPlaces(decimals, Base.ROUND_HALF_UP);
export const cents = (value: Decimal) => shown(rounded(value.times(100), 0));

export interface Drawn {
  readonly model?: string;
  readonly config: Record<string, Json | undefined>;
  readonly inputs: Record<string, Json | undefined>;
  readonly expected: Record<string, Json | undefined>;
}

export const clean = (fields: Record<string, Json | undefined>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<string, Json>;

/** Each drawn vector is equal, and none is when a figure of it is changed. */
export function holds(family: string, drawn: fc.Arbitrary<Drawn>): void {
  test(
    family,
    () => {
      fc.assert(
        fc.property(drawn, ({ model = '', config, inputs, expected }) => {
          const vector = { id: 'drawn', family, area: undefined, model, upstreamDefect: false };
          const verdict = check({ ...vector, config: clean(config), inputs: clean(inputs), expected: clean(expected) });
          expect(verdict).toEqual({ kind: 'passed' });
        }),
        { numRuns: runs },
      );
    },
    60_000,
  );
}

/** Decimal text: whole, small, large, with up to eight decimals. */
export const amountText = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 2_000_000_000 })),
    fc.constantFrom(0, 0, 1, 2, 4, 8),
  )
  .map(([value, places]) => d(value).div(d(10).pow(places)).toFixed());
export const positiveText = amountText.filter((text) => text !== '0');
/** A charge has twelve decimals: with four of a quantity, eight of a price are all there. */
export const quantityText = fc.oneof(
  fc.constant('0'),
  amountText.map((text) => d(text).toDecimalPlaces(4).toFixed()),
  fc.integer({ min: 1, max: 40 }).map(String),
);
export const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
export const nullable = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof(fc.constant(null), fc.constant(undefined), value);

export interface Tier {
  readonly upTo: string | null | undefined;
  readonly unit: string | null | undefined;
  readonly flat: string | null | undefined;
}
export const tiersOf = (unit: fc.Arbitrary<string>): fc.Arbitrary<Tier[]> =>
  fc
    .array(
      fc.tuple(fc.integer({ min: 1, max: 400 }), fc.constantFrom(0, 0, 1, 2), nullable(unit), nullable(amountText)),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((list) => {
      let top = zero;
      return list.map(([width, places, price, flat], index) => {
        top = top.plus(d(width).div(d(10).pow(places)));
        return { upTo: index === list.length - 1 ? null : top.toFixed(), unit: price, flat };
      });
    });
export const tiers = tiersOf(amountText);
/** A quantity in a tier, at its edge, or beyond all. */
export const quantityIn = (list: readonly Tier[]) =>
  fc.oneof(
    quantityText,
    fc.constantFrom(...list.map(({ upTo }) => upTo ?? '1')),
    fc.integer({ min: 0, max: 900 }).map(String),
  );

export const upToOf = ({ upTo }: Tier) => (upTo === null || upTo === undefined ? d(Infinity) : d(upTo));
export const unitsIn = (list: readonly Tier[], quantity: Decimal) =>
  list.map((tier, index) => {
    const from = index === 0 ? zero : upToOf(list[index - 1]!);
    return max(zero, min(quantity, upToOf(tier)).minus(from));
  });
export function graduated(list: readonly Tier[], quantity: Decimal): Decimal {
  const units = unitsIn(list, quantity);
  return sum(
    list.map(({ unit, flat }, index) =>
      units[index]!.gt(0) || index === 0 ? units[index]!.times(unit ?? 0).plus(flat ?? 0) : zero,
    ),
  );
}
export function volume(list: readonly Tier[], quantity: Decimal): Decimal {
  const { unit, flat } = list.find((tier) => quantity.lte(upToOf(tier)))!;
  return quantity.times(unit ?? 0).plus(flat ?? 0);
}
export const perUnit = (amount: Decimal, quantity: Decimal) => shown(quantity.isZero() ? zero : amount.div(quantity));
export const ceilTo = (value: Decimal, step: Decimal) =>
  value.div(step).toDecimalPlaces(0, Base.ROUND_CEIL).times(step);
