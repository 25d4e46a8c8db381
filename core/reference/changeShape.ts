/** The shape of a control change, field by field; says nothing of what else exists. */
import { aggregations, type ControlChange, type PriceRecord } from '../messages/control.ts';
import { isAgreement } from './agreements/shape.ts';
import { isGrant, isVoid, isWallet } from './credits/shape.ts';
import { isBudget } from './budgets/shape.ts';
import { isListOf, isNatural, isObject, isText, type Fields } from './body.ts';
import { isZone } from './month.ts';
import { isChargedIn, isPricingUnit } from './pricingUnit.ts';
import { isBeginning, isEnding, isPiece, isRebuilding, isShadow } from './corrections/shape.ts';
import { isFee } from './fees/shape.ts';
import { decimal, readDecimal } from './number.ts';
import { isAbsentOr, isDay, isNotNegative, isOneOf, isPositiveInteger } from './prices/figures.ts';
import { isModel } from './prices/modelShape.ts';
import { isSound } from './prices/soundness.ts';
import { hasTerms } from './prices/termsShape.ts';

export function hasChangeShape(value: unknown): value is ControlChange {
  if (!isObject(value) || !isText(value['kind']) || !Object.hasOwn(shapes, value['kind'])) return false;
  return shapes[value['kind'] as ControlChange['kind']](value);
}

const isCurrency = (value: unknown) => isText(value) && /^[A-Z]{3}$/.test(value);

const shapes: Readonly<Record<ControlChange['kind'], (change: Fields) => boolean>> = {
  tenant: ({ id, name, currency, timeZone }) => isText(id) && isText(name) && isCurrency(currency) && isZone(timeZone),
  producer: ({ id, type, keys, enabled, completeUntilMs }) =>
    isText(id) &&
    (completeUntilMs === undefined || (isNatural(completeUntilMs) && completeUntilMs <= 9_999_999_999_999)) &&
    isOneOf(type, 'agent', 'gateway', 'importer') &&
    typeof enabled === 'boolean' &&
    isListOf(keys, isKey),
  account: ({ id, slug, name, parent, timeZone, startsOn, tags }) =>
    isNatural(id) &&
    id > 0 &&
    isText(slug) &&
    isText(name) &&
    isNatural(parent) &&
    isZone(timeZone) &&
    isAbsentOr(isDay)(startsOn) &&
    isAbsentOr(areTags)(tags),
  ownership: ({ resource, account, fromMs }) => isText(resource) && isNatural(account) && isNatural(fromMs),
  meter: (change) => isMeter(change),
  pricingUnit: (change) => isPricingUnit(change),
  series: ({ id, name, currency, unit, interval, timeZone, maxAgeMs }) =>
    [id, unit].every(isShort) &&
    isText(name) &&
    isCurrency(currency) &&
    isOneOf(interval, '5min', '15min', '30min', 'hour', 'day', 'month') &&
    isZone(timeZone) &&
    isAbsentOr(isNatural)(maxAgeMs),
  seriesPoints: ({ series, points }) => isText(series) && isListOf(points, isPoint) && points.length <= 1000,
  price: (change) =>
    isPriced(change) &&
    isUnit(change['unit']) &&
    hasTerms(change) &&
    isModel(change['model']) &&
    isSound(change as Fields & PriceRecord),
  fee: (change) => isFee(change),
  agreement: (change) => isAgreement(change),
  creditGrant: (change) => isGrant(change),
  creditVoid: (change) => isVoid(change),
  wallet: (change) => isWallet(change),
  budget: (change) => isBudget(change),
  budgetReset: ({ budget }) => isText(budget),
  budgetRelease: ({ budget }) => isText(budget),
  budgetSeed: ({ budget, sinceMs, periods, hours }) =>
    isText(budget) && isNatural(sinceMs) && [periods, hours].every(areSums),
  close: ({ account, untilMs, reason, talliesPerStep = 1 }) =>
    isNatural(account) &&
    account > 0 &&
    isNatural(untilMs) &&
    untilMs > 0 &&
    isText(reason) &&
    isNatural(talliesPerStep) &&
    talliesPerStep >= 1 &&
    talliesPerStep <= 1000,
  reopen: ({ account, fromMs, reason, approvedBy }) =>
    isNatural(account) && account > 0 && isNatural(fromMs) && isText(reason) && isText(approvedBy),
  correction: (change) => isBeginning(change),
  correctionRows: (change) => isPiece(change),
  correctionShadow: (change) => isShadow(change),
  correctionTally: (change) => isRebuilding(change),
  correctionEnd: (change) => isEnding(change),
};

function isMeter({
  id,
  metric,
  unit,
  scale,
  aggregation,
  distinct,
  exact,
  filter,
  slots,
  samples,
  recurs,
}: Fields): boolean {
  return (
    [id, metric, unit].every(isText) &&
    isNatural(scale) &&
    scale <= 12 &&
    isOneOf(aggregation, ...aggregations) &&
    (distinct === undefined || isText(distinct)) &&
    ((aggregation !== 'count' && aggregation !== 'unique') || (unit === '1' && scale === 0)) &&
    (aggregation === 'percentile' ? areSlots(slots) : slots === undefined) &&
    (aggregation === 'samplePercentile' ? areSamples(samples) : samples === undefined) &&
    (aggregation === 'recurring' ? isObject(recurs) && isOneOf(recurs['by'], 'second', 'day') : recurs === undefined) &&
    (exact === undefined || (aggregation === 'unique' && isLimit(exact))) &&
    isObject(filter) &&
    Object.values(filter).every((values) => isListOf(values, isText))
  );
}

/** At least five minutes, at most a day; some of the slots are billed. */
const areSlots = (slots: unknown) =>
  isObject(slots) &&
  isBetween(slots['lengthMs'], 300_000, 86_400_000) &&
  isShare(slots['discardPercent']) &&
  (slots['directions'] === undefined || areDirections(slots['directions']));

const isBetween = (value: unknown, least: number, most: number) => isNatural(value) && value >= least && value <= most;

const isShare = (value: unknown) => isNotNegative(value) && decimal(value as string).lt(100);

/** Each has values, and none is both. */
function areDirections(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { dimension, in: inward, out, take, of } = value;
  const areValues = [inward, out].every((list) => isListOf(list, isText) && (list as string[]).length > 0);
  const isToldApart = () => (inward as string[]).every((one) => !(out as string[]).includes(one));
  const isBilled = isOneOf(take, 'max', 'sum') && isOneOf(of, 'percentiles', 'slots');
  return isText(dimension) && areValues && isToldApart() && isBilled;
}

const areSamples = (samples: unknown) =>
  isObject(samples) && isShare(samples['discardPercent']) && isBetween(samples['countMax'], 1, 10_000);

const isLimit = (limit: unknown) =>
  isObject(limit) && isBetween(limit['upTo'], 2, 10_000) && isOneOf(limit['beyond'], 'refuse', 'approximate');

const isShort = (value: unknown) => isText(value) && value.length <= 100;

const isPoint = (value: unknown) =>
  isObject(value) &&
  isNatural(value['fromMs']) &&
  value['fromMs'] <= 9_999_999_999_999 &&
  isValue(value['value']) &&
  isNatural(value['revision']) &&
  value['revision'] > 0 &&
  value['revision'] <= 1_000_000 &&
  isShort(value['source']);

/** Of either sign, at most a thousand million. */
const isValue = (value: unknown) => {
  const figure = readDecimal(value);
  return figure !== undefined && figure.decimalPlaces() <= 12 && figure.abs().lte('1e9');
};

const isKey = (value: unknown) => isObject(value) && isText(value['id']) && isText(value['publicKey']);

const areSums = (value: unknown) => isListOf(value, isSum) && value.length <= 16_000;
const isSum = (value: unknown) =>
  Array.isArray(value) && value.length === 3 && isNatural(value[0]) && isText(value[1]) && isText(value[2]) && /^-?\d{1,40}$/.test(value[2]); // prettier-ignore

/** At most twenty, each short. */
const areTags = (tags: unknown) =>
  isObject(tags) &&
  Object.keys(tags).length <= 20 &&
  Object.values(tags).every((value) => isText(value) && value.length <= 200);

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
    isChargedIn(currency) &&
    isNatural(account) &&
    isNatural(effectiveFromMs) &&
    isOneOf(tallyScope, 'resource', 'account', 'subtree') &&
    isNotNegative(allowance)
  );
}

const isUnit = (value: unknown) =>
  isObject(value) &&
  isText(value['name']) &&
  isPositiveInteger(value['numerator']) &&
  isPositiveInteger(value['denominator']);
