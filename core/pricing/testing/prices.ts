/** Price records and usage for the tests of pricing, from the plainest to any that may be approved. */
import type { PriceModel, PriceRecord } from '../../messages/price.ts';
import { nothing, type Cell, type Measures } from '../compiled.ts';

export const priceOf = (model: PriceModel, more: Partial<PriceRecord> = {}): PriceRecord => ({
  id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0,
  tallyScope: 'account', unit: { name: 'unit', numerator: '1', denominator: '1' }, allowance: '0', model, ...more,
}); // prettier-ignore

export interface Event {
  readonly quantity: bigint;
  /** 0 for a part cut off the event before it. */
  readonly events: 0n | 1n;
  /** What of its event came before a part; absent: of the event before it in the list. */
  readonly begun?: bigint;
}

/** What a cell has tallied after each event, from nothing on. */
export function tallied(cell: Cell, events: readonly Event[], start: Measures = nothing): Measures[] {
  let now = start;
  return withBegun(events).map((event) => {
    const value = cell.valueAfter(now, event.quantity, event.events, event.begun);
    now = { quantity: now.quantity + event.quantity, events: now.events + event.events, value };
    return now;
  });
}

/** Parts that know their event, so that they may come in any order. */
export function withBegun(events: readonly Event[]): Required<Event>[] {
  let begun = 0n;
  return events.map((event) => {
    const own = event.events === 1n ? 0n : (event.begun ?? begun);
    begun = own + event.quantity;
    return { ...event, begun: own };
  });
}
