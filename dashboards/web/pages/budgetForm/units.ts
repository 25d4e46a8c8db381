/** In which unit quantities of a meter are typed: the usual one where it converts exactly, else the meter's own. */
import type { MeterRecord } from '#core/messages/control.ts';
import type { BudgetRecord } from '#core/messages/budget.ts';
import { parseRational } from '#core/money/fixed.ts';
import { ratio, writeDecimal } from '#core/money/rational.ts';
import { pricedUnit, tallyUnit, type PricedUnit } from '#core/units/pricedUnits.ts';
import { unitName, usualUnitOf } from '../../format/quantity.ts';

/** Undefined: as the budget has it. */
export type FormUnit = PricedUnit | undefined;

export function unitOf(meter: MeterRecord | undefined, record?: BudgetRecord): FormUnit {
  const tally = meter && tallyUnit(meter.unit, meter.aggregation);
  const usual = tally && usualUnitOf(tally);
  const unit = usual === undefined || usual === '' ? undefined : pricedUnit(tally!, usual);
  if (unit === undefined || record === undefined) return unit;
  const figures = [
    record.amount,
    record.carryOver?.maximum,
    ...record.thresholds.flatMap(({ absolute, rate }) => [absolute, rate?.amount]),
  ];
  // A third of an hour has no end in decimals of hours: then all stay as they are.
  const isExact = figures.every((text) => text === undefined || asTally(inUnit(text, unit), unit) === text);
  return isExact ? unit : undefined;
}

/** What figures are said to be in. */
export const unitText = (unit: FormUnit, meter: MeterRecord | undefined): string =>
  unit?.name ?? (meter === undefined ? '' : unitName(tallyUnit(meter.unit, meter.aggregation)));

/** As typed to as counted; text that is no decimal stays, and the API says so. */
export function asTally(text: string, unit: FormUnit): string {
  return converted(text, unit?.denominator, unit?.numerator);
}

/** As counted to as typed. */
export function inUnit(text: string, unit: FormUnit): string {
  return converted(text, unit?.numerator, unit?.denominator);
}

function converted(text: string, times: string | undefined, by: string | undefined): string {
  const value = parseRational(text);
  if (value === undefined || times === undefined || by === undefined) return text;
  return writeDecimal(ratio(value.numerator * BigInt(times), value.denominator * BigInt(by)), 18);
}
