/** SPEC §8.2 and 8.5: what a price in shape must not combine, for it could not be charged. */
import type { LeafModel, PriceModel, PriceRecord, Weekday } from '../../messages/price.ts';
import { decimal } from '../number.ts';
import { leavesOf } from './cells.ts';
import { isEventCharged } from './noted.ts';

export function isSound(price: PriceRecord): boolean {
  const leaves = leavesOf(price.model);
  if (price.model.kind === 'spot' && (price.rollover !== undefined || price.prorate !== undefined)) return false;
  const isPool = price.tallyScope === 'subtree';
  if (isPool ? price.account === 0 : price.split !== undefined) return false;
  return leaves.every((leaf) => hasWholeEvents(leaf) && fits(price, leaf)) && !overlap(price.model);
}

function hasWholeEvents(leaf: LeafModel): boolean {
  return leaf.kind !== 'percentage' || leaf.freeEvents === undefined || /^\d+$/.test(leaf.freeEvents);
}

/** What is owed is settled with each event: nothing can be taken off the whole, nor the whole be rounded. */
function fits({ allowance, quantity, rollover }: PriceRecord, leaf: LeafModel): boolean {
  if (!isEventCharged(leaf)) return true;
  if (!decimal(allowance).isZero() || rollover !== undefined) return false;
  if (quantity === undefined) return true;
  return quantity.at === 'event' && quantity.threshold === undefined && !isPartlyFree(leaf);
}

/** Whether it depends on the events before what an event owes. */
export function isPartlyFree(leaf: LeafModel): boolean {
  if (leaf.kind !== 'percentage' || !isEventCharged(leaf)) return false;
  return leaf.free === 'whicheverFirst' || leaf.freeEvents !== undefined || leaf.freeValue !== undefined;
}

/** Whether two bands hold the same minute of a weekday. */
function overlap(model: PriceModel): boolean {
  if (model.kind !== 'schedule') return false;
  const held = model.bands.flatMap(({ days, from, to }) => days.map((day: Weekday) => ({ day, from, to })));
  return held.some((a, i) => held.slice(0, i).some((b) => a.day === b.day && a.from < b.to && b.from < a.to));
}
