/** A resale chain in one tenant: provider → reseller → client, each step its own row from the same sample. */
import type { AmountPico } from '../money/fixed.ts';
import { add, compare, multiply, one, ratio } from '../money/rational.ts';
import { exact, ofAmount, percent, round12 } from '../fees/exact.ts';
import { assertSound, Check, type Problem } from '../fees/problems.ts';
import { ratePercentMax } from './commitment.ts';

/** One sale of the chain. `Tally` is whatever the price lists charge: what has been measured in the period. */
export interface ResaleStep<Tally> {
  readonly id: string;
  readonly seller: number;
  readonly buyer: number;
  readonly price:
    /** The seller's own list: a compiled price's charge. */
    | { readonly kind: 'list'; readonly charge: (tally: Tally) => AmountPico }
    /** What the seller pays, and so many percent on it (or off it, down to -100). */
    | { readonly kind: 'markup'; readonly percent: string };
}

export interface ResaleRow {
  readonly step: string;
  readonly seller: number;
  /** Owes the amount; the row stands on this account. */
  readonly buyer: number;
  readonly amount: AmountPico;
  /** What the seller keeps: the amount less that of the step before. */
  readonly margin: AmountPico;
}

export const resaleStepsMax = 8;

export function checkChain<Tally>(steps: readonly ResaleStep<Tally>[]): Problem[] {
  const check = new Check();
  const list = check.at('steps');
  const isCounted = steps.length >= 1 && steps.length <= resaleStepsMax;
  list.that(isCounted, steps.length, `1 to ${resaleStepsMax} steps`);
  list.unique(steps.map(({ id }) => id));
  const seen = new Set<number>(steps.slice(0, 1).map(({ seller }) => seller));
  steps.forEach(({ seller, buyer, price }, index) => {
    const here = list.at(index);
    const before = steps[index - 1];
    if (before !== undefined)
      here.at('seller').that(seller === before.buyer, seller, `${before.buyer}, who bought it in the step before`);
    here.at('buyer').that(!seen.has(buyer), buyer, 'an account that is not in the chain yet');
    seen.add(buyer);
    if (price.kind !== 'markup') return;
    here.at('price').that(index > 0, 'markup', 'a list in the first step: there is no charge to mark up');
    const at = here.at('price').at('percent');
    const isFair = () =>
      compare(exact(price.percent), ratio(-100n)) >= 0 && compare(exact(price.percent), ratio(ratePercentMax)) <= 0;
    if (at.decimal(price.percent))
      at.that(isFair(), price.percent, `from -100 to ${ratePercentMax}`, 'NUMBER_OUT_OF_RANGE');
  });
  return check.problems;
}

/** What each step charges for a tally. A markup is of the rounded charge, so that the buyer can check it. */
export function resaleCharges<Tally>(steps: readonly ResaleStep<Tally>[], tally: Tally): AmountPico[] {
  assertSound('resale chain', steps, (value) => checkChain(value as readonly ResaleStep<Tally>[]));
  const charges: AmountPico[] = [];
  for (const { price } of steps)
    charges.push(
      price.kind === 'list'
        ? price.charge(tally)
        : round12(multiply(ofAmount(charges.at(-1)!), add(one, percent(price.percent)))),
    );
  return charges;
}

/** The rows of one sample: the difference that it makes to each step. */
export function resaleRows<Tally>(steps: readonly ResaleStep<Tally>[], before: Tally, after: Tally): ResaleRow[] {
  const old = resaleCharges(steps, before);
  const now = resaleCharges(steps, after);
  const amounts = now.map((charge, index) => charge - old[index]!);
  return steps.map(({ id, seller, buyer }, index) => ({
    step: id,
    seller,
    buyer,
    amount: amounts[index]!,
    margin: amounts[index]! - (index === 0 ? 0n : amounts[index - 1]!),
  }));
}
