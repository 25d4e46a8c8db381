/** SPEC §5.1, 5.4 and 3.5: tallies, and the amount that a quantity makes: the difference of two charges. */
import type { PriceRecord } from '../messages/control.ts';
import { chargeOf } from './charge.ts';
import type { Month } from './month.ts';
import { chargeMax, powerOfTen, tallyMax, zero, type Exact } from './number.ts';
import type { State, Tally, Tenant } from './state.ts';

/** A bound of §3.5 would be passed. The journal then takes back what was done. */
export class TooLarge extends Error {}

/** Where a quantity is tallied. `price` is `undefined` for usage that nothing prices yet. */
export interface Place {
  readonly account: number;
  readonly resource: string;
  readonly meter: string;
  readonly price: PriceRecord | undefined;
  readonly month: Month;
}

/** Each entry undoes one step. */
export type Journal = (() => void)[];

/** Takes back what the journal notes, newest first. */
export function takeBack(journal: Journal): void {
  for (const undo of journal.reverse()) undo();
}

/** Adds base units (integers of 10⁻ˢᶜᵃˡᵉ) to the tally of a place and returns what they cost. */
export function addToTally(
  state: State,
  tenant: Tenant,
  place: Place,
  startMs: number,
  quantity: Exact,
  journal: Journal,
): Exact {
  const tally = openTally(state, tenant, place, startMs, journal);
  const before = { quantity: tally.quantity, charged: tally.charged };
  journal.push(() => Object.assign(tally, before));
  tally.quantity = before.quantity.plus(quantity);
  const scale = tenant.meters.get(tally.meter)!.scale;
  if (tally.quantity.gte(tallyMax.times(powerOfTen(scale)))) throw new TooLarge();
  tally.charged = chargeOfTally(tenant, tally);
  if (tally.charged.gte(chargeMax)) throw new TooLarge();
  return tally.charged.minus(before.charged);
}

/** What a tally's rows must add up to: charge(carried + quantity) − charge(carried). */
export function chargeOfTally(tenant: Tenant, tally: Tally): Exact {
  if (tally.price === 0) return zero;
  const price = tenant.prices.get(tally.price)!;
  const scale = tenant.meters.get(tally.meter)!.scale;
  return chargeOf(price, scale, tally.carried.plus(tally.quantity)).minus(chargeOf(price, scale, tally.carried));
}

/** The tally of a place, begun at `startMs` where there is none. */
export function openTally(state: State, tenant: Tenant, place: Place, startMs: number, journal: Journal): Tally {
  const resource = place.price?.tallyScope === 'resource' ? place.resource : '';
  const price = place.price?.id ?? 0;
  const key = tallyKey(tenant.record.id, place.account, price, place.meter, resource, place.month.startMs);
  const found = state.tallies.get(key);
  if (found !== undefined) return found;
  const tally: Tally = {
    tenant: tenant.record.id,
    account: place.account,
    resource,
    price,
    meter: place.meter,
    month: place.month,
    firstMs: startMs,
    carried: place.price === undefined ? zero : carriedInto(state, tenant, place, place.price, resource),
    quantity: zero,
    charged: zero,
  };
  state.tallies.set(key, tally);
  journal.push(() => state.tallies.delete(key));
  return tally;
}

/** The position that the version before had reached in the same account, scope and month. */
function carriedInto(state: State, tenant: Tenant, place: Place, price: PriceRecord, resource: string): Exact {
  const before = [...tenant.prices.values()]
    .filter((other) => other.version < price.version && isContinuedBy(other, price))
    .sort((a, b) => b.version - a.version)
    .map(({ id }) =>
      state.tallies.get(tallyKey(tenant.record.id, place.account, id, place.meter, resource, place.month.startMs)),
    )
    .find((tally) => tally !== undefined);
  return before === undefined ? zero : before.carried.plus(before.quantity);
}

function isContinuedBy(a: PriceRecord, b: PriceRecord): boolean {
  const terms = (price: PriceRecord) =>
    JSON.stringify([price.key, price.meter, price.model.kind, price.unit.name, price.tallyScope]);
  return terms(a) === terms(b);
}

export function tallyKey(
  tenant: string,
  account: number,
  price: number,
  meter: string,
  resource: string,
  monthStartMs: number,
): string {
  return `${tenant} ${account} ${price} ${meter} ${monthStartMs} ${resource}`;
}
