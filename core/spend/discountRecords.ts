import { compare } from '../money/rational.ts';
import { exact } from '../fees/exact.ts';
import { Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';

/** Named items; a line is one of them when any list names it. */
export interface Items {
  readonly services?: readonly string[];
  readonly components?: readonly string[];
  readonly prices?: readonly string[];
}

export interface DiscountTier {
  /** Inclusive, in currency units or priced units; null closes the list. */
  readonly upTo: string | null;
  readonly percent: string;
}

export interface Discount {
  readonly id: string;
  /** Place in the stack: 1 is taken first. No two discounts share a number. */
  readonly order: number;
  /** Its subtree is discounted; it carries the row. */
  readonly account: number;
  readonly take:
    | { readonly kind: 'percent'; readonly percent: string }
    | { readonly kind: 'amount'; readonly amount: string }
    /** `graduated`: each tier discounts what lies inside it; `volume`: the tier reached discounts all. */
    | {
        readonly kind: 'tiers';
        readonly of: 'spend' | 'quantity';
        readonly reach: 'graduated' | 'volume';
        readonly tiers: readonly DiscountTier[];
      };
  /** What a percentage is of: the price list (discounts add up), or what earlier ones left (they multiply). */
  readonly base: 'list' | 'left';
  readonly only?: Items;
  readonly except?: Items;
  /** Ids of discounts beside which it is not given, when they took something before it. */
  readonly notWith?: readonly string[];
  /** Most that it takes in a period, and in all. */
  readonly maximum?: string;
  readonly maximumTotal?: string;
  /** In how many periods it may take something. */
  readonly duration:
    { readonly kind: 'once' } | { readonly kind: 'periods'; readonly count: number } | { readonly kind: 'forever' };
  /** A period that overlaps [fromMs, toMs) is discounted. */
  readonly fromMs: number;
  readonly toMs: number | null;
}

export const discountsMax = 1000;

const texts: Shape = { list: 'text', max: 1000 };
const items: Shape = {
  optional: { record: { services: { optional: texts }, components: { optional: texts }, prices: { optional: texts } } },
};

const discountsShape: Shape = {
  list: {
    record: {
      id: 'text',
      order: 'number',
      account: 'account',
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
      fromMs: 'number',
      toMs: { nullable: 'number' },
    },
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
  const orders = new Map<number, string>();
  const ids = new Set(discounts.map(({ id }) => id));
  discounts.forEach((discount, index) => {
    const here = list.at(index);
    const { order, duration } = discount;
    here.at('order').that(Number.isInteger(order) && order >= 1, order, 'a whole number, 1 or more');
    here
      .at('order')
      .that(!orders.has(order), order, `a number that ${orders.get(order) ?? 'no other'} has not`, 'ID_TWICE');
    orders.set(order, discount.id);
    here.span(discount);
    for (const limit of ['maximum', 'maximumTotal'] as const)
      if (discount[limit] !== undefined) here.at(limit).decimal(discount[limit], 'notNegative');
    if (duration.kind === 'periods') {
      const { count } = duration;
      here
        .at('duration')
        .at('count')
        .that(Number.isInteger(count) && count >= 1, count, 'a whole number, 1 or more');
    }
    for (const other of discount.notWith ?? [])
      here
        .at('notWith')
        .that(ids.has(other) && other !== discount.id, other, 'the id of another discount', 'NAME_UNKNOWN');
    checkTake(here.at('take'), discount.take);
  });
  return check.problems;
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
