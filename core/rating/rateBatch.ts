/** Rates the samples of a taken batch: the hot path (SPEC §3–§6.1). */
import { batchLimits, type BatchBody } from '../metering/batch.ts';
import { metricPattern, resourcePattern } from '../messages/names.ts';
import type { RefusalReason } from '../messages/rated.ts';
import { divideRounded } from '../money/fixed.ts';
import { addRow, blockLine, type BlockSource, type Group } from './block.ts';
import type { Changes } from './changes.ts';
import { resolvePlan, type Lane, type Plan, type PlanContext, type PlanFault } from './plan.ts';
import { seriesKey, type Balance, type PartitionState, type Producer, type Resource, type Series } from './state.ts';
import { closeTally, incrementOf, openTally } from './tally.ts';

/** Instants that ClickHouse's text form takes: 0 to the year 2286. */
const instantMsMax = 9_999_999_999_999;

export interface BatchResult {
  readonly rated: number;
  readonly refused: number;
  /** Balances that the batch moved. */
  readonly balances: ReadonlySet<Balance>;
}

type Fault = readonly [RefusalReason, string];
const noDims: Readonly<Record<string, string>> = {};

export interface BatchRun extends PlanContext {
  readonly state: PartitionState;
  readonly changes: Changes;
  readonly producer: Producer;
  /** Whether the producer's counters may not overlap (agents). */
  readonly guardsOverlap: boolean;
  readonly body: BatchBody;
  readonly source: BlockSource;
  readonly refuse: (index: number, reason: RefusalReason, detail: string) => void;
}

export function rateBatch(run: BatchRun): BatchResult {
  const { body, state } = run;
  const series: (Series | Fault | undefined)[] = [];
  const groups: Group[] = [];
  let rated = 0;
  let refused = 0;
  for (let index = 0; index < body.q.length; index++) {
    const fault = rateSample(run, index, series, groups);
    if (fault === undefined) rated += 1;
    else {
      refused += 1;
      run.refuse(index, fault[0], fault[1]);
    }
  }
  const moved = new Set<Balance>();
  for (const group of groups) closeGroup(run, group, moved);
  state.totals.blocks += groups.length;
  return { rated, refused, balances: moved };
}

function rateSample(
  run: BatchRun,
  index: number,
  known: (Series | Fault | undefined)[],
  groups: Group[],
): Fault | undefined {
  const { body } = run;
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
  const series = (known[seriesIndex] ??= seriesOf(run, seriesIndex));
  if (isFault(series)) return series;
  const sample = readSample(run, index, tick);
  if (isFault(sample)) return sample;

  const plan = planFor(run, series, seriesIndex, sample.startMs);
  if ('reason' in plan && plan.reason === 'unit_mismatch') return [plan.reason, plan.detail];
  const overlaps = run.guardsOverlap && sample.isDelta && sample.startMs < series.endMs;
  if (overlaps) return ['overlap', `starts at ${sample.startMs}, billed to ${series.endMs}`];
  if ('reason' in plan) return [plan.reason, plan.detail];

  const parts = partsOf(run, series, seriesIndex, sample, plan);
  if (isFault(parts)) return parts;
  const charges = chargeParts(run, parts, sample.isDelta);
  if (charges === undefined) return ['out_of_range', 'the tally or its charge would exceed its bound'];
  addRows(run, series.resource, index, charges, groups);
  if (run.guardsOverlap && sample.isDelta) {
    series.endMs = sample.endMs;
    run.changes.end(series);
  }
  if (sample.endMs > run.producer.lastSampleMs) run.producer.lastSampleMs = sample.endMs;
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
  run: BatchRun,
  index: number,
  [offsetMs, durationMs]: readonly [number, number, number],
): Sample | Fault {
  const { body, state } = run;
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

/** The producer's series behind a dictionary entry, or why none of its samples can be taken. */
function seriesOf(run: BatchRun, seriesIndex: number): Series | Fault {
  const { body, tenant, producer, state, changes } = run;
  const [resourceIndex, metricIndex, dimsIndex] = body.series[seriesIndex]!;
  const name = body.resources[resourceIndex]!;
  const metric = body.metrics[metricIndex]!;
  if (!resourcePattern.test(name)) return ['out_of_range', 'the resource is not named as resources are'];
  if (!metricPattern.test(metric.name)) return ['out_of_range', 'the metric is not named as metrics are'];
  const dims = dimsIndex < 0 ? '' : canonical(body.dims[dimsIndex]!);
  if (dims.length > batchLimits.dimsTextMax) return ['out_of_range', 'the dimensions are too long'];
  const key = seriesKey(name, `${metric.kind}:${metric.name}${dims}`);
  const known = producer.seriesByKey.get(key);
  const isKept = run.guardsOverlap && metric.kind === 'delta';
  // A gateway that becomes an agent begins to guard its counters: what had no identity gets one.
  if (known !== undefined && (known.id !== 0 || !isKept)) return known;
  let resource = tenant.resourcesByName.get(name);
  if (resource === undefined) {
    resource = { id: state.resources.length + 1, tenant: tenant.id, name };
    state.resources.push(resource);
    tenant.resourcesByName.set(name, resource);
    changes.resources.push(resource);
  }
  const series: Series = {
    id: isKept ? state.series.length + 1 : 0,
    tenant: tenant.id,
    producer: producer.id,
    resource,
    metric: key.slice(name.length + 1),
    endMs: 0,
    dirty: false,
    plan: undefined,
  };
  if (isKept) {
    state.series.push(series);
    changes.series.push(series);
  }
  producer.seriesByKey.set(key, series);
  return series;
}

function canonical(dims: Readonly<Record<string, string>>): string {
  const names = Object.keys(dims).sort();
  return names.length === 0 ? '' : JSON.stringify(names.map((name) => [name, dims[name]]));
}

/** The series' plan when it still holds at the instant, else a new one, kept when it can be used again. */
function planFor(run: BatchRun, series: Series, seriesIndex: number, atMs: number): Plan | PlanFault {
  const [, metricIndex, dimsIndex] = run.body.series[seriesIndex]!;
  const metric = run.body.metrics[metricIndex]!;
  const { plan } = series;
  const holds =
    plan !== undefined &&
    plan.masterVersion === run.tenant.master.version &&
    plan.unit === metric.unit &&
    plan.scale === metric.scale &&
    atMs >= plan.fromMs &&
    atMs < plan.toMs;
  if (holds) return plan;
  const found = resolvePlan(run, series.resource, metric, dimsIndex < 0 ? noDims : run.body.dims[dimsIndex]!, atMs);
  if (!('reason' in found)) series.plan = found;
  return found;
}

interface Part {
  readonly plan: Plan;
  readonly startMs: number;
  readonly durationMs: number;
  readonly quantity: bigint;
}

/** The sample, cut where its plan ends (SPEC §4.5): parts of a delta add up to it exactly; a level keeps its value. */
function partsOf(run: BatchRun, series: Series, seriesIndex: number, sample: Sample, first: Plan): Part[] | Fault {
  const { startMs, endMs, quantity, isDelta } = sample;
  if (endMs <= first.toMs) return [{ plan: first, startMs, durationMs: endMs - startMs, quantity }];
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
    });
    if (toMs === endMs) return parts;
    const next = planFor(run, series, seriesIndex, toMs);
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
}

/** Moves the tallies part by part, lane by lane; when a bound would be passed all is taken back and nothing is charged. */
function chargeParts(run: BatchRun, parts: readonly Part[], isDelta: boolean): Charge[] | undefined {
  const charges: Charge[] = [];
  for (const part of parts) {
    for (const lane of part.plan.lanes) {
      const quantity = isDelta || lane.meter === undefined ? part.quantity : part.quantity * BigInt(part.durationMs);
      const { tally, price } = lane;
      const opened = tally?.entry.id === 0;
      if (opened) openTally(run.state, run.tenant, tally!, price, part.startMs);
      const amount = tally === undefined ? 0n : incrementOf(tally, price, quantity, lane.group.scale);
      if (amount === undefined) {
        if (opened) closeTally(run.state, tally!);
        takeBack(run, charges);
        return undefined;
      }
      if (tally !== undefined) {
        tally.quantity += quantity;
        tally.charge += amount;
      }
      charges.push({ lane, part, quantity, amount, opened });
    }
  }
  return charges;
}

function takeBack(run: BatchRun, charges: readonly Charge[]): void {
  for (const { lane, quantity, amount, opened } of charges.toReversed()) {
    const { tally } = lane;
    if (tally === undefined) continue;
    tally.quantity -= quantity;
    tally.charge -= amount;
    if (opened) closeTally(run.state, tally);
  }
}

function addRows(run: BatchRun, resource: Resource, index: number, charges: readonly Charge[], groups: Group[]): void {
  let primary = true;
  for (const { lane, part, quantity, amount, opened } of charges) {
    if (opened) run.changes.opened.push(lane.tally!);
    if (lane.tally !== undefined) run.changes.tally(lane.tally);
    const row = {
      resource: resource.id,
      index,
      startMs: part.startMs,
      durationMs: part.durationMs,
      quantity,
      amount,
      primary,
    };
    if (addRow(lane.group, row)) groups.push(lane.group);
    primary = false;
  }
}

/** Writes the group's block and moves the balances of its account and all ancestors (SPEC §6.1). */
export function closeGroup(run: Pick<BatchRun, 'changes' | 'source'>, group: Group, moved: Set<Balance>): void {
  const rows = group.rows!;
  group.rows = undefined;
  run.changes.line(blockLine(group, rows, run.source));
  group.balances.forEach((balance, level) => {
    if (level === 0) balance.own += rows.amount;
    balance.total += rows.amount;
    run.changes.balance(balance);
    moved.add(balance);
  });
}
