import { parseAmount, type AmountPico } from '../money/fixed.ts';
import type { LeafModel } from '../messages/price.ts';

/**
 * What a model owes for a period in which nothing was used, where `zeroUsage: charge`: the flat amount, or the flat of
 * the first tier. It is booked when the period opens; the first sample with which something is billable then owes
 * charge(after) − this, so that the rows still add up to the charge. Who books it keeps it while all that was used is within the
 * allowance or the threshold, and takes discount and maximum of the price off it. charge(∅) itself stays 0.
 */
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
