/** The shape of a control change, field by field; says nothing of what else exists. */
import type { ControlChange, GraduatedTier } from '../messages/control.ts';
import { isListOf, isNatural, isObject, isText, type Fields } from './body.ts';
import { isZone } from './month.ts';
import { decimal, readDecimal } from './number.ts';

export function hasChangeShape(value: unknown): value is ControlChange {
  if (!isObject(value) || !isText(value['kind']) || !Object.hasOwn(shapes, value['kind'])) return false;
  return shapes[value['kind'] as ControlChange['kind']](value);
}

const isCurrency = (value: unknown) => isText(value) && /^[A-Z]{3}$/.test(value);
const isOneOf = (value: unknown, ...values: readonly string[]) => isText(value) && values.includes(value);
const isNotNegative = (value: unknown) => readDecimal(value)?.gte(0) ?? false;
const isPositive = (value: unknown) => readDecimal(value)?.gt(0) ?? false;
const isPositiveInteger = (value: unknown) => isText(value) && /^\d{1,26}$/.test(value) && /[1-9]/.test(value);
/** An amount has at most 12 decimals. */
const isAmount = (value: unknown) => isNotNegative(value) && decimal(value as string).decimalPlaces() <= 12;

const shapes: Readonly<Record<ControlChange['kind'], (change: Fields) => boolean>> = {
  tenant: ({ id, name, currency, timeZone }) => isText(id) && isText(name) && isCurrency(currency) && isZone(timeZone),
  producer: ({ id, type, keys, enabled }) =>
    isText(id) &&
    isOneOf(type, 'agent', 'gateway', 'importer') &&
    typeof enabled === 'boolean' &&
    isListOf(keys, isKey),
  account: ({ id, slug, name, parent, timeZone }) =>
    isNatural(id) && id > 0 && isText(slug) && isText(name) && isNatural(parent) && isZone(timeZone),
  ownership: ({ resource, account, fromMs }) => isText(resource) && isNatural(account) && isNatural(fromMs),
  meter: ({ id, metric, unit, scale, aggregation, filter }) =>
    [id, metric, unit].every(isText) &&
    isNatural(scale) &&
    scale <= 12 &&
    isOneOf(aggregation, 'sum', 'timeWeighted') &&
    isObject(filter) &&
    Object.values(filter).every((values) => isListOf(values, isText)),
  price: (change) => isPriced(change) && isUnit(change['unit']) && isModel(change['model']),
  budget: ({ id, account, amount, currency, thresholds, targets, enabled }) =>
    isText(id) &&
    isNatural(account) &&
    isAmount(amount) &&
    isCurrency(currency) &&
    isListOf(thresholds, isThreshold) &&
    isListOf(targets, isText) &&
    typeof enabled === 'boolean',
  budgetReset: ({ budget }) => isText(budget),
};

const isKey = (value: unknown) => isObject(value) && isText(value['id']) && isText(value['publicKey']);

const isThreshold = (value: unknown) =>
  isObject(value) && isNotNegative(value['percent']) && isOneOf(value['action'], 'notify', 'throttle', 'block');

function isPriced({
  id,
  key,
  version,
  service,
  component,
  meter,
  currency,
  account,
  effectiveFromMs,
  tallyScope,
  allowance,
}: Fields): boolean {
  return (
    isNatural(id) &&
    id > 0 &&
    [key, service, component, meter].every(isText) &&
    isNatural(version) &&
    isCurrency(currency) &&
    isNatural(account) &&
    isNatural(effectiveFromMs) &&
    isOneOf(tallyScope, 'resource', 'account') &&
    isNotNegative(allowance)
  );
}

const isUnit = (value: unknown) =>
  isObject(value) &&
  isText(value['name']) &&
  isPositiveInteger(value['numerator']) &&
  isPositiveInteger(value['denominator']);

function isModel(value: unknown): boolean {
  if (!isObject(value)) return false;
  return value['kind'] === 'perUnit'
    ? isNotNegative(value['unitPrice'])
    : value['kind'] === 'graduated' && areTiers(value['tiers']);
}

/** Bounds ascend, and the last tier alone is open. */
function areTiers(value: unknown): boolean {
  const isTier = (tier: unknown) =>
    isObject(tier) &&
    (tier['upTo'] === null || isPositive(tier['upTo'])) &&
    isNotNegative(tier['unitPrice']) &&
    isNotNegative(tier['flat']);
  if (!isListOf(value, isTier)) return false;
  const bounds = (value as readonly GraduatedTier[]).map((tier) => tier.upTo);
  const closed = bounds.slice(0, -1);
  const ascend = closed.every((bound, i) => bound !== null && (i === 0 || decimal(bound).gt(decimal(closed[i - 1]!))));
  return bounds.at(-1) === null && ascend;
}
