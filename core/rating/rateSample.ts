/** Rates one sample the wide way: any size, cut where its plan ends, refused with its reason (SPEC §3–§5). */
import { batchLimits } from '../metering/batch.ts';
import { divideRounded } from '../money/fixed.ts';
import type { Contribution } from './aggregate.ts';
import { instantMsMax, makeReady, type Batch } from './batch.ts';
import { seriesAt, type Fault } from './dictionary.ts';
import { move } from './measures.ts';
import { resolvePlan, type Lane, type Plan, type PlanFault } from './plan.ts';
import { lateCharge } from './repricing.ts';
import { cellOf } from './rollover.ts';
import { cellsKey, type Series } from './state.ts';
import { closeTally, openTally, settle } from './tally.ts';

const noDims: Readonly<Record<string, string>> = {};

/** Undefined when the sample is rated. */
export function rateSample(batch: Batch, index: number): Fault | undefined {
  const { body, dictionary } = batch;
  const seriesIndex = body.s[index]!;
  const tickIndex = body.k[index]!;
  const tick = body.ticks[tickIndex];
  if (
    tick === undefined ||
    !Number.isInteger(tickIndex) ||
    !Number.isInteger(seriesIndex) ||
    body.series[seriesIndex] === undefined
  ) {
    return ['out_of_range', 'an index lies outside its dictionary'];
  }
  const series = (dictionary.series[seriesIndex] ??= seriesAt(batch, dictionary, seriesIndex));
  if (isFault(series)) return series;
  const sample = readSample(batch, index, tick);
  if (isFault(sample)) return sample;

  const plan = planFor(batch, series, seriesIndex, sample.startMs);
  if ('reason' in plan && plan.reason === 'unit_mismatch') return [plan.reason, plan.detail];
  const overlaps = batch.guardsOverlap && sample.isDelta && sample.startMs < series.endMs;
  if (overlaps) return ['overlap', `starts at ${sample.startMs}, billed to ${series.endMs}`];
  if ('reason' in plan) return [plan.reason, plan.detail];

  const parts = partsOf(batch, series, seriesIndex, sample, plan);
  if (isFault(parts)) return parts;
  const charges = chargeParts(batch, series, index, sample, parts);
  if (isFault(charges)) return charges;
  addRows(batch, series.resource.id, index, charges);
  if (batch.guardsOverlap && sample.isDelta) {
    series.endMs = sample.endMs;
    batch.changes.end(series);
  }
  if (sample.endMs > batch.producer.lastSampleMs) batch.producer.lastSampleMs = sample.endMs;
  if (parts.length === 1) makeReady(batch, seriesIndex, series);
  return undefined;
}

const isFault = (value: object): value is Fault => Array.isArray(value) && typeof value[0] === 'string';

interface Sample {
  readonly startMs: number;
  readonly endMs: number;
  readonly quantity: bigint;
  readonly isDelta: boolean;
}

/** SPEC §3.1, §3.6, §3.2. */
function readSample(
  { body, state }: Batch,
  index: number,
  [offsetMs, durationMs]: readonly [number, number, number],
): Sample | Fault {
  const quantity = integerOf(body.q[index]!);
  if (quantity === undefined) return ['out_of_range', 'the quantity is not an integer from 0 to 10^22'];
  if (durationMs < 0 || durationMs > batchLimits.durationMsMax)
    return ['out_of_range', `a duration of ${durationMs} ms`];
  const startMs = body.baseMs + offsetMs;
  const endMs = startMs + durationMs;
  if (startMs < 0 || endMs > instantMsMax) return ['out_of_range', `a start at ${startMs} ms`];
  if (startMs > state.logTimeMs + batchLimits.aheadMsMax)
    return ['in_the_future', `starts at ${startMs}, log time is ${state.logTimeMs}`];
  const isDelta = body.metrics[body.series[body.s[index]!]![1]]!.kind === 'delta';
  return { startMs, endMs, quantity, isDelta };
}

function integerOf(value: number | string): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  if (typeof value !== 'string' || !/^\d{1,25}$/.test(value)) return undefined;
  const quantity = BigInt(value);
  return quantity <= batchLimits.quantityMax ? quantity : undefined;
}

/** The series' plan when it still holds at the instant, else a new one, kept when it can be used again. */
function planFor(batch: Batch, series: Series, seriesIndex: number, atMs: number): Plan | PlanFault {
  const { body, tenant } = batch;
  const [, metricIndex, dimsIndex] = body.series[seriesIndex]!;
  const metric = body.metrics[metricIndex]!;
  const { plan } = series;
  const holds =
    plan !== undefined &&
    plan.masterVersion === tenant.master.version &&
    plan.unit === metric.unit &&
    plan.scale === metric.scale &&
    plan.isGuarded === (batch.guardsOverlap && metric.kind === 'delta') &&
    atMs >= plan.fromMs &&
    atMs < plan.toMs;
  if (holds) return plan;
  const found = resolvePlan(batch, series.resource, metric, dimsIndex < 0 ? noDims : body.dims[dimsIndex]!, atMs);
  if (!('reason' in found)) series.plan = found;
  return found;
}

interface Part {
  readonly plan: Plan;
  readonly startMs: number;
  readonly durationMs: number;
  readonly quantity: bigint;
  /** What of the sample came before the part: of a delta its share, of a level the level times the time. */
  readonly begun: bigint;
}

/** The sample, cut where its plan ends (SPEC §4.5): parts of a delta add up to it exactly; a level keeps its value. */
function partsOf(batch: Batch, series: Series, seriesIndex: number, sample: Sample, first: Plan): Part[] | Fault {
  const { startMs, endMs, quantity, isDelta } = sample;
  if (endMs <= first.toMs) return [{ plan: first, startMs, durationMs: endMs - startMs, quantity, begun: 0n }];
  const length = BigInt(endMs - startMs);
  const upTo = (instantMs: number): bigint => divideRounded(quantity * BigInt(instantMs - startMs), length, 'halfEven');
  const parts: Part[] = [];
  let plan = first;
  for (let fromMs = startMs; ;) {
    const toMs = Math.min(endMs, plan.toMs);
    parts.push({
      plan,
      startMs: fromMs,
      durationMs: toMs - fromMs,
      quantity: isDelta ? upTo(toMs) - upTo(fromMs) : quantity,
      begun: isDelta ? upTo(fromMs) : quantity * BigInt(fromMs - startMs),
    });
    if (toMs === endMs) return parts;
    const next = planFor(batch, series, seriesIndex, toMs);
    if ('reason' in next) return [next.reason, next.detail];
    plan = next;
    fromMs = toMs;
  }
}

interface Charge {
  readonly lane: Lane;
  readonly part: Part;
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly opened: boolean;
  readonly undo: () => void;
}

/** Moves the tallies part by part, lane by lane; when a bound would be passed all is taken back and nothing is charged. */
function chargeParts(
  batch: Batch,
  series: Series,
  index: number,
  sample: Sample,
  parts: readonly Part[],
): Charge[] | Fault {
  const charges: Charge[] = [];
  const { producer, epoch, seq } = batch.source;
  const of: SampleFacts = { place: [sample.endMs, producer, epoch, seq, index], whole: sample.quantity };
  for (const part of parts) {
    for (const lane of part.plan.lanes) {
      const charge = chargeLane(batch, series, of, part, lane, part === parts[0]);
      if (!isFault(charge)) {
        charges.push(charge);
        continue;
      }
      for (const { undo } of charges.toReversed()) undo();
      return charge;
    }
  }
  return charges;
}

/** What all parts of a sample have in common. */
type SampleFacts = Pick<Contribution, 'place' | 'whole'>;

function chargeLane(
  { state, tenant, late }: Batch,
  series: Series,
  sample: SampleFacts,
  part: Part,
  lane: Lane,
  isStart: boolean,
): Charge | Fault {
  const { tally, meter, price, cell, group } = lane;
  if (tally === undefined)
    return { lane, part, quantity: part.quantity, amount: 0n, opened: false, undo: () => undefined };
  const opened = tally.entry.id === 0;
  if (opened) {
    if (price !== undefined && !hasRoom(tenant, lane))
      return ['out_of_range', 'the price has no room for another group'];
    openTally(state, tenant, tally, price, part.startMs);
  }
  const close = (): void => {
    if (opened) closeTally(state, tenant, tally);
  };
  settle(tally);
  tally.cursor = undefined;
  if (state.repriced.length > 0 && price?.record.model.kind === 'spot') {
    // What came before is charged by the points in force first, so that the sample's row is the sample's.
    const amount = lateCharge(tenant, tally);
    if (amount !== 0n) late.push({ tally, amount });
    tally.charge += amount;
  }
  const { quantity, durationMs, begun, startMs } = part;
  const { direction, distinct: value = series.resource.name } = lane;
  const charging = tally.rolled.length === 0 ? cell : cellOf(price, tally);
  const moved = move(tally, meter, charging, group.scale, {
    ...sample,
    quantity,
    durationMs,
    begun,
    isStart,
    value,
    direction,
    startMs,
  });
  if (moved === undefined) {
    close();
    return ['out_of_range', 'the tally or its charge would exceed its bound'];
  }
  return {
    lane,
    part,
    quantity: moved.quantity,
    amount: moved.amount,
    opened,
    undo() {
      moved.undo();
      close();
    },
  };
}

/** Whether a price with tiers per group may begin another group. */
function hasRoom({ cellCounts }: Batch['tenant'], { price, tally }: Lane): boolean {
  const { model } = price!.record;
  return model.kind !== 'grouped' || (cellCounts.get(cellsKey(tally!.entry)) ?? 0) < model.groupsMax;
}

function addRows(batch: Batch, resource: number, index: number, charges: readonly Charge[]): void {
  let isPrimary = true;
  for (const { lane, part, quantity, amount, opened } of charges) {
    if (opened) batch.changes.open(lane.tally!);
    if (lane.tally !== undefined) batch.changes.tally(lane.tally);
    batch.rows.addWide(lane.group, resource, index, part.startMs, part.durationMs, { quantity, amount }, isPrimary);
    isPrimary = false;
  }
}
