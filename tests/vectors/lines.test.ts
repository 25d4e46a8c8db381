import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Rational } from '#core/money/fixed.ts';
import { add, ratio, zero } from '#core/money/rational.ts';
import { dynamicLines } from './families/dynamic.ts';
import { packageLines } from './families/package.ts';
import { unitLines } from './families/unit.ts';
import { linesOfLatePhases, linesOfPart, linesOfPhases, type LineInputs, type LineModel } from './lines.ts';
import { tieredLines, type Tier } from './tiers.ts';

const amount = fc.integer({ min: 0, max: 400 }).map((value) => ratio(BigInt(value), 8n));
const quantity = fc.integer({ min: 0, max: 120 }).map((value) => ratio(BigInt(value), 4n));
const tiers = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.option(amount), fc.option(amount)), { minLength: 1, maxLength: 4 })
  .map((list) => {
    let upTo = 0;
    return list.map(([width, unit, flat], index): Tier => ({
      upTo: index === list.length - 1 ? undefined : ratio(BigInt((upTo += width))),
      unit: unit ?? undefined,
      flat: flat ?? undefined,
    }));
  });
const models: fc.Arbitrary<LineModel> = fc.oneof(
  amount.map((unit) => unitLines(unit, {})),
  fc
    .tuple(fc.integer({ min: 1, max: 12 }), amount)
    .map(([size, price]) => packageLines(ratio(BigInt(size)), price, {})),
  amount.map((multiplier) => dynamicLines(multiplier, {})),
  tiers.map((list) => tieredLines('graduated', list, {})),
  tiers.map((list) => tieredLines('volume', list, {})),
);

/** Twelve decimals: nothing is rounded away. */
const currency = { currency: 'EUR', currencyDecimals: 12, rounding: undefined };
const terms = {
  minimumSpend: undefined,
  maximumSpend: undefined,
  usageDiscountQuantity: undefined,
  percentageDiscount: undefined,
  unitConversionEnabled: undefined,
  unitConversion: undefined,
  currency: undefined,
  decimals: undefined,
};
type Bill = { readonly lineTotalSum: Rational };

const bill = (model: LineModel, lineMode: string, before: Rational, within: Rational): Rational => {
  const inputs: LineInputs = {
    ...currency,
    fullServicePeriod: undefined,
    lineMode,
    quantityBeforeThisLine: before,
    quantityInThisLine: within,
    amountAlreadyBilledInPeriod: undefined,
    creditsToApplyInOrder: undefined,
  };
  return (linesOfPart(model, terms, inputs) as Bill).lineTotalSum;
};

test('the parts of a period are billed what the whole is', () => {
  fc.assert(
    fc.property(models, quantity, quantity, quantity, (model, a, b, c) => {
      const parts = [
        bill(model, 'split_first_part', zero, a),
        bill(model, 'split_middle_part', a, b),
        bill(model, 'split_last_part', add(a, b), c),
      ];
      expect(parts.reduce(add)).toEqual(bill(model, 'whole_period', zero, add(add(a, b), c)));
    }),
    { numRuns: 300 },
  );
});

type Phases = { readonly phases: readonly { readonly totals: { readonly total: Rational } }[] };
const totalOf = (phases: unknown): Rational =>
  (phases as Phases).phases.map(({ totals }) => totals.total).reduce(add, zero);

test('phases add up to the bill of all usage, late or not', () => {
  fc.assert(
    fc.property(models, fc.array(quantity, { minLength: 1, maxLength: 4 }), (model, quantities) => {
      const phase = (index: number) => ({ period: `p${index}`, from: '2026-01-01', to: '2026-02-01' });
      const all = bill(model, 'whole_period', zero, quantities.at(-1)!);
      const phases = quantities.map((cumulativeQuantity, index) => ({ ...phase(index), cumulativeQuantity }));
      expect(totalOf(linesOfPhases(model, terms, { ...currency, phases }))).toEqual(all);
      const late = quantities.map((_, index) => ({
        ...phase(index),
        cumulativeQuantityPerPeriodSeenNow: quantities.slice(0, index + 1),
      }));
      expect(totalOf(linesOfLatePhases(model, terms, { ...currency, phases: late }))).toEqual(all);
    }),
  );
});
