/** SPEC §9.1.9: the shape of a fee, field by field; a field that is not named here is a fault. */
import type { FeeRecord, FeeTerms } from '../../messages/fee.ts';
import { isListOf, isNatural, isObject, isText, type Fields } from '../body.ts';
import { isFeeCalendar } from './calendarShape.ts';
import { isChargedIn } from '../pricingUnit.ts';
import { isOneOf } from '../prices/figures.ts';
import {
  fraction,
  fractionOf,
  greater,
  isMore,
  minus,
  nought,
  over,
  plus,
  times,
  type Fraction,
} from '../prices/fraction.ts';

type Recurring = Extract<FeeTerms, { kind: 'recurring' }>;
type Test = (value: unknown) => boolean;

export function isFee({ kind: _, ...fee }: Fields): boolean {
  return has(
    fee,
    {
      id: isCount, key: isName, version: isCount, service: isName, component: isName, currency: isChargedIn, account: isCount,
      calendar: isFeeCalendar, terms: isTerms,
    },
    { allocation: isAllocation, plan: isText, contract: isText },
  ); // prettier-ignore
}

/** An object with all of these fields, some of those, and no others. */
export function has(value: unknown, needed: Record<string, Test>, extra: Record<string, Test> = {}): value is Fields {
  if (!isObject(value)) return false;
  const isGiven = (name: string) => value[name] !== undefined;
  return (
    Object.keys(value).every((name) => Object.hasOwn(needed, name) || Object.hasOwn(extra, name)) &&
    Object.entries(needed).every(([name, test]) => test(value[name])) &&
    Object.entries(extra).every(([name, test]) => !isGiven(name) || test(value[name]))
  );
}

const isCount: Test = (value) => isNatural(value) && value > 0;
const isName: Test = (value) => isText(value) && value.length > 0 && value.length <= 200;
const isFlag: Test = (value) => typeof value === 'boolean';
const isInstant: Test = (value) => isNatural(value) && value <= 9_999_999_999_999;
const among = (...words: readonly string[]): Test => (value) => isOneOf(value, ...words); // prettier-ignore
const upTo = (most: number, test: Test): Test => (value) => isListOf(value, test) && value.length <= most; // prettier-ignore
const isBetween = (value: unknown, least: number, most: number) => isNatural(value) && value >= least && value <= most;

/** Decimal text below 10¹⁵ with at most 12 decimals. */
function figure(value: unknown): Fraction | undefined {
  if (!isText(value) || value.length > 60 || !/^-?\d{1,40}(\.\d{1,12})?$/.test(value)) return undefined;
  const read = fractionOf(value);
  const size = read.top < 0n ? -read.top : read.top;
  return size < 10n ** 15n * read.bottom ? read : undefined;
}
const isAny: Test = (value) => figure(value) !== undefined;
const isNotNegative: Test = (value) => (figure(value)?.top ?? -1n) >= 0n;
const isPositive: Test = (value) => (figure(value)?.top ?? 0n) > 0n;
const isPercent: Test = (value) => isNotNegative(value) && !isMore(figure(value)!, fraction(100n));

function isTerms(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, ...terms } = value;
  switch (kind) {
    case 'recurring':
      return isRecurring(terms) && isBounded(terms as unknown as Recurring);
    case 'oneTime':
      return has(terms, { amount: isAny, atMs: isInstant });
    case 'installments':
      return areInstallments(terms);
    default:
      return false;
  }
}

const isAllocation: Test = (value) => {
  if (!upTo(20, (share) => has(share, { service: isName, component: isName, weight: isNotNegative }))(value)) return false;
  const shares = value as NonNullable<FeeRecord['allocation']>;
  const names = shares.map(({ service, component }) => JSON.stringify([service, component]));
  return new Set(names).size === names.length && shares.some(({ weight }) => isPositive(weight));
}; // prettier-ignore

function areInstallments(terms: Fields): boolean {
  const isDecimals: Test = (value) => isBetween(value, 0, 12);
  const list = upTo(1200, isInstant);
  const shape = { total: isPositive, dueAtMs: list, decimals: isDecimals, onEnd: among('due', 'lapse') };
  if (!has(terms, shape, { weights: upTo(1200, isPositive), endMs: isInstant })) return false;
  const [dates, weights] = [terms['dueAtMs'] as readonly number[], terms['weights'] as readonly string[] | undefined];
  const parts = times(figure(terms['total'])!, fraction(10n ** BigInt(terms['decimals'] as number)));
  return ascend(dates) && parts.bottom === 1n && (weights === undefined || weights.length === dates.length);
}

const ascend = (instants: readonly number[]) =>
  instants.length > 0 && instants.slice(1).every((instant, i) => instant > instants[i]!);

function dated(field: string, test: Test): Test {
  const list = upTo(1000, (entry) => has(entry, { fromMs: isInstant, [field]: test }));
  return (value) => list(value) && ascend((value as readonly { fromMs: number }[]).map(({ fromMs }) => fromMs));
}

function isRecurring(terms: Fields): boolean {
  return has(
    terms,
    {
      terms: among('advance', 'arrears'), proration: among('second', 'day', 'none'), onDecrease: among('credit', 'keep'),
      term: isTerm, amounts: dated('amount', isNotNegative),
    },
    { quantities: dated('quantity', isNotNegative), uplift: isUplift },
  ); // prettier-ignore
}

function isTerm(value: unknown): boolean {
  const isEnd: Test = (end) => end === null || isInstant(end);
  const isPause: Test = (pause) => has(pause, { fromMs: isInstant, toMs: isInstant });
  const shape = { fromMs: isInstant, toMs: isEnd, pauses: upTo(1000, isPause) };
  if (!has(value, shape, { trialEndMs: isInstant, handedOver: isFlag })) return false;
  const { fromMs, toMs, trialEndMs, handedOver, pauses } = value as unknown as Recurring['term'];
  return (
    (toMs === null ? handedOver !== true : toMs >= fromMs) &&
    (trialEndMs === undefined || trialEndMs >= fromMs) &&
    pauses.every((pause, i) => pause.toMs >= pause.fromMs && (i === 0 || pause.fromMs >= pauses[i - 1]!.toMs))
  );
}

const modes = ['halfEven', 'halfAwayFromZero', 'halfTowardsZero', 'up', 'down', 'ceiling', 'floor'];
const isRound: Test = (value) =>
  has(value, { decimals: (decimals) => isBetween(decimals, 0, 12), mode: among(...modes) });

function isUplift(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, ...uplift } = value;
  const isPoints: Test = (points) =>
    upTo(1000, (point) => has(point, { fromMs: isInstant, value: isPositive, source: isText }))(points) &&
    ascend((points as readonly { fromMs: number }[]).map(({ fromMs }) => fromMs));
  if (kind === 'indexed')
    return has(uplift, { base: isPositive, points: isPoints }, { share: isPercent, round: isRound });
  const isMonths: Test = (months) => isBetween(months, 1, 120);
  const shape = { fromMs: isInstant, everyMonths: isMonths, percent: isAny, compounding: isFlag };
  if (kind !== 'scheduled' || !has(uplift, shape, { round: isRound })) return false;
  const percent = figure(uplift['percent'])!;
  if (uplift['compounding'] === false) return !(uplift['percent'] as string).startsWith('-');
  return !isMore(fraction(-100n), percent) && !isMore(percent, fraction(1000n));
}

const one = fraction(1n);

/** The greatest amount, at the greatest quantity and the greatest factor of its uplift, is below 10¹⁸. */
function isBounded({ amounts, quantities = [], uplift, term }: Recurring): boolean {
  const most = (figures: readonly string[]) => figures.map(fractionOf).reduce(greater, one);
  const rate = times(most(amounts.map(({ amount }) => amount)), most(quantities.map(({ quantity }) => quantity)));
  const factor = uplift === undefined ? one : greatestFactor(uplift, term.toMs ?? 9_999_999_999_999);
  return isMore(fraction(10n ** 18n), times(rate, factor));
}

function greatestFactor(uplift: NonNullable<Recurring['uplift']>, untilMs: number): Fraction {
  const hundredth = (text: string) => over(fractionOf(text), fraction(100n));
  if (uplift.kind === 'indexed') {
    const changes = uplift.points.map(({ value }) => minus(over(fractionOf(value), fractionOf(uplift.base)), one));
    return changes.map((change) => plus(one, times(hundredth(uplift.share ?? '100'), change))).reduce(greater, one);
  }
  const rise = greater(nought, hundredth(uplift.percent));
  const lengthMs = uplift.everyMonths * 28 * 86_400_000;
  const rises = Math.min(480, Math.max(0, Math.floor((untilMs - uplift.fromMs) / lengthMs)));
  if (!uplift.compounding) return plus(one, times(fraction(BigInt(rises)), rise));
  const { top, bottom } = plus(one, rise);
  return { top: top ** BigInt(rises), bottom: bottom ** BigInt(rises) };
}
