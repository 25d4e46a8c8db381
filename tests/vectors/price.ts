/** A price of the product for the fields of a vector: everything that a vector charges is charged by it. */
import type { LeafModel, PriceModel, PriceRecord, QuantityRule } from '#core/messages/price.ts';
import type { ExplainStep } from '#core/messages/api.ts';
import { pow10, type Rational, type RoundingMode } from '#core/money/fixed.ts';
import {
  compare,
  divide,
  fromScaled,
  multiply,
  ratio,
  readDecimal,
  toScaled,
  writeDecimal,
  zero,
} from '#core/money/rational.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import { nothing, type Cell, type Measures } from '#core/pricing/compiled.ts';
import { zeroUsageCharge } from '#core/fees/zeroUsage.ts';

/** Tallies of the vectors are in 10⁻¹⁸ units: no input has more decimals. */
const meterScale = 18;
const amountScale = 12;

export interface PriceOptions {
  /** Priced units in one metered unit. */
  readonly unit?: Rational | undefined;
  readonly rounding?: { readonly mode: RoundingMode | 'none'; readonly decimals: number } | undefined;
  readonly allowance?: Rational | undefined;
  readonly discountPercent?: Rational | undefined;
  readonly maximum?: Rational | undefined;
}

export interface Rated {
  /** Exact to the 12 decimals that a charge has. */
  charge(quantity: Rational): Rational;
  /** The steps that charge something; what is free or rounded away is told by others. */
  explain(quantity: Rational): ExplainStep[];
  /** The charge of events one after another, after each of them. */
  chargesAfter(events: readonly Rational[]): Rational[];
  readonly whole: Cell;
}

export function priced(model: LeafModel, options: PriceOptions = {}): Rated {
  const compiled = compilePrice(recordOf(model, options), { scale: meterScale });
  const cell = compiled.whole!;
  const tally = (quantity: Rational): Measures => ({ ...nothing, quantity: scaled(quantity) });
  return {
    whole: cell,
    charge: (quantity) => fromScaled(cell.charge(tally(quantity)), amountScale),
    explain: (quantity) =>
      cell.explain(tally(quantity)).filter(({ label }) => label !== 'allowance' && !label.startsWith('rounded from')),
    chargesAfter(events) {
      let measures = nothing;
      return events.map((event) => {
        const quantity = scaled(event);
        const value = cell.valueAfter(measures, quantity, 1n);
        measures = { quantity: measures.quantity + quantity, events: measures.events + 1n, value };
        return fromScaled(cell.charge(measures), amountScale);
      });
    },
  };
}

export function recordOf(
  model: PriceModel,
  { unit = ratio(1n), rounding, allowance, discountPercent, maximum }: PriceOptions,
): PriceRecord {
  const quantity = rounding === undefined ? undefined : quantityRule(rounding);
  return {
    id: 1,
    key: 'vector',
    version: 1,
    service: 'vector',
    component: 'vector',
    meter: 'vector',
    currency: 'EUR',
    account: 0,
    effectiveFromMs: 0,
    tallyScope: 'account',
    unit: { name: '1', numerator: String(unit.numerator), denominator: String(unit.denominator) },
    allowance: text(allowance ?? zero),
    model,
    ...(quantity === undefined ? {} : { quantity }),
    ...(discountPercent === undefined ? {} : { discountPercent: text(discountPercent) }),
    ...(maximum === undefined ? {} : { maximum: text(maximum) }),
  };
}

/** Usage is never negative, so ceiling is up and floor is down. */
function quantityRule({
  mode,
  decimals,
}: {
  readonly mode: RoundingMode | 'none';
  readonly decimals: number;
}): QuantityRule | undefined {
  if (mode === 'none') return undefined;
  if (mode === 'halfTowardsZero') throw new RangeError('a price does not round half down');
  const known = mode === 'ceiling' ? 'up' : mode === 'floor' ? 'down' : mode;
  return { at: 'tally', mode: known, increment: text(ratio(1n, pow10(decimals))) };
}

/** The amount that is owed when nothing was used, as the opening of a period books it. */
export const owedWithoutUsage = (model: LeafModel): Rational => fromScaled(zeroUsageCharge(model), amountScale);

function scaled(quantity: Rational): bigint {
  if (quantity.numerator < 0n) throw new RangeError('usage is not negative');
  const value = toScaled(quantity, meterScale, 'down');
  if (compare(fromScaled(value, meterScale), quantity) !== 0) throw new RangeError('usage has too many decimals');
  return value;
}

/** Decimal text for a record. */
export function text(value: Rational): string {
  const written = writeDecimal(value, 24);
  if (compare(readDecimal(written)!, value) !== 0) throw new RangeError('a figure of a price has too many decimals');
  return written;
}

export const quotient = (amount: Rational, units: Rational): Rational =>
  units.numerator === 0n ? zero : divide(amount, units);

export const inCents = (amount: Rational): Rational =>
  fromScaled(toScaled(multiply(amount, ratio(100n)), 0, 'halfAwayFromZero'), 0);
