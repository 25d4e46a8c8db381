/** Quantities, counts and sizes, with their units. */
import { divideRounded, formatDecimal, parseRational, pow10 } from '#core/money/fixed.ts';
import { pricedUnit } from '#core/units/pricedUnits.ts';

const grouping = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Groups the whole part of a decimal text and keeps its decimals: "77661.25" becomes "77,661.25". */
export function formatQuantity(quantity: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(quantity);
  if (match === null) return quantity;
  const [, sign = '', whole = '0', decimals = ''] = match;
  const trimmed = decimals.replace(/\.?0+$/, '');
  return `${sign === '-' ? '−' : ''}${grouping.format(BigInt(whole))}${trimmed}`;
}

export const formatCount = (count: number): string => grouping.format(count);

/** "1 sample", "2 samples". */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** "3.1 MiB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 || value >= 100 ? Math.round(value).toString() : (Math.round(value * 10) / 10).toString();
  return `${text} ${byteUnits[unit]}`;
}

const unitNames: Readonly<Record<string, string>> = {
  us: 'µs',
  By: 'bytes',
  'By.ms': 'byte·ms',
  s: 's',
  '1': '',
};

/** A UCUM code as people write it; the code itself where there is no better word. */
export const unitName = (ucum: string): string => unitNames[ucum] ?? ucum;

/** What people ask usage in, by the unit of its tally. */
const usageUnits: Readonly<Record<string, string>> = { us: 'vCPU·h', By: 'GB', 'By.ms': 'GiB·h', '1.ms': 'unit·h' };

export const usualUnitOf = (tally: string): string | undefined => usageUnits[tally];

/** A sum of usage for reading: in the usual unit of its kind, to three decimals; "" where there is no one unit. */
export function formatUsage(quantity: string, unit: string): string {
  if (quantity === '' || unit === '') return '';
  const usual = usageUnits[unit];
  const priced = usual === undefined ? undefined : pricedUnit(unit, usual);
  if (priced === undefined) return `${formatQuantity(quantity)} ${unitName(unit)}`.trimEnd();
  const [whole = '0', decimals = ''] = pricedQuantity(quantity, priced).split('.');
  const isSmall = /^-?0$/.test(whole) && decimals.startsWith('000');
  return `${formatQuantity(`${whole}.${decimals.slice(0, isSmall ? pricedDecimals : 3).padEnd(1, '0')}`)} ${priced.name}`;
}

/** Decimals that a converted quantity is shown with; conversions need not end. */
const pricedDecimals = 12;

/** A tally in the units that its price is for: tally × numerator ÷ denominator, to twelve decimals. */
export function pricedQuantity(
  tally: string,
  unit: { readonly numerator: string; readonly denominator: string },
): string {
  const quantity = parseRational(tally);
  const numerator = parseRational(unit.numerator);
  const denominator = parseRational(unit.denominator);
  if (quantity === undefined || numerator === undefined || denominator === undefined || denominator.numerator === 0n)
    return tally;
  const top = quantity.numerator * numerator.numerator * denominator.denominator * pow10(pricedDecimals);
  const bottom = quantity.denominator * numerator.denominator * denominator.numerator;
  return formatDecimal(divideRounded(top, bottom, 'halfAwayFromZero'), pricedDecimals);
}
