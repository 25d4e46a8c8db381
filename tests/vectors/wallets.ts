/** The product's wallets for the fields of a vector: what a request draws on included units and money is drawn by them. */
import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { one, sum, zero } from '#core/money/rational.ts';
import { requireRounding } from '#core/quantity/rounding.ts';
import type { MoneyBalance } from '#core/credits/moneyBalances.ts';
import { draw, type Draw, type Drawn, type Rating, type UsageBalance, type Wallet } from '#core/credits/wallet.ts';
import { decimal, maybe } from './fields.ts';
import { text } from './price.ts';

/** `rate` per `per_s`, by started increments, once a connection fee. */
export const ratingFields = {
  connect_fee: maybe(decimal),
  rate: decimal,
  per_s: maybe(decimal),
  per_units: maybe(decimal),
  increment_s: maybe(decimal),
};
type RatingFields = z.output<z.ZodObject<typeof ratingFields>>;

export const free: Rating = { connectFee: '0', rate: '0', per: '1', increment: '1' };

/** What costs `fee` for each started increment. */
export const byIncrement = (fee: Rational, increment: Rational = one): Rating => ({
  ...free,
  rate: text(fee),
  per: text(increment),
  increment: text(increment),
});

export const ratingOf = ({ connect_fee, rate, per_s, per_units, increment_s }: RatingFields): Rating => ({
  connectFee: text(connect_fee ?? zero),
  rate: text(rate),
  per: text(per_s ?? per_units ?? one),
  increment: text(increment_s ?? one),
});

/** "*up 2": the way and the decimals in which a price is rounded. */
export const roundText = z.string().regex(/^\S+ \d+$/);
export function rounded(rating: Rating, round: string | undefined): Rating {
  if (round === undefined) return rating;
  const [method = '', decimals = ''] = round.split(' ');
  const mode = requireRounding(method);
  if (mode === 'none') return rating;
  if (mode === 'halfTowardsZero') throw new RangeError('a price does not round half down');
  return { ...rating, round: { decimals: Number(decimals), mode } };
}

/** Money that falls to `lowest`; null without limit. */
export const money = (id: string, units: Rational, lowest: Rational | null = zero, factor = one): MoneyBalance => ({
  id,
  units,
  factor,
  lowest,
});

export const included = (id: string, left: Rational, rating: Rating, lowest: Rational | null = zero): UsageBalance => ({
  id,
  left,
  lowest,
  rating,
});

/** Draws, or refuses as the product does. */
export function drawn(wallet: Wallet, request: Draw): Extract<Drawn, { readonly enough: true }> {
  const result = draw(wallet, request);
  if (!result.enough) throw new RangeError(result.reason);
  return result;
}

export const total = (balances: readonly MoneyBalance[]): Rational => sum(balances.map(({ units }) => units));
