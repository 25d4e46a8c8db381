import type { Rational, RoundingMode } from '../money/fixed.ts';
import { roundTo, roundToMultiple, sign, subtract, smaller, add, ratio, zero } from '../money/rational.ts';

/**
 * Rounding modes by the names that the field uses. `up` and `down` are away from and towards zero; ceiling and floor
 * towards +∞ and −∞. "Half up" is said of half away from zero by engines of decimals (BigDecimal, OpenMeter, Lago).
 */
const modes: Readonly<Record<string, RoundingMode>> = {
  up: 'up',
  awayfromzero: 'up',
  roundup: 'up',
  down: 'down',
  towardszero: 'down',
  truncate: 'down',
  rounddown: 'down',
  ceiling: 'ceiling',
  ceil: 'ceiling',
  '*up': 'ceiling',
  floor: 'floor',
  '*down': 'floor',
  '*middle': 'halfAwayFromZero',
  halfup: 'halfAwayFromZero',
  halfawayfromzero: 'halfAwayFromZero',
  halfdown: 'halfTowardsZero',
  halftowardszero: 'halfTowardsZero',
  halfeven: 'halfEven',
  banker: 'halfEven',
  bankers: 'halfEven',
};

/** The mode by name, whatever its case, hyphens and underscores; `none` is no rounding; undefined is a name that nobody uses. */
export function roundingByName(name: string): RoundingMode | 'none' | undefined {
  const plain = name.toLowerCase().replaceAll(/[-_ ]/g, '');
  if (plain === 'none' || plain === '*none') return 'none';
  return Object.hasOwn(modes, plain) ? modes[plain] : undefined;
}

/** Throws RangeError for a name that is no rounding mode: to round by a mode that is not known would be to guess. */
export function requireRounding(name: string): RoundingMode | 'none' {
  const mode = roundingByName(name);
  if (mode === undefined)
    throw new RangeError(
      `"${name}" is not a rounding mode; say up, down, ceiling, floor, half_up, half_down, half_even or none`,
    );
  return mode;
}

export const rounded = (value: Rational, decimals: number, mode: RoundingMode | 'none'): Rational =>
  mode === 'none' ? value : roundTo(value, decimals, mode);

/** From so many units on (of what was used before it in the same event), usage is counted in whole increments. */
export interface IncrementSlot {
  readonly from: Rational;
  readonly increment: Rational;
}

/**
 * What is billed of an event: each increment begun is billed whole. 60/1 is `[{from: 0, increment: 60}, {from: 60, increment: 1}]`:
 * at least a minute, then by the second. Nothing used is nothing billed. A last increment may reach over the end of its slot; the next slot
 * counts from there.
 */
export function billedIncrements(used: Rational, slots: readonly IncrementSlot[]): Rational {
  checkSlots(slots);
  let reached = zero;
  for (const [index, slot] of slots.entries()) {
    const next = slots[index + 1];
    const end = next === undefined ? used : smaller(used, next.from);
    const length = subtract(end, reached);
    if (sign(length) > 0) reached = add(reached, roundToMultiple(length, slot.increment, 'up'));
  }
  return reached;
}

export const requireIncrement = (increment: Rational): Rational => {
  if (sign(increment) <= 0) throw new RangeError('an increment is greater than 0');
  return increment;
};

function checkSlots(slots: readonly IncrementSlot[]): void {
  if (slots.length === 0 || sign(slots[0]!.from) !== 0) throw new RangeError('increments begin at 0');
  slots.forEach(({ from, increment }, index) => {
    requireIncrement(increment);
    if (index > 0 && sign(subtract(from, slots[index - 1]!.from)) <= 0)
      throw new RangeError('increments are in order of where they begin');
  });
}

/** One increment from the start: `used` rounded up to a multiple. */
export const roundUpTo = (used: Rational, increment: Rational): Rational =>
  billedIncrements(used, [{ from: ratio(0n), increment }]);
