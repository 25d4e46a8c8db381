/** Rates one sample the wide way: any size, cut where its plan ends, refused with its reason (SPEC §3–§5). */
import { batchLimits } from '../metering/batch.ts';
import { instantMsMax, makeReady, type Batch } from './batch.ts';
import { seriesAt, type Fault } from './dictionary.ts';
import { heldBy, noneHeld, recurs } from './held.ts';
import { moveLevel } from './levels.ts';
import { resolvePlan, type Plan, type PlanFault } from './plan.ts';
import { chargeAll, isFault, shareUntil, type Charge, type Part, type Portion, type SampleFacts } from './portions.ts';
import type { Series } from './state.ts';

const noDims: Readonly<Record<string, string>> = {};

/** Undefined when the sample is rated. */
export function rateSample(batch: Batch, index: number): Fault | undefined {
  const { body, dictionary } = batch;
  const seriesIndex = body.s[index]!;
  const tickIndex = body.k[index]!;
  const tick = Number.isInteger(tickIndex) ? body.ticks[tickIndex] : undefined;
  if (tick === undefined || !Number.isInteger(seriesIndex) || body.series[seriesIndex] === undefined) {
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

  const parts = partsOf(sample, plan, (atMs) => planFor(batch, series, seriesIndex, atMs));
  if (isFault(parts)) return parts;
  const held = plan.recurs ? heldBy(batch, series, sample, plan) : noneHeld;
  if (isFault(held)) return held;
  const { producer, epoch, seq } = batch.source;
  const facts: SampleFacts = { place: [sample.endMs, producer, epoch, seq, index], whole: sample.quantity };
  const charges = chargeAll(batch, series.resource, facts, [...ownOf(parts), ...held.flatMap(({ portions }) => portions)]); // prettier-ignore
  if (isFault(charges)) return charges;
  addRows(batch, series.resource.id, index, charges);
  for (const { level, now } of held) moveLevel(batch.state, batch.tenant, batch.changes, level(), now);
  if (batch.guardsOverlap && sample.isDelta) {
    series.endMs = sample.endMs;
    batch.changes.end(series);
  }
  if (sample.endMs > batch.producer.lastSampleMs) batch.producer.lastSampleMs = sample.endMs;
  if (parts.length === 1) makeReady(batch, seriesIndex, series);
  return undefined;
}

export interface Sample {
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

/** The sample, cut where its plan ends (SPEC §4.5): parts of a delta add up to it exactly; a level keeps its value. */
export function partsOf(sample: Sample, first: Plan, planAt: (atMs: number) => Plan | PlanFault): Part[] | Fault {
  const { startMs, endMs, quantity, isDelta } = sample;
  if (endMs <= first.toMs) return [{ plan: first, startMs, durationMs: endMs - startMs, quantity, begun: 0n }];
  const upTo = (instantMs: number): bigint => shareUntil(quantity, startMs, endMs, instantMs);
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
    const next = planAt(toMs);
    if ('reason' in next) return [next.reason, next.detail];
    plan = next;
    fromMs = toMs;
  }
}

/** The sample's own, part by part and lane by lane; what goes on by itself is none of the sample. */
export const ownOf = (parts: readonly Part[]): Portion[] =>
  parts.flatMap((part) =>
    part.plan.lanes.map((lane) => ({ part, lane, isStart: part === parts[0] && !recurs(lane), isHeld: false })),
  );

function addRows(batch: Batch, resource: number, index: number, charges: readonly Charge[]): void {
  let isPrimary = true;
  for (const { lane, part, quantity, amount, opened } of charges) {
    if (opened) batch.changes.open(lane.tally!);
    if (lane.tally !== undefined) batch.changes.tally(lane.tally);
    batch.rows.addWide(lane.group, resource, index, part.startMs, part.durationMs, { quantity, amount }, isPrimary);
    isPrimary = false;
  }
}
