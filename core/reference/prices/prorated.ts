/** SPEC §8.9: a price with the figures that it prorates multiplied by a share of the period. */
import type { PriceRecord } from '../../messages/price.ts';
import { isObject } from '../body.ts';
import { fraction, fractionOf, rounded, times, type Fraction } from './fraction.ts';

const trillion = 10n ** 12n;

export function prorated(price: PriceRecord, share: Fraction): PriceRecord {
  const { prorate, allowance, maximum } = price;
  if (prorate === undefined || share.top === share.bottom) return price;
  const shareOf = (figure: string): string => {
    const trillionths = rounded(times(times(fractionOf(figure), share), fraction(trillion)), 'halfEven');
    return `${trillionths / trillion}.${String(trillionths % trillion).padStart(12, '0')}`;
  };
  const names = [...(prorate.bounds ? ['upTo'] : []), ...(prorate.flats ? ['flat', 'amount'] : [])];
  const walked = (value: unknown, name = ''): unknown => {
    if (typeof value === 'string') return names.includes(name) ? shareOf(value) : value;
    if (Array.isArray(value)) return value.map((one) => walked(one));
    if (!isObject(value) || name === 'match') return value;
    return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, walked(inner, field)]));
  };
  return {
    ...price,
    model: walked(price.model) as PriceRecord['model'],
    ...(prorate.allowance ? { allowance: shareOf(allowance) } : {}),
    ...(prorate.maximum && maximum !== undefined ? { maximum: shareOf(maximum) } : {}),
  };
}
