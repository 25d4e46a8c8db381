/** SPEC §9.2: the shape of an agreement, field by field, and what its figures may be. A field of another name is a fault. */
import { isListOf, isNatural, isObject, isText, isWhole, type Fields } from '../body.ts';
import { readDecimal } from '../number.ts';
import { isOneOf } from '../prices/figures.ts';
import { isChargedIn } from '../pricingUnit.ts';

type Fits = (value: unknown) => boolean;

/** An object with these fields and no other; a name that ends in "?" may be absent. */
const objectOf =
  (fields: Readonly<Record<string, Fits>>): Fits =>
  (value) =>
    isObject(value) &&
    Object.keys(value).every((name) => name in fields || `${name}?` in fields) &&
    Object.entries(fields).every(([name, fits]) => {
      const isOptional = name.endsWith('?');
      const field = value[isOptional ? name.slice(0, -1) : name];
      return (isOptional && field === undefined) || fits(field);
    });
const kind = (name: string, fields: Readonly<Record<string, Fits>> = {}): Fits =>
  objectOf({ kind: (value) => value === name, ...fields });
const anyOf = (...fits: readonly Fits[]): Fits => (value) => fits.some((one) => one(value)); // prettier-ignore
const oneOf = (...values: readonly string[]): Fits => (value) => isOneOf(value, ...values); // prettier-ignore
const textsUpTo = (most: number): Fits => (value) => isListOf(value, isText) && value.length <= most; // prettier-ignore
const flag: Fits = (value) => typeof value === 'boolean';
const nothing: Fits = (value) => value === null;
const counted: Fits = (value) => isWhole(value) && value >= 1;
const instant: Fits = (value) => isNatural(value) && value <= 9_999_999_999_999;

/** A figure of at most 60 characters and 12 decimals, below 10¹⁵. */
const figure = (holds: (value: NonNullable<ReturnType<typeof readDecimal>>) => boolean): Fits => (value) => {
  if (!isText(value) || value.length > 60 || (value.split('.')[1] ?? '').length > 12) return false;
  const number = readDecimal(value);
  return number !== undefined && number.abs().lt('1e15') && holds(number);
}; // prettier-ignore
const notNegative = figure((value) => value.gte(0));
const positive = figure((value) => value.gt(0));
const percent = figure((value) => value.gte(0) && value.lte(100));

const items = objectOf({ 'services?': textsUpTo(1000), 'components?': textsUpTo(1000), 'prices?': textsUpTo(1000) });

/** Bounds ascend from above 0, and the last tier alone is open. */
const tiers: Fits = (value) =>
  isListOf(value, objectOf({ upTo: anyOf(nothing, positive), percent })) &&
  value.length <= 100 &&
  value.length > 0 &&
  (value as readonly { readonly upTo: string | null }[]).every(({ upTo }, i, all) => {
    if (upTo === null || i === all.length - 1) return upTo === null && i === all.length - 1;
    return i === 0 || readDecimal(upTo)!.gt(all[i - 1]!.upTo!);
  });

const discount = kind('discount', {
  order: counted,
  take: anyOf(
    kind('percent', { percent }),
    kind('amount', { amount: notNegative }),
    kind('tiers', { of: oneOf('spend', 'quantity'), reach: oneOf('graduated', 'volume'), tiers }),
  ),
  base: oneOf('list', 'left'),
  'only?': items,
  'except?': items,
  'notWith?': textsUpTo(1000),
  'maximum?': notNegative,
  'maximumTotal?': notNegative,
  duration: anyOf(kind('once'), kind('periods', { count: counted }), kind('forever')),
});

const segments: Fits = (value) =>
  isListOf(value, objectOf({ fromMs: instant, toMs: instant, amount: notNegative })) &&
  value.length > 0 &&
  value.length <= 200 &&
  (value as readonly { readonly fromMs: number; readonly toMs: number }[]).every(
    ({ fromMs, toMs }, i, all) => toMs > fromMs && (i === 0 || fromMs >= all[i - 1]!.toMs),
  );

const commitment = kind('commitment', {
  segments,
  coveredPercent: positive,
  overagePercent: figure((value) => value.gte(0) && value.lte(1_000_000)),
  payment: oneOf('advance', 'arrears'),
  'services?': textsUpTo(1000),
  basis: oneOf('list', 'net'),
  'contract?': isText,
});

const boundFields = kind('bound', {
  scope: anyOf(
    kind('price', { price: isText, plan: isText, contract: isText }),
    kind('plan', { plan: isText, contract: isText }),
    kind('contract', { contract: isText }),
    kind('subtree'),
  ),
  'minimum?': notNegative,
  'maximum?': notNegative,
  minimumBasis: oneOf('net', 'list'),
  prorate: objectOf({ minimum: flag, maximum: flag }),
});

/** One of the two at least; with both, the maximum never below the minimum, prorated or not. */
const bound: Fits = (value) => {
  if (!boundFields(value)) return false;
  const { minimum, maximum, prorate } = value as {
    readonly minimum?: string;
    readonly maximum?: string;
    readonly prorate: { readonly minimum: boolean; readonly maximum: boolean };
  };
  if (minimum === undefined || maximum === undefined) return minimum !== maximum;
  return readDecimal(minimum)!.lte(maximum) && (prorate.minimum || !prorate.maximum);
};

const whole = objectOf({
  kind: oneOf('agreement'),
  id: counted,
  key: (value) => isText(value) && /^[^/]{1,200}$/.test(value),
  version: isNatural,
  service: isText,
  component: isText,
  currency: isChargedIn,
  account: counted,
  fromMs: instant,
  toMs: anyOf(nothing, instant),
  name: isText,
  terms: anyOf(discount, commitment, bound),
});

export const isAgreement = (change: Fields): boolean =>
  whole(change) && (change['toMs'] === null || (change['toMs'] as number) >= (change['fromMs'] as number));
