/** Allowances that carry over: what is not used of a period adds to the next ones, up to a cap, for so many periods. */
import { parseAmount } from '../money/fixed.ts';
import { assertSound, Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';

export interface AllowanceRule {
  /** Units of a period, decimal text. */
  readonly perPeriod: string;
  /** Most that is carried into a period; null for all, "0" for no rollover. */
  readonly carryMaximum: string | null;
  /** Periods for which what was carried lasts; null for ever. */
  readonly carryPeriods: number | null;
}

/** What is left of one period's allowance; quantities at 12 decimals. */
export interface Carried {
  /** Period in which it was given, counted from 0. */
  readonly from: number;
  readonly left: bigint;
}

/** One period's allowance: a dated input of its charge. */
export interface PeriodAllowance {
  readonly own: bigint;
  readonly carried: readonly Carried[];
  /** Own and carried: what the price's allowance is in this period. */
  readonly total: bigint;
}

const ruleShape: Shape = {
  record: { perPeriod: 'text', carryMaximum: { nullable: 'text' }, carryPeriods: { nullable: 'number' } },
};

/** Every fault of a rule, which may be anything. Never throws. */
export function checkAllowance(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, ruleShape)) return check.problems;
  const rule = value as AllowanceRule;
  check.at('perPeriod').decimal(rule.perPeriod, 'notNegative');
  if (rule.carryMaximum !== null) check.at('carryMaximum').decimal(rule.carryMaximum, 'notNegative');
  const { carryPeriods } = rule;
  const isCount = carryPeriods === null || (Number.isInteger(carryPeriods) && carryPeriods >= 1);
  check.at('carryPeriods').that(isCount, carryPeriods, 'a whole number, 1 or more, or null');
  return check.problems;
}

/**
 * The allowances of periods 0 … n, where `used` lists what was used in periods 0 … n − 1: the last one is that of the open
 * period. What is oldest is used first. Closed periods fix it; while the one before is open the figure is provisional, and a
 * change re-charges by difference.
 */
export function allowances(rule: AllowanceRule, used: readonly bigint[]): PeriodAllowance[] {
  assertSound('allowance', rule, checkAllowance);
  const own = parseAmount(rule.perPeriod)!;
  const result: PeriodAllowance[] = [{ own, carried: [], total: own }];
  used.forEach((quantity, period) => {
    if (quantity < 0n) throw new RangeError(`used of period ${period} is ${quantity}, not 0 or more`);
    const now = result[period]!;
    const carried = carryOver(rule, [...now.carried, { from: period, left: now.own }], quantity, period + 1);
    result.push({ own, carried, total: carried.reduce((sum, { left }) => sum + left, own) });
  });
  return result;
}

/** What goes on into period `next` when so much was used: `held` is what there was, the oldest first. */
export function carryOver(
  rule: Pick<AllowanceRule, 'carryMaximum' | 'carryPeriods'>,
  held: readonly Carried[],
  used: bigint,
  next: number,
): Carried[] {
  let rest = used;
  const left = held.map(({ from, left: amount }) => {
    const taken = rest < amount ? rest : amount;
    rest -= taken;
    return { from, left: amount - taken };
  });
  const lasting = left.filter(
    (one) => one.left > 0n && (rule.carryPeriods === null || next - one.from <= rule.carryPeriods),
  );
  if (rule.carryMaximum === null) return lasting;
  // The cap takes the newest away last: what would lapse first is dropped first.
  let over = lasting.reduce((sum, one) => sum + one.left, 0n) - parseAmount(rule.carryMaximum)!;
  return lasting
    .map((one) => {
      const dropped = over <= 0n ? 0n : over < one.left ? over : one.left;
      over -= dropped;
      return { from: one.from, left: one.left - dropped };
    })
    .filter((one) => one.left > 0n);
}
