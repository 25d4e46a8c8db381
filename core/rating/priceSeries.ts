/** Reference series in the master data: their records, their points, and the prices that follow them (SPEC §8.8). */
import type { ControlChange } from '../messages/control.ts';
import type { SeriesRecord } from '../messages/series.ts';
import { compilePrice } from '../pricing/compile.ts';
import { withPoints } from '../pricing/series/points.ts';
import { ControlFault, require } from './controlFault.ts';
import type { Master } from './state.ts';

type SeriesChange = Extract<ControlChange, { kind: 'series' | 'seriesPoints' }>;

export function applySeries({ priceSeries }: Master, change: SeriesChange): void {
  if (change.kind === 'series') {
    const { kind: _, ...record } = change;
    const known = priceSeries.get(record.id);
    const fixed = known === undefined || terms(known.record) === terms(record);
    require(fixed, `series ${record.id} cannot change but for its name`);
    priceSeries.set(record.id, { record, points: known?.points ?? [] });
    return;
  }
  const series = priceSeries.get(change.series);
  require(series !== undefined, `series ${change.series} is not known`);
  try {
    priceSeries.set(change.series, withPoints(series!, change.points));
  } catch (cause) {
    throw new ControlFault(`series ${change.series}: ${cause instanceof Error ? cause.message : 'not valid'}`);
  }
}

const terms = ({ currency, unit, interval, timeZone, maxAgeMs }: SeriesRecord): string =>
  JSON.stringify([currency, unit, interval, timeZone, maxAgeMs]);

/** Makes the prices anew whose series has other points than before. */
export function recompile(master: Master, before: Master['priceSeries']): void {
  for (const [id, { record }] of master.prices) {
    const { model } = record;
    if (model.kind !== 'spot' || master.priceSeries.get(model.series) === before.get(model.series)) continue;
    master.prices.set(
      id,
      compilePrice(record, master.meters.get(record.meter)!, (series) => master.priceSeries.get(series)),
    );
  }
}
