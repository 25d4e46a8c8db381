import { parseAmount, type AmountPico } from '../money/fixed.ts';
import type { MeterRecord } from '../messages/control.ts';
import type { LeafModel, PriceRecord } from '../messages/price.ts';
import { compilePrice } from '../pricing/compile.ts';
import type { Measures } from '../pricing/compiled.ts';
import { termsOf } from '../pricing/terms.ts';

/**
 * What a tally owes where `zeroUsage: charge`. While nothing is billable (nothing was used, or all of it lies within the
 * allowance or the threshold) it is the flat, or that of the first tier, after the discount and maximum of the price; it is booked when the
 * period opens. Beyond, it is the charge: the first billable sample owes the difference, so that the rows still add up. Throws RangeError
 * for a price that has cells: whether a cell is owed that no sample has fallen on is not decided.
 */
export function chargeWithZeroUsage(
  record: PriceRecord,
  meter: Pick<MeterRecord, 'scale'>,
): (measures: Measures) => AmountPico {
  const cell = compilePrice(record, meter).whole;
  if (cell === undefined) throw new RangeError('a price with cells owes nothing without usage');
  const opening = termsOf(record).apply(zeroUsageCharge(record.model as LeafModel));
  if (opening === 0n) return cell.charge;
  // A flat amount is owed as soon as anything is billable.
  const { discountPercent: _, maximum: __, ...plain } = record;
  const probe = compilePrice({ ...plain, model: { kind: 'flat', amount: '1' } }, meter).whole!;
  return (measures) => (probe.charge(measures) === 0n ? opening : cell.charge(measures));
}

/** What a model owes for a period in which nothing was used: the flat amount, or the flat of the first tier. charge(∅) itself stays 0. */
export function zeroUsageCharge(model: LeafModel): AmountPico {
  switch (model.kind) {
    case 'flat':
      return amount(model.amount);
    case 'graduated':
    case 'volume':
    case 'graduatedPercentage':
      return amount(model.tiers[0]?.flat ?? '0');
    case 'stairstep':
      return amount(model.tiers[0]?.amount ?? '0');
    case 'perUnit':
    case 'package':
    case 'packageTiers':
    case 'percentage':
    case 'dynamic':
    case 'perEvent':
      return 0n;
  }
}

function amount(text: string): AmountPico {
  const value = parseAmount(text);
  if (value === undefined) throw new RangeError(`${JSON.stringify(text)} is not an amount with at most 12 decimals`);
  return value;
}
