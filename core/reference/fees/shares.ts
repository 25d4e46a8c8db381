/** Largest remainder: whole parts by weight that add up to the amount; what is left goes to the largest remainders, the first of equals first. */
import { fraction, fractionOf, isMore, over, plus, times, type Fraction } from '../prices/fraction.ts';

export function sharesOf(amount: bigint, weights: readonly string[]): bigint[] {
  const size = amount < 0n ? -amount : amount;
  const all = weights.map(fractionOf).reduce(plus);
  const exact = weights.map((weight) => over(times(fraction(size), fractionOf(weight)), all));
  const whole = exact.map(({ top, bottom }) => top / bottom);
  const rest = (i: number): Fraction => fraction(exact[i]!.top % exact[i]!.bottom, exact[i]!.bottom);
  const places = weights.map((_, i) => i).sort((a, b) => (isMore(rest(a), rest(b)) ? -1 : isMore(rest(b), rest(a)) ? 1 : a - b)); // prettier-ignore
  const left = Number(size - whole.reduce((sum, part) => sum + part, 0n));
  for (const place of places.slice(0, left)) whole[place]! += 1n;
  return amount < 0n ? whole.map((part) => -part) : whole;
}
