/**
 * Money for people, from exact decimal text and without binary floats. The whole part is grouped by `Intl`, which takes
 * a bigint; decimals are cut or rounded as digits.
 */
import { pricingUnitPattern, type PricingUnitRecord } from '#core/messages/pricingUnit.ts';
import { minorDigits } from '#core/money/currency.ts';
import { AMOUNT_SCALE, divideRounded, formatFixed, parseAmount, pow10 } from '#core/money/fixed.ts';

const grouping = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const symbols = new Map<string, string>();
const unitDecimals = new Map<string, number>();

/** Told once somebody is signed in: the decimals that amounts in a pricing unit are shown with. */
export function knowPricingUnits(units: readonly Pick<PricingUnitRecord, 'id' | 'decimals'>[]): void {
  for (const { id, decimals } of units) unitDecimals.set(id, decimals);
}

const digitsOf = (currency: string): number => minorDigits(currency) ?? unitDecimals.get(currency) ?? 2;

/** What stands before the figure and what behind it: "€1,234.50", "1,234.5 TOKENS". */
const around = (currency: string): readonly [string, string] =>
  pricingUnitPattern.test(currency) ? ['', ` ${currency}`] : [currencySymbol(currency), ''];

/** "€" for EUR; the code itself where there is no symbol. */
export function currencySymbol(currency: string): string {
  let symbol = symbols.get(currency);
  if (symbol === undefined) {
    symbol = symbolOf(currency);
    symbols.set(currency, symbol);
  }
  return symbol;
}

function symbolOf(currency: string): string {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    const symbol = format.formatToParts(0).find((part) => part.type === 'currency')?.value ?? currency;
    return symbol.length > 1 && /^[A-Z]+$/.test(symbol) ? `${symbol} ` : symbol;
  } catch {
    return `${currency} `;
  }
}

export interface MoneyParts {
  readonly sign: '' | '−';
  readonly symbol: string;
  /** What stands behind the figure instead, with a space before it: " TOKENS". */
  readonly unit: string;
  /** Grouped whole units: "48,213". */
  readonly whole: string;
  /** Digits of the currency's minor unit, cut and not rounded: "09". */
  readonly minor: string;
  /** The digits after the minor unit, up to the twelfth decimal. */
  readonly fine: string;
}

/** Splits an amount so that a page can set its cents large and the digits after them small. */
export function moneyParts(amount: string, currency: string): MoneyParts {
  const pico = parseAmount(amount) ?? 0n;
  const text = formatFixed(pico < 0n ? -pico : pico, AMOUNT_SCALE);
  const [whole = '0', decimals = ''] = text.split('.');
  const digits = digitsOf(currency);
  const [symbol, unit] = around(currency);
  return {
    sign: pico < 0n ? '−' : '',
    symbol,
    unit,
    whole: grouping.format(BigInt(whole)),
    minor: decimals.slice(0, digits),
    fine: decimals.slice(digits),
  };
}

/** "€48,213.09", rounded half away from zero to `decimals`; the currency's own number of decimals when absent. */
export function formatMoney(amount: string, currency: string, decimals?: number): string {
  const pico = parseAmount(amount);
  if (pico === undefined) return amount;
  const [symbol, unit] = around(currency);
  const figure = groupedFixed(pico < 0n ? -pico : pico, decimals ?? digitsOf(currency));
  return `${pico < 0n ? '−' : ''}${symbol}${figure}${unit}`;
}

/** Every one of the twelve decimals: "€48,213.094217830164". */
export const formatMoneyExact = (amount: string, currency: string): string =>
  formatMoney(amount, currency, AMOUNT_SCALE);

/** At least the minor unit's decimals, and as many more as the amount has: "€0.18", "€0.144". */
export function formatMoneyShort(amount: string, currency: string): string {
  const decimals = (amount.split('.')[1] ?? '').replace(/0+$/, '').length;
  return formatMoney(amount, currency, Math.min(AMOUNT_SCALE, Math.max(decimals, digitsOf(currency))));
}

function groupedFixed(pico: bigint, decimals: number): string {
  const rounded = divideRounded(pico, pow10(AMOUNT_SCALE - decimals), 'halfAwayFromZero');
  const [whole = '0', rest] = formatFixed(rounded, decimals).split('.');
  return rest === undefined ? grouping.format(BigInt(whole)) : `${grouping.format(BigInt(whole))}.${rest}`;
}

/** Exact sum of decimal texts, as decimal text with twelve decimals cut to what is needed. */
export function sumAmounts(amounts: Iterable<string>): string {
  let sum = 0n;
  for (const amount of amounts) sum += parseAmount(amount) ?? 0n;
  return plainAmount(sum);
}

export const subtractAmounts = (left: string, right: string): string =>
  plainAmount((parseAmount(left) ?? 0n) - (parseAmount(right) ?? 0n));

export const compareAmounts = (left: string, right: string): number => {
  const difference = (parseAmount(left) ?? 0n) - (parseAmount(right) ?? 0n);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

export const isZero = (amount: string): boolean => parseAmount(amount) === 0n;

const plainAmount = (pico: bigint): string => formatFixed(pico, AMOUNT_SCALE).replace(/\.?0+$/, '') || '0';

/** An amount as a binary number for a pixel position, never for a figure: nine decimals survive. */
export const plotValue = (amount: string): number => Number((parseAmount(amount) ?? 0n) / 1000n) / 1e9;

/** What somebody typed as the API takes it: people type separators of thousands. A comma that separates decimals is left for it to refuse. */
export function typedDecimal(text: string): string {
  const typed = text.trim();
  return /^\d{1,3}([\s,'’]\d{3})+(\.\d*)?$/.test(typed) ? typed.replaceAll(/[\s,'’]/g, '') : typed;
}
