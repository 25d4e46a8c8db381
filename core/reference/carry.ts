/** SPEC §5.4 and 8.5: what a new version of a price takes over from the version before, cell by cell. */
import type { PriceRecord } from '../messages/control.ts';
import type { Kept } from './aggregation.ts';
import { leafOf } from './prices/cells.ts';
import { nothingNoted } from './prices/noted.ts';
import type { State, Tally, Tenant } from './state.ts';
import { tallyKey, type Place } from './tallies.ts';

export type Carried = Kept & Pick<Tally, 'noted'>;

export const nothingCarried = (): Carried => ({
  noted: nothingNoted,
  newest: undefined,
  values: new Set(),
  hashes: undefined,
  slots: new Map(),
  samples: [],
});

/** The position that the version before had reached in the same account, scope, cell and period. */
export function carriedInto(state: State, tenant: Tenant, place: Place, price: PriceRecord): Carried {
  const before = tallyBefore(state, tenant, place, price);
  if (before === undefined) return nothingCarried();
  const { noted, newest, values, hashes, slots, samples } = before;
  return { noted, newest, values: new Set(values), hashes, slots, samples };
}

/** From where, and up to which sample, the position is taken (16.4). */
export function takenFrom(
  state: State,
  tenant: Tenant,
  place: Place,
  price: PriceRecord,
  index: number,
): Tally['from'] {
  const before = tallyBefore(state, tenant, place, price);
  if (before === undefined) return undefined;
  const { account, price: id, meter, resource, period, cell } = before;
  const key = tallyKey(tenant.record.id, account, id, meter, resource, period.startMs, cell);
  return { key, usageSeq: state.usageSeq, index, order: state.history.order };
}

/** The tally of the version before, in the same account, scope, cell and period. */
export function tallyBefore(state: State, tenant: Tenant, place: Place, price: PriceRecord): Tally | undefined {
  if (price.onVersion === 'restart') return undefined;
  const { account, meter, resource, cell, period } = place;
  return [...tenant.prices.values()]
    .filter((other) => other.version < price.version && isContinuedBy(other, price, cell))
    .sort((a, b) => b.version - a.version)
    .map(({ id }) => state.tallies.get(tallyKey(tenant.record.id, account, id, meter, resource, period.startMs, cell)))
    .find((tally) => tally !== undefined);
}

export function isContinuedBy(a: PriceRecord, b: PriceRecord, cell: string): boolean {
  const terms = ({ key, meter, model, unit, tallyScope, quantity, period }: PriceRecord) =>
    JSON.stringify([key, meter, model.kind, unit.name, tallyScope, rule(quantity), calendar(period)]);
  const leaf = ({ model }: PriceRecord) => (model.kind === 'spot' ? model.series : leafOf(model, cell)?.kind);
  return terms(a) === terms(b) && leaf(a) === leaf(b);
}

/** Each field of a calendar, said or not. */
function calendar(period: PriceRecord['period']): readonly unknown[] {
  const of = period ?? { kind: 'calendar', interval: 'month' };
  switch (of.kind) {
    case 'calendar':
      return [of.kind, of.interval, of.interval === 'week' ? (of.weekStart ?? 1) : 0];
    case 'anniversary':
      return [of.kind, of.anchor, of.interval, of.every ?? 1];
    case 'fiscal':
      return [of.kind, of.pattern, of.endMonth, of.endWeekday, of.rule, of.longPeriod ?? 12];
    case 'list':
      return [of.kind, of.dates];
  }
}

const rule = (of: PriceRecord['quantity']) => of && [of.at, of.mode, of.increment, of.first, of.threshold];
