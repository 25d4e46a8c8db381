/** A prepaid wallet at the moment of use: what is included, then ordered money balances; how much of a request they carry. */
import { divideRounded, type Rational, type RoundingMode } from '../money/fixed.ts';
import { add, compare, divide, larger, multiply, ratio, roundTo, smaller, subtract, zero } from '../money/rational.ts';
import { exact } from '../fees/exact.ts';
import { assertSound, Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';
import { debitMoney, type MoneyBalance } from './moneyBalances.ts';

/** What usage costs: `rate` per `per` units, by started increments, and once a connection fee. Decimal text. */
export interface Rating {
  readonly connectFee: string;
  /** May be negative: usage that earns money. */
  readonly rate: string;
  readonly per: string;
  readonly increment: string;
  readonly round?: { readonly decimals: number; readonly mode: RoundingMode };
  /** Beyond it the rest is free. */
  readonly maximum?: string;
}

const ratingShape: Shape = {
  record: {
    connectFee: 'text',
    rate: 'text',
    per: 'text',
    increment: 'text',
    round: {
      optional: {
        record: {
          decimals: 'number',
          mode: { oneOf: ['halfEven', 'halfAwayFromZero', 'up', 'down', 'ceiling', 'floor'] },
        },
      },
    },
    maximum: { optional: 'text' },
  },
};

/** Every fault of a rating, which may be anything. Never throws. */
export function checkRating(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, ratingShape)) return check.problems;
  const rating = value as Rating;
  check.at('connectFee').decimal(rating.connectFee, 'notNegative');
  check.at('rate').decimal(rating.rate);
  check.at('per').decimal(rating.per, 'positive');
  check.at('increment').decimal(rating.increment, 'positive');
  if (rating.maximum !== undefined) check.at('maximum').decimal(rating.maximum, 'notNegative');
  if (rating.round === undefined) return check.problems;
  const { decimals } = rating.round;
  const isScale = Number.isInteger(decimals) && decimals >= 0 && decimals <= 12;
  check.at('round').at('decimals').that(isScale, decimals, '0 to 12', 'NUMBER_OUT_OF_RANGE');
  return check.problems;
}

/** Units that are included, at a rating of their own (usually 0). */
export interface UsageBalance {
  readonly id: string;
  readonly left: Rational;
  /** How far it may fall; null without limit. */
  readonly lowest: Rational | null;
  readonly rating: Rating;
}

export interface Wallet {
  /** In the order in which they are used. */
  readonly usage: readonly UsageBalance[];
  readonly money: readonly MoneyBalance[];
  /** What usage beyond the included units costs; absent: nothing is granted beyond them. */
  readonly fallback?: Rating;
}

export interface Draw {
  readonly request: string;
  /** `part`: as much as can be paid. `all`: all or nothing. `owe`: the usage has happened; what is not paid is owed. */
  readonly mode: 'part' | 'all' | 'owe';
  /** Ratings above it are not used. */
  readonly rateMax?: { readonly rate: string; readonly per: string };
}

export type Drawn =
  | {
      readonly enough: true;
      readonly granted: Rational;
      readonly cost: Rational;
      readonly owed: Rational;
      readonly wallet: Wallet;
    }
  | { readonly enough: false; readonly reason: 'INSUFFICIENT_CREDIT' };

/**
 * Draws a request on a wallet; the wallet given is not changed. Throws RangeError for ratings that were not checked and for a
 * request below 0.
 */
export function draw(wallet: Wallet, { request, mode, rateMax }: Draw): Drawn {
  for (const { id, rating } of wallet.usage) assertSound(`rating of ${id}`, rating, checkRating);
  if (wallet.fallback !== undefined) assertSound('rating', wallet.fallback, checkRating);
  let rest = exact(request);
  if (compare(rest, zero) < 0) throw new RangeError(`a request of ${request} is below 0`);
  let cost = zero;
  let owed = zero;
  let isConnected = false;
  let money = wallet.money;

  /** Pays for up to `wanted` units and tells how many were had. */
  const take = (rating: Rating, wanted: Rational): Rational => {
    if (compare(wanted, zero) <= 0 || (rateMax !== undefined && compare(pace(rating), pace(rateMax)) > 0)) return zero;
    const increment = exact(rating.increment);
    const { numerator, denominator } = divide(wanted, increment);
    let count = divideRounded(numerator, denominator, 'up');
    const costOf = (increments: bigint) => priceOf(rating, increments, isConnected);
    if (mode !== 'owe') count = mostAffordable(count, (n) => debitMoney(money, costOf(n), 'all') !== undefined);
    if (count === 0n) return zero;
    const price = costOf(count);
    const paid = debitMoney(money, price, 'part')!;
    money = paid.balances;
    owed = add(owed, paid.rest);
    cost = add(cost, price);
    isConnected = true;
    return smaller(wanted, multiply(increment, ratio(count)));
  };

  const usage = wallet.usage.map((balance) => {
    const room = balance.lowest === null ? rest : larger(zero, subtract(balance.left, balance.lowest));
    const taken = take(balance.rating, smaller(rest, room));
    rest = subtract(rest, taken);
    return { ...balance, left: subtract(balance.left, taken) };
  });
  if (wallet.fallback !== undefined) rest = subtract(rest, take(wallet.fallback, rest));
  if (mode === 'all' && compare(rest, zero) > 0) return { enough: false, reason: 'INSUFFICIENT_CREDIT' };
  return { enough: true, granted: subtract(exact(request), rest), cost, owed, wallet: { ...wallet, usage, money } };
}

export interface RefundedIncrement {
  /** Money that goes back to the first balance. */
  readonly money?: string;
  /** Units that go back to the balance they came from. */
  readonly usage?: { readonly id: string; readonly quantity: string };
}

/** Gives increments back to where they came from. Throws RangeError for a balance that the wallet has not. */
export function refundIncrements(wallet: Wallet, increments: readonly RefundedIncrement[]): Wallet {
  return increments.reduce((now, increment) => {
    const { usage } = increment;
    if (usage !== undefined && now.usage.every(({ id }) => id !== usage.id))
      throw new RangeError(`there is no balance ${usage.id}`);
    return {
      ...now,
      usage: now.usage.map((one) =>
        one.id === usage?.id ? { ...one, left: add(one.left, exact(usage.quantity)) } : one,
      ),
      money:
        increment.money === undefined
          ? now.money
          : debitMoney(now.money, subtract(zero, exact(increment.money)), 'part')!.balances,
    };
  }, wallet);
}

const pace = ({ rate, per }: { readonly rate: string; readonly per: string }): Rational =>
  divide(exact(rate), exact(per));

/** What so many increments cost, the connection fee with the first; nothing for none. */
function priceOf(rating: Rating, increments: bigint, isConnected: boolean): Rational {
  if (increments === 0n) return zero;
  const fee = multiply(multiply(pace(rating), exact(rating.increment)), ratio(increments));
  const sum = isConnected ? fee : add(fee, exact(rating.connectFee));
  const rounded = rating.round === undefined ? sum : roundTo(sum, rating.round.decimals, rating.round.mode);
  return rating.maximum === undefined ? rounded : smaller(rounded, exact(rating.maximum));
}

/** The greatest count that can be paid, by halving: prices do not fall as counts grow, unless usage earns money. */
function mostAffordable(wanted: bigint, canPay: (count: bigint) => boolean): bigint {
  if (canPay(wanted)) return wanted;
  let low = 0n;
  let high = wanted;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (canPay(middle)) low = middle;
    else high = middle;
  }
  return low;
}
