/**
 * The units that prices are asked in, by the unit of the tally they are made from, each an exact fraction: priced unit
 * = tally × numerator / denominator. A month of storage is 730 hours (365 days × 24 h / 12), whatever month it is.
 */
import type { Aggregation } from '../messages/control.ts';
import type { Rational } from '../money/fixed.ts';
import { divide, ratio } from '../money/rational.ts';
import { conversionFactor } from './ucum.ts';

export interface PricedUnit {
  readonly name: string;
  /** Decimal integers as text, reduced. */
  readonly numerator: string;
  readonly denominator: string;
}

/** The usual ones for each tally unit, for forms and messages; any commensurable UCUM unit will do as well. */
const usualUnits: Readonly<Record<string, readonly string[]>> = {
  us: ['vCPU·s', 'vCPU·min', 'vCPU·h'],
  By: ['By', 'MB', 'GB', 'TB', 'MiB', 'GiB', 'TiB'],
  'By.ms': ['GB·h', 'GiB·h', 'GiB·month', 'TiB·month'],
  '1': ['1', '1000', '1000000'],
  '1.ms': ['unit·h', 'unit·month'],
};

/** Unit of what a meter tallies: a level weighed by time in unit × milliseconds, what is counted in ones, all else in its own. */
export function tallyUnit(unit: string, aggregation: Aggregation): string {
  if (aggregation === 'timeWeighted' || aggregation === 'recurring') return `${unit}.ms`;
  return aggregation === 'count' || aggregation === 'unique' ? '1' : unit;
}

/** Names of the usual priced units of a tally unit; the unit itself when it has no others. */
export const pricedUnitNames = (tally: string): readonly string[] => {
  if (Object.hasOwn(usualUnits, tally)) return usualUnits[tally]!;
  return pricedUnit(tally, tally) === undefined ? [] : [tally.replaceAll('.', '·')];
};

/** What a meter of slots tallies is also a rate, over the length of a slot: traffic per slot is priced by the Mbit/s. */
export function pricedUnitOfSlots(unit: string, slotMs: number, name: string): PricedUnit | undefined {
  const factor = conversionFactor(`${unit}/ms`, name);
  return factor && written(name, divide(factor, ratio(BigInt(slotMs))));
}

/** The unit by name, where `.` may stand for `·`; undefined when it is not a unit, or of something else than the tally. */
export function pricedUnit(tally: string, name: string): PricedUnit | undefined {
  const factor = conversionFactor(tally, name);
  return factor && written(name, factor);
}

const written = (name: string, { numerator, denominator }: Rational): PricedUnit => ({
  name: name.replaceAll('.', '·'),
  numerator: numerator.toString(),
  denominator: denominator.toString(),
});
