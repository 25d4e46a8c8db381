/** Price records and usage for the tests of pricing, from the plainest to any that may be approved. */
import type { PriceModel, PriceRecord } from '../../messages/price.ts';
import { nothing, type Cell, type Measures } from '../compiled.ts';

export const priceOf = (model: PriceModel, more: Partial<PriceRecord> = {}): PriceRecord => ({
  id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0,
  tallyScope: 'account', unit: { name: 'unit', numerator: '1', denominator: '1' }, allowance: '0', model, ...more,
}); // prettier-ignore

export interface Event {
  readonly quantity: bigint;
  /** 0 for a part cut off an event. */
  readonly events: 0n | 1n;
}

/** What a cell has tallied after each event, from nothing on. */
export function tallied(cell: Cell, events: readonly Event[], start: Measures = nothing): Measures[] {
  let now = start;
  return events.map((event) => {
    const value = cell.valueAfter(now, event.quantity, event.events);
    now = { quantity: now.quantity + event.quantity, events: now.events + event.events, value };
    return now;
  });
}
