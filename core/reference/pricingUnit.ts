/** SPEC §9.8.2: pricing units, which stand where a currency would. */
import type { ControlChange, PriceRecord } from '../messages/control.ts';
import type { PricingUnitRecord } from '../messages/pricingUnit.ts';
import { isListOf, isNatural, isText, type Fields } from './body.ts';
import { has } from './fees/shape.ts';
import { readDecimal } from './number.ts';
import type { Tenant } from './state.ts';

const isName = (value: unknown) => isText(value) && value.length > 0 && value.length <= 200;
const isUnitId = (value: unknown) => isText(value) && /^[A-Z][A-Z0-9]{3,11}$/.test(value);
const isCurrency = (value: unknown) => isText(value) && /^[A-Z]{3}$/.test(value);

/** A currency, or what a pricing unit may be called. */
export const isChargedIn = (value: unknown): boolean => isCurrency(value) || isUnitId(value);

export function isPricingUnit({ kind: _, ...unit }: Fields): boolean {
  const isScale = (value: unknown) => isNatural(value) && value <= 12;
  return has(unit, { id: isUnitId, name: isName, decimals: isScale }, { value: isWorth });
}

function isWorth(value: unknown): boolean {
  if (!has(value, { currency: isCurrency, points: (points) => isListOf(points, isPoint) })) return false;
  const begins = (value['points'] as readonly { readonly fromMs: number }[]).map(({ fromMs }) => fromMs);
  const isInOrder = begins.every((fromMs, i) => i === 0 || fromMs > begins[i - 1]!);
  return begins.length > 0 && begins.length <= 1000 && isInOrder;
}

const isPoint = (value: unknown) =>
  has(value, { fromMs: (ms) => isNatural(ms) && ms <= 9_999_999_999_999, amount: isAboveNothing });

/** Below 10¹⁵, at most 12 decimals. */
function isAboveNothing(value: unknown): boolean {
  const amount = isText(value) && value.length <= 60 ? readDecimal(value) : undefined;
  return amount !== undefined && amount.gt(0) && amount.lt('1e15') && /^\d+(\.\d{1,12})?$/.test(value as string);
}

/** What a unit was worth stays; at most a hundred units. */
export function fitsUnits({ pricingUnits }: Tenant, unit: PricingUnitRecord): boolean {
  const before = pricingUnits.get(unit.id);
  if (before === undefined) return pricingUnits.size < 100;
  const told = ({ value }: PricingUnitRecord) =>
    value === undefined ? [] : [value.currency, ...value.points.map(({ fromMs, amount }) => `${fromMs} ${amount}`)];
  const now = told(unit);
  return told(before).every((text, i) => now[i] === text);
}

/** Whether what a change is charged in is a currency or a unit that is there. */
export function isPaidIn({ pricingUnits }: Tenant, change: ControlChange): boolean {
  if (!['price', 'fee', 'agreement', 'budget', 'wallet', 'creditGrant'].includes(change.kind)) return true;
  const { currency } = change.kind === 'creditGrant' ? change.grant : (change as PriceRecord);
  if (change.kind === 'budget')
    return [...(change.meter === undefined ? [currency] : []), ...(change.fx ?? []).map((rate) => rate.currency)].every(
      (one) => isCurrency(one) || pricingUnits.has(one),
    );
  return isCurrency(currency) || pricingUnits.has(currency);
}
