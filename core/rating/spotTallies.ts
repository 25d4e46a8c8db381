/** Tallies of spot prices by the interval that they are of, so that a new point finds them. */
import { startOf } from '../pricing/series/intervals.ts';
import type { Tally, Tenant } from './state.ts';

/** Those of the tally's own series and interval; undefined for a tally of any other price. */
export function spotTalliesWith({ master, spotTallies }: Tenant, { entry }: Tally): Tally[] | undefined {
  const model = master.prices.get(entry.price)?.record.model;
  if (model?.kind !== 'spot') return undefined;
  let cells = spotTallies.get(model.series);
  if (cells === undefined) spotTallies.set(model.series, (cells = new Map()));
  const startMs = startOf(entry.cell!)!;
  let tallies = cells.get(startMs);
  if (tallies === undefined) cells.set(startMs, (tallies = []));
  return tallies;
}
