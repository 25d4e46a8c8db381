/** SPEC §8.1: what the events of a cell cost, from nothing. */
import type { LeafModel, PriceRecord } from '../messages/price.ts';
import { leafOf } from './prices/cells.ts';
import {
  above,
  fraction,
  fractionOf,
  isMore,
  nought,
  pico,
  plus,
  rounded,
  times,
  type Fraction,
} from './prices/fraction.ts';
import { leafSteps, type Step } from './prices/leaf.ts';
import { isEventCharged, note, nothingNoted, roundedBy, total, type Noted, type UsageEvent } from './prices/noted.ts';

/** What a cell's events add up to, one after the other in the order of the log. */
export function notedOf(price: PriceRecord, cell: string, scale: number, events: readonly UsageEvent[]): Noted {
  const leaf = leafOf(price.model, cell);
  return events.reduce((before, event) => note(price, leaf, scale, before, event), nothingNoted);
}

/** The charge in pico: the sum of the steps. `carriedOver` is free beside the allowance (12.5). */
export function chargeOf(price: PriceRecord, cell: string, scale: number, noted: Noted, carriedOver = nought): bigint {
  return sumOf(stepsOf(price, cell, scale, noted, carriedOver));
}

const sumOf = (steps: readonly Step[]): bigint => steps.reduce((sum, step) => sum + step.pico, 0n);

export function stepsOf(price: PriceRecord, cell: string, scale: number, noted: Noted, carriedOver = nought): Step[] {
  const leaf = leafOf(price.model, cell);
  const billed = billedOf(price, scale, noted);
  if (billed === undefined) return [];
  const steps = leafSteps(leaf, above(billed, plus(allowanceOf(price, leaf), carriedOver)), noted);
  return capped(price, discounted(price, steps));
}

/** 8.1, 1–4: what the allowance is taken off; `undefined` within the threshold. */
export function billedOf(price: PriceRecord, scale: number, noted: Noted): Fraction | undefined {
  const tallied = total(price, scale, noted);
  const rule = price.quantity;
  if (rule?.threshold !== undefined && !isMore(tallied, fractionOf(rule.threshold))) return undefined;
  return rule?.at === 'tally' ? roundedBy(rule, tallied) : tallied;
}

/** An event-charged model has free parts of its own. */
function allowanceOf(price: PriceRecord, leaf: LeafModel) {
  return fractionOf(isEventCharged(leaf) ? '0' : price.allowance);
}

function discounted({ discountPercent }: PriceRecord, steps: readonly Step[]): Step[] {
  if (discountPercent === undefined) return [...steps];
  const share = times(fraction(sumOf(steps), 100n), fractionOf(discountPercent));
  return [...steps, { label: 'discount', pico: -rounded(share, 'halfEven') }];
}

function capped({ maximum }: PriceRecord, steps: readonly Step[]): Step[] {
  if (maximum === undefined) return [...steps];
  const beyond = sumOf(steps) - pico(fractionOf(maximum));
  return beyond > 0n ? [...steps, { label: 'maximum', pico: -beyond }] : [...steps];
}
