import type { DiscountTerms } from '../messages/agreement.ts';
import { compare } from '../money/rational.ts';
import { exact } from '../fees/exact.ts';
import { Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';

export type { DiscountTier } from '../messages/agreement.ts';

/** `id` is what other discounts name it by; its subtree is discounted, and it carries the row. */
export interface Discount extends Omit<DiscountTerms, 'kind'> {
  readonly id: string;
  readonly account: number;
  /** A period that overlaps [fromMs, toMs) is discounted. */
  readonly fromMs: number;
  readonly toMs: number | null;
}

export const discountsMax = 1000;

const texts: Shape = { list: 'text', max: 1000 };
const items: Shape = {
  optional: { record: { services: { optional: texts }, components: { optional: texts }, prices: { optional: texts } } },
};

/** The fields of a discount's terms. */
export const discountFields: Readonly<Record<string, Shape>> = {
  order: 'number',
  take: {
    kinds: {
      percent: { percent: 'text' },
      amount: { amount: 'text' },
      tiers: {
        of: { oneOf: ['spend', 'quantity'] },
        reach: { oneOf: ['graduated', 'volume'] },
        tiers: { list: { record: { upTo: { nullable: 'text' }, percent: 'text' } }, max: 100 },
      },
    },
  },
  base: { oneOf: ['list', 'left'] },
  only: items,
  except: items,
  notWith: { optional: texts },
  maximum: { optional: 'text' },
  maximumTotal: { optional: 'text' },
  duration: { kinds: { once: {}, periods: { count: 'number' }, forever: {} } },
};

const discountsShape: Shape = {
  list: {
    record: { id: 'text', account: 'account', ...discountFields, fromMs: 'number', toMs: { nullable: 'number' } },
  },
  max: discountsMax,
};

/** Every fault of the discounts that are in force together, which may be anything. Never throws. */
export function checkDiscounts(value: unknown): Problem[] {
  const check = new Check();
  const list = check.at('discounts');
  if (!list.shape(value, discountsShape)) return check.problems;
  const discounts = value as readonly Discount[];
  list.unique(discounts.map(({ id }) => id));
  const ids = new Set(discounts.map(({ id }) => id));
  discounts.forEach((discount, index) => {
    const here = list.at(index);
    checkOrder(here, discount, discounts.slice(0, index));
    here.span(discount);
    checkDiscount(here, discount);
    checkNames(here, discount, ids);
  });
  return check.problems;
}

/** What is wrong with the terms of one discount, whose fields are of their kinds. */
export function checkDiscount(here: Check, discount: Omit<DiscountTerms, 'kind'>): void {
  const { order, duration } = discount;
  here.at('order').that(Number.isInteger(order) && order >= 1, order, 'a whole number, 1 or more');
  for (const limit of ['maximum', 'maximumTotal'] as const)
    if (discount[limit] !== undefined) here.at(limit).decimal(discount[limit], 'notNegative');
  if (duration.kind === 'periods') {
    const { count } = duration;
    here
      .at('duration')
      .at('count')
      .that(Number.isInteger(count) && count >= 1, count, 'a whole number, 1 or more');
  }
  checkTake(here.at('take'), discount.take);
}

/** No other that is in force with it has its number. */
export function checkOrder(here: Check, { order }: Pick<Discount, 'order'>, others: readonly Discount[]): void {
  const twin = others.findLast((other) => other.order === order);
  here.at('order').that(twin === undefined, order, `a number that ${twin?.id ?? 'no other'} has not`, 'ID_TWICE');
}

/** What it excludes are other discounts. */
export function checkNames(here: Check, { id, notWith = [] }: Discount, ids: ReadonlySet<string>): void {
  for (const other of notWith)
    here.at('notWith').that(ids.has(other) && other !== id, other, 'the id of another discount', 'NAME_UNKNOWN');
}

function checkTake(check: Check, take: Discount['take']): void {
  if (take.kind === 'percent') check.at('percent').decimal(take.percent, 'percent');
  else if (take.kind === 'amount') check.at('amount').decimal(take.amount, 'notNegative');
  else {
    const tiers = check.at('tiers');
    tiers.that(take.tiers.at(-1)?.upTo === null, take.tiers.at(-1)?.upTo, 'a last tier without an end (upTo null)');
    take.tiers.forEach(({ upTo, percent }, index) => {
      tiers.at(index).at('percent').decimal(percent, 'percent');
      if (upTo === null) {
        tiers
          .at(index)
          .at('upTo')
          .that(index === take.tiers.length - 1, upTo, 'a number in all tiers but the last');
        return;
      }
      const before = take.tiers[index - 1]?.upTo ?? '0';
      if (tiers.at(index).at('upTo').decimal(upTo, 'positive'))
        tiers
          .at(index)
          .at('upTo')
          .that(compare(exact(upTo), exact(before)) > 0, upTo, `more than ${before}`, 'ORDER_WRONG');
    });
  }
}
