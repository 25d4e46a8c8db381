/** SPEC §5.1, 5.4, 3.5 and 8.5: tallies, and the amount that an event makes: the difference of two charges. */
import type { MeterRecord, PriceRecord } from '../messages/control.ts';
import { contributionOf, keptMax, type Contribution, type Kept, type Part } from './aggregation.ts';
import { limitOf } from './distinct.ts';
import { carriedInto, nothingCarried, takenFrom } from './carry.ts';
import type { Span } from './calendar.ts';
import { chargeMax, powerOfTen, tallyMax, whole, zero, type Exact } from './number.ts';
import { leafOf } from './prices/cells.ts';
import { note, type Noted, type UsageEvent } from './prices/noted.ts';
import { rolledAtOpening } from './rollover.ts';
import type { State, Tally, Tenant } from './state.ts';
import { chargeOfTally, mayAnyOwe, owedLate } from './tallyCharge.ts';

/** A bound of §3.5 would be passed. The journal then takes back what was done. */
export class TooLarge extends Error {}

/** Where a quantity is tallied. `price` is `undefined` for usage that nothing prices yet. */
export interface Place {
  /** Whose the tally is, and whose the row. */
  readonly account: number;
  readonly owner: number;
  readonly resource: string;
  readonly meter: string;
  readonly price: PriceRecord | undefined;
  /** "" for a price without cells, and without a price. */
  readonly cell: string;
  readonly period: Span;
}

/** Each entry undoes one step. */
export type Journal = (() => void)[];

/** Takes back what the journal notes, newest first. */
export function takeBack(journal: Journal): void {
  for (const undo of journal.reverse()) undo();
}

/** What a row says: quantity in tally units, and what it costs. */
export interface Growth {
  readonly quantity: Exact;
  readonly amount: Exact;
}

/** Tallies the part of a sample. */
export function addToTally(
  state: State,
  tenant: Tenant,
  place: Place,
  startMs: number,
  part: Part,
  journal: Journal,
): Growth {
  const tally = openTally(state, tenant, place, startMs, journal, part.sample[4]);
  // What came before is charged by the terms in force first: the sample's row is the sample's. It stays when that is refused.
  const amount = mayAnyOwe(state) ? owedLate(tenant, tally) : zero;
  if (!amount.isZero()) state.late.push({ tally, amount });
  tally.charged = tally.charged.plus(amount);
  const meter = tenant.meters.get(tally.meter)!;
  const growth = grow(tenant, tally, place.owner, contributionOf(meter, tally, part), journal);
  state.history.came(tenant.record.id, meter, keyOf(tally), part, journal);
  return growth;
}

/** Adds one event, and what the aggregation keeps besides. */
export function grow(
  tenant: Tenant,
  tally: Tally,
  owner: number,
  contribution: Contribution,
  journal: Journal,
): Growth {
  const { event, fresh, ...kept } = contribution;
  const before = { ...tally };
  for (const value of fresh) tally.values.add(value);
  journal.push(() => {
    Object.assign(tally, before);
    for (const value of fresh) tally.values.delete(value);
  });
  const meter = tenant.meters.get(tally.meter)!;
  if (!hasRoom(meter, { ...tally, ...kept })) throw new TooLarge();
  const { scale } = meter;
  const quantity = whole(event.quantity);
  Object.assign(tally, { ...kept, quantity: tally.quantity.plus(quantity), noted: noted(tenant, tally, event) });
  if (tally.quantity.gte(tallyMax.times(powerOfTen(scale)))) throw new TooLarge();
  tally.charged = chargeOfTally(tenant, tally);
  if (tally.charged.abs().gte(chargeMax)) throw new TooLarge();
  const growth = { quantity, amount: tally.charged.minus(before.charged) };
  if (tenant.prices.get(tally.price)?.tallyScope === 'subtree') addToMember(tally, owner, growth, journal);
  return growth;
}

/** 5.6: what of a pool fell to the account whose the row is. */
export function addToMember({ members }: Tally, owner: number, { quantity, amount }: Growth, journal: Journal): void {
  const before = members.get(owner);
  members.set(owner, {
    quantity: quantity.plus(before?.quantity ?? zero),
    amount: amount.plus(before?.amount ?? zero),
  });
  journal.push(() => (before === undefined ? members.delete(owner) : members.set(owner, before)));
}

/** 8.6: how much a tally keeps. */
function hasRoom(meter: MeterRecord, { values, hashes, slots, samples }: Kept): boolean {
  const isCountable = hashes !== undefined || values.size <= limitOf(meter).upTo;
  const isFew = samples.length <= (meter.samples?.countMax ?? 0);
  return isCountable && isFew && [...slots.values(), ...samples].every((kept) => kept < keptMax);
}

function noted(tenant: Tenant, tally: Tally, event: UsageEvent): Noted {
  const price = tenant.prices.get(tally.price);
  if (price === undefined) return { ...tally.noted, quantity: tally.noted.quantity + event.quantity };
  return note(price, leafOf(price.model, tally.cell), tenant.meters.get(tally.meter)!.scale, tally.noted, event);
}

/** The tally of a place, begun at `startMs` where there is none, by the sample of that index in its batch if it is one. */
export function openTally(
  state: State,
  tenant: Tenant,
  place: Place,
  startMs: number,
  journal: Journal,
  index = Number.MAX_SAFE_INTEGER,
): Tally {
  const { account, price, meter, cell, period } = place;
  const resource = price?.tallyScope === 'resource' ? place.resource : '';
  const shared = tallyKey(tenant.record.id, account, price?.id ?? 0, meter, resource, period.startMs, '');
  const found = state.tallies.get(shared + cell);
  if (found !== undefined) return found;
  takeCell(state, shared, place, journal);
  const carried = price === undefined ? nothingCarried() : carriedInto(state, tenant, { ...place, resource }, price);
  const tally: Tally = {
    tenant: tenant.record.id, account, resource, price: price?.id ?? 0, meter, cell, period, firstMs: startMs,
    carried: carried.noted, ...carried, rolled: price === undefined ? [] : rolledAtOpening(state, tenant, { ...place, resource }, price), quantity: zero, charged: zero,
    members: new Map(), from: price === undefined ? undefined : takenFrom(state, tenant, { ...place, resource }, price, index),
  }; // prettier-ignore
  state.tallies.set(shared + cell, tally);
  journal.push(() => state.tallies.delete(shared + cell));
  return tally;
}

/** 8.5: a price takes so many groups and no more. */
function takeCell(state: State, shared: string, { price, cell }: Place, journal: Journal): void {
  if (price?.model.kind !== 'grouped') return;
  const cells = state.cells.get(shared) ?? new Set();
  if (cells.size >= price.model.groupsMax) throw new TooLarge();
  state.cells.set(shared, cells.add(cell));
  journal.push(() => cells.delete(cell));
}

export const keyOf = ({ tenant, account, price, meter, resource, period, cell }: Tally): string =>
  tallyKey(tenant, account, price, meter, resource, period.startMs, cell);

/** The cell stands last: what comes before it is shared by the cells of a price. */
export function tallyKey(
  tenant: string,
  account: number,
  price: number,
  meter: string,
  resource: string,
  periodStartMs: number,
  cell: string,
): string {
  return `${tenant} ${account} ${price} ${meter} ${periodStartMs} ${resource} ${cell}`;
}
