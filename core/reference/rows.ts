/** SPEC §4.4 and 4.6: the rows of one sample, in order of part, meter, service and component. */
import type { MeterRecord } from '../messages/control.ts';
import type { BlockKind } from '../messages/rated.ts';
import type { PriceRecord } from '../messages/control.ts';
import type { BatchMetric } from '../metering/batch.ts';
import type { Part as Contribution } from './aggregation.ts';
import { directionOf } from './attribution.ts';
import { begunBy, quantityOf, type Part } from './cutting.ts';
import { bookingOf } from './closes.ts';
import { integer, powerOfTen, zero, type Exact } from './number.ts';
import type { Row, Source, State, Tenant } from './state.ts';
import { addToTally, type Growth, type Journal, type Place } from './tallies.ts';

export interface Sample {
  readonly resource: string;
  readonly metric: BatchMetric;
  readonly dims: Readonly<Record<string, string>>;
  readonly startMs: number;
  readonly endMs: number;
  /** Integer of 10⁻ˢᶜᵃˡᵉ metric units. */
  readonly quantity: Exact;
}

/** What a part of a sample is to a meter. */
export function contributionOf(
  sample: Sample,
  part: Part,
  isStart: boolean,
  meter: MeterRecord,
  index: number,
  { producer, epoch, seq }: Pick<Source, 'producer' | 'epoch' | 'seq'>,
): Contribution {
  const { quantity, metric, dims } = sample;
  const { startMs, endMs } = part;
  return {
    sent: integer(quantityOf(part, metric.kind, quantity, sample.startMs, sample.endMs)),
    durationMs: endMs - startMs,
    isHeld: false,
    begun: integer(begunBy(startMs, metric.kind, quantity, sample.startMs, sample.endMs)),
    isStart,
    sample: [sample.endMs, producer, epoch, seq, index],
    whole: integer(quantity),
    value: distinctOf(meter, sample),
    direction: directionOf(meter, dims) === 'out' ? 1 : 0,
    startMs,
  };
}

/** Moves the tallies. Throws TooLarge; the journal then takes back what was done. */
export function rowsOf(
  state: State,
  tenant: Tenant,
  sample: Sample,
  parts: readonly Part[],
  meters: readonly MeterRecord[],
  index: number,
  source: Source,
  journal: Journal,
): Row[] {
  const rows: Row[] = [];
  const unit = powerOfTen(sample.metric.scale);
  for (const part of parts) {
    const { startMs, endMs, account, month } = part;
    const place = {
      tenant: tenant.record.id,
      account,
      resource: sample.resource,
      startMs,
      durationMs: endMs - startMs,
      period: month,
      ...bookingOf(tenant, account, startMs),
    };
    const add = (terms: Terms & Partial<Pick<Row, 'period'>>) =>
      rows.push({ ...place, ...terms, source, index, primary: rows.length === 0 });
    const sent = quantityOf(part, sample.metric.kind, sample.quantity, sample.startMs, sample.endMs);
    if (meters.length === 0) add(withoutPrice('unmetered', sample.metric.name, sent.div(unit)));
    for (const [position, meter] of meters.entries()) {
      const contribution = contributionOf(sample, part, part === parts[0], meter, index, source);
      const tallied = (at: Pick<Place, 'price' | 'cell' | 'account' | 'period'>) => {
        const there = { ...at, owner: account, resource: sample.resource, meter: meter.id };
        const growth = addToTally(state, tenant, there, startMs, contribution, journal);
        return { quantity: growth.quantity.div(powerOfTen(meter.scale)), amount: growth.amount };
      };
      const prices = part.prices[position]!;
      for (const at of prices) add({ ...priced(at.price, at.cell, tallied(at)), period: at.period });
      if (prices.length > 0) continue;
      const nowhere = tallied({ price: undefined, cell: '', account, period: month });
      add(withoutPrice('unpriced', meter.id, nowhere.quantity));
    }
  }
  return rows;
}

type Terms = Pick<
  Row,
  'service' | 'component' | 'meter' | 'price' | 'cell' | 'currency' | 'kind' | 'quantity' | 'amount'
>;

/** Kept, and costing nothing. */
export function withoutPrice(kind: BlockKind, meter: string, quantity: Exact): Terms {
  return { kind, service: '', component: '', meter, price: 0, cell: '', currency: '', quantity, amount: zero };
}

export function priced(price: PriceRecord, cell: string, growth: Growth): Terms {
  const { service, component, meter, currency } = price;
  return { kind: 'usage', service, component, meter, price: price.id, cell, currency, ...growth };
}

/** What a `unique` meter tells apart: the value of its dimension, else the resource. */
function distinctOf({ distinct = '' }: MeterRecord, { resource, dims }: Sample): string {
  if (distinct === '') return resource;
  return Object.hasOwn(dims, distinct) ? dims[distinct]! : '';
}
