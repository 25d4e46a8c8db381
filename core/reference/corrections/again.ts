/** SPEC §16.8 and 16.9: samples are rated again, by what is known now; rows that say so already stay. */
import type { AgainBatch, CorrectedBlock, CorrectedRow } from '../../messages/correction.ts';
import type { MeterRecord } from '../../messages/control.ts';
import { metersOf } from '../attribution.ts';
import { bookingOf } from '../closes.ts';
import { partsOf, type Part, type Priced } from '../cutting.ts';
import { Exact, powerOfTen, readDecimal } from '../number.ts';
import { minus, plus } from '../prices/fraction.ts';
import type { Noted } from '../prices/noted.ts';
import { contributionOf, priced, withoutPrice, type Sample } from '../rows.ts';
import { fits } from '../samples.ts';
import type { Row, Source, State, Tally, Tenant } from '../state.ts';
import { addToTally, openTally, type Journal, type Place } from '../tallies.ts';
import { keeps } from './history.ts';
import { isLogOrdered, Unfit } from './unfit.ts';

/** The last instant that every store can write (3.6). */
const instantMsMax = 9_999_999_999_999;

/** A row that a sample is to have. */
interface Wanted {
  readonly batch: AgainBatch;
  readonly index: number;
  readonly sample: Sample;
  readonly part: Part;
  readonly isStart: boolean;
  readonly meter: MeterRecord;
  /** Without a price: the month. */
  readonly at: Pick<Priced, 'account' | 'period'> & { readonly price: Priced['price'] | undefined; readonly cell: string };
} // prettier-ignore

/** What goes and what takes its place, when all that is the same on both sides is crossed out. Throws Unfit. */
export function crossedOut(tenant: Tenant, blocks: readonly CorrectedBlock[], again: readonly AgainBatch[]) {
  const wanted = new Map<string, Wanted[]>();
  const resources = new Map<string, string>();
  for (const batch of again)
    for (const [index, ...sample] of batch.samples) {
      const key = [batch.producer, batch.epoch, batch.seq, index].join(' ');
      if (wanted.has(key)) throw new Unfit();
      wanted.set(key, wantedOf(tenant, batch, index, sample));
      resources.set(key, batch.resources[sample[0]]!);
    }
  const named = new Set<string>();
  const left = blocks.map((block) => {
    const rows = block.rows.filter((row) => {
      const key = [block.producer, block.epoch, block.seq, row[1]].join(' ');
      const list = wanted.get(key);
      if (list === undefined || resources.get(key) !== block.resources[row[0]]) throw new Unfit();
      named.add(key);
      const text = textOfRow(tenant, block, row);
      const same = list.findIndex((one) => textOf(one) === text);
      if (same >= 0) list.splice(same, 1);
      return same < 0;
    });
    return { ...block, rows };
  });
  const rest = [...wanted.values()].flat();
  const meters = [...rest.map(({ meter }) => meter), ...left.flatMap(({ meter, rows }) => (rows.length === 0 ? [] : [tenant.meters.get(meter)]))]; // prettier-ignore
  if (named.size < wanted.size || meters.some((meter) => meter !== undefined && keeps(meter))) throw new Unfit();
  if (rest.some(({ at }) => at.price !== undefined && isLogOrdered(at.price))) throw new Unfit();
  return { blocks: left.filter(({ rows }) => rows.length > 0), rest };
}

function wantedOf(tenant: Tenant, batch: AgainBatch, index: number, said: readonly unknown[]): Wanted[] {
  const [resourceAt, metricAt, dimsAt, startMs, durationMs, text] = said as [number, number, number, number, number, string]; // prettier-ignore
  const [resource, metric, dims] = [batch.resources[resourceAt], batch.metrics[metricAt], dimsAt === -1 ? {} : batch.dims[dimsAt]]; // prettier-ignore
  const endMs = startMs + durationMs;
  if (resource === undefined || metric === undefined || dims === undefined || endMs > instantMsMax) throw new Unfit();
  const sample: Sample = { resource, metric, dims, startMs, endMs, quantity: new Exact(text) };
  const meters = metersOf(tenant, metric.name, dims);
  const isFit = meters.every((meter) => fits(meter, metric) && meter.aggregation !== 'recurring');
  const parts = isFit && meters.length > 0 ? partsOf(tenant, sample, meters) : undefined;
  if (parts === undefined) throw new Unfit();
  return parts.flatMap((part, at) =>
    meters.flatMap((meter, position): Wanted[] => {
      const prices = part.prices[position]!;
      const places = prices.length > 0 ? prices : [{ price: undefined, cell: '', account: part.account, period: part.month }]; // prettier-ignore
      return places.map((place) => ({ batch, index, sample, part, isStart: at === 0, meter, at: place }));
    }),
  );
}

/** Of a meter whose rows are shares, how much a row is. */
function textOf({ sample, part, isStart, meter, at, batch, index }: Wanted): string {
  const { sent, durationMs } = contributionOf(sample, part, isStart, meter, index, batch);
  const shares = { sum: sent, timeWeighted: sent * BigInt(durationMs), count: isStart ? 1n : 0n };
  const share = Object.entries(shares).find(([name]) => name === meter.aggregation)?.[1] ?? '';
  return [part.account, at.price?.id ?? 0, meter.id, at.cell, at.period.startMs, sample.resource, part.startMs, durationMs, share].join(' '); // prettier-ignore
}

function textOfRow({ meters }: Tenant, block: CorrectedBlock, [at, , offsetMs, durationMs, quantity]: CorrectedRow): string {
  const { account, price, meter, cell, periodStartMs, resources, firstMs } = block;
  const record = meters.get(meter);
  const isShare = ['sum', 'timeWeighted', 'count'].includes(record?.aggregation ?? '');
  const share = isShare ? (readDecimal(quantity)?.times(powerOfTen(record!.scale)).toFixed() ?? 'none') : '';
  return [account, price, meter, cell, periodStartMs, resources[at], firstMs + offsetMs, durationMs, share].join(' ');
} // prettier-ignore

/** Tallies it, and hands on to versions that took over later; `handOn` hears those, before they grow. */
export function rateAgain(
  state: State,
  tenant: Tenant,
  correction: string,
  { batch, index, sample, part, isStart, meter, at }: Wanted,
  journal: Journal,
  handOn: (tally: Tally, place: { readonly usageSeq: number; readonly index: number; readonly isOwn: boolean }, by: (noted: Noted) => Noted) => void,
): Row {
  const { producer, epoch, seq } = batch;
  const source: Source = { producer, epoch, seq, inputSeq: batch.usageSeq, logTimeMs: state.logTimeMs, trace: '' };
  const place: Place = { ...at, owner: part.account, resource: sample.resource, meter: meter.id };
  const tallies = state.tallies.size;
  const tally = openTally(state, tenant, place, part.startMs, journal);
  const before = { ...tally };
  journal.push(() => Object.assign(tally, before));
  const contribution = contributionOf(sample, part, isStart, meter, index, source);
  const growth = addToTally(state, tenant, place, part.startMs, contribution, journal);
  const isOwn = batch.partition === state.partition;
  const more = (noted: Noted): Noted => ({
    quantity: noted.quantity + tally.noted.quantity - before.noted.quantity,
    events: noted.events + tally.noted.events - before.noted.events,
    roundedEvents: plus(noted.roundedEvents, minus(tally.noted.roundedEvents, before.noted.roundedEvents)),
    settled: noted.settled + tally.noted.settled - before.noted.settled,
  });
  if (state.tallies.size === tallies) handOn(tally, { usageSeq: isOwn ? batch.usageSeq : 0, index, isOwn }, more);
  const quantity = growth.quantity.div(powerOfTen(meter.scale));
  const terms = at.price === undefined ? withoutPrice('rerated', meter.id, quantity) : priced(at.price, at.cell, { quantity, amount: growth.amount });
  return {
    tenant: tenant.record.id, account: part.account, resource: sample.resource, startMs: part.startMs, durationMs: part.endMs - part.startMs, period: at.period,
    ...bookingOf(tenant, part.account, part.startMs), ...terms, kind: 'rerated', primary: false, source, index, correction,
  };
} // prettier-ignore
