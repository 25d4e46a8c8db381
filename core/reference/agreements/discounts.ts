/** SPEC §9.3: discounts, by number. */
import type { AgreementRecord, DiscountTerms, DiscountTier } from '../../messages/agreement.ts';
import {
  above,
  fraction,
  fractionOf,
  isMore,
  lesser,
  nought,
  over,
  pico,
  plus,
  times,
  type Fraction,
} from '../prices/fraction.ts';
import { isAbout, picoOf, type Earlier, type IsBelow, type Item } from './period.ts';
import type { NodeRow } from './spend.ts';

/** Takes them off what is left of the items. */
export function takeDiscounts(
  items: readonly Item[],
  held: readonly AgreementRecord[],
  earlier: Earlier,
  isBelow: IsBelow,
): NodeRow[] {
  const rows: NodeRow[] = [];
  const discounts = held
    .flatMap((agreement) => (agreement.terms.kind === 'discount' ? [{ agreement, terms: agreement.terms }] : []))
    .sort((a, b) => a.terms.order - b.terms.order);
  for (const { agreement, terms } of discounts) {
    const { key, account } = agreement;
    const used = earlier.taken.get(key) ?? { periods: 0, amount: 0n };
    if (used.periods >= periodsOf(terms) || rows.some(({ by }) => terms.notWith?.includes(by))) continue;
    const own = items.filter((item) => item.left > 0n && isAbout(item, agreement, isBelow));
    const limits = [
      asked(terms, own),
      sum(own.map(({ left }) => left)),
      ...(terms.maximum === undefined ? [] : [picoOf(terms.maximum)]),
      ...(terms.maximumTotal === undefined ? [] : [picoOf(terms.maximumTotal) - used.amount]),
    ];
    const given = limits.reduce((a, b) => (b < a ? b : a));
    if (given <= 0n) continue;
    share(given, own);
    rows.push({ by: key, account, reason: 'discount', amount: -given });
  }
  return rows;
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

const periodsOf = ({ duration }: DiscountTerms): number =>
  duration.kind === 'forever' ? Infinity : duration.kind === 'once' ? 1 : duration.count;

/** In pico. */
function asked({ take, base: of }: DiscountTerms, own: readonly Item[]): bigint {
  if (take.kind === 'amount') return picoOf(take.amount);
  const base = units(sum(own.map((item) => (of === 'list' ? item.list : item.left))));
  if (!isMore(base, nought)) return 0n;
  if (take.kind === 'percent') return pico(times(base, percent(take.percent)));
  const measure = take.of === 'spend' ? base : units(sum(own.map(({ quantity }) => quantity)));
  return pico(times(base, take.reach === 'volume' ? reached(take.tiers, measure) : across(take.tiers, measure)));
}

const units = (amount: bigint): Fraction => fraction(amount, 10n ** 12n);
const percent = (text: string): Fraction => times(fractionOf(text), fraction(1n, 100n));

/** The rate of the first tier that holds it. */
const reached = (tiers: readonly DiscountTier[], measure: Fraction): Fraction =>
  percent(tiers.find(({ upTo }) => upTo === null || !isMore(measure, fractionOf(upTo)))!.percent);

/** What lies inside each tier at its rate, over all. */
function across(tiers: readonly DiscountTier[], measure: Fraction): Fraction {
  if (!isMore(measure, nought)) return nought;
  const parts = tiers.map(({ upTo, percent: rate }, i) => {
    const from = i === 0 ? nought : fractionOf(tiers[i - 1]!.upTo!);
    const to = upTo === null ? measure : lesser(measure, fractionOf(upTo));
    return times(above(to, from), percent(rate));
  });
  return over(parts.reduce(plus, nought), measure);
}

/** By what is left of each, largest remainder, ties to the lower id. */
function share(given: bigint, own: readonly Item[]): void {
  const whole = sum(own.map(({ left }) => left));
  const parts = own.map((item) => ({ item, part: (given * item.left) / whole, rest: (given * item.left) % whole }));
  const more = given - sum(parts.map(({ part }) => part));
  parts.sort((a, b) => (a.rest === b.rest ? (a.item.id < b.item.id ? -1 : 1) : a.rest > b.rest ? -1 : 1));
  for (const [i, { item, part }] of parts.entries()) item.left -= part + (BigInt(i) < more ? 1n : 0n);
}
