/** Rates the samples of a taken batch: the hot path (SPEC §3–§6.1). */
import { batchLimits, type BatchBody } from '../metering/batch.ts';
import { amountOf, sourceBytes, writeBlock, type BlockSource, type Groups } from './block.ts';
import type { Changes } from './changes.ts';
import { dictionaryOf, type Dictionary, type Fault } from './dictionary.ts';
import { advance, growth } from './narrow.ts';
import type { Rows } from './rows.ts';
import { rateSample } from './rateSample.ts';
import type { Balance, PartitionState, Producer, Series, Tally, Tenant } from './state.ts';
import { seatCursor, settle } from './tally.ts';

/** Instants that ClickHouse's text form takes: 0 to the year 2286. */
export const instantMsMax = 9_999_999_999_999;

export interface BatchResult {
  readonly rated: number;
  readonly refused: number;
  /** Balances that the batch moved. */
  readonly balances: ReadonlySet<Balance>;
}

export interface BatchRun {
  readonly state: PartitionState;
  readonly tenant: Tenant;
  readonly groups: Groups;
  readonly rows: Rows;
  readonly changes: Changes;
  readonly producer: Producer;
  /** Whether the producer's counters may not overlap (agents). */
  readonly guardsOverlap: boolean;
  readonly body: BatchBody;
  readonly source: BlockSource;
  readonly refuse: (index: number, fault: Fault) => void;
}

/** What the samples of one batch share. */
export interface Batch extends BatchRun {
  readonly dictionary: Dictionary;
  /** Tallies whose cursor has moved. */
  readonly touched: Tally[];
}

export function rateBatch(run: BatchRun): BatchResult {
  const { body, producer, tenant } = run;
  const dictionary = dictionaryOf(producer, body, tenant.master.version, run.guardsOverlap);
  const batch: Batch = { ...run, dictionary, touched: [] };
  const times = timesOf(batch);
  const { s, k, q } = body;
  const { ready } = dictionary;
  let refused = 0;
  for (let index = 0; index < q.length; index++) {
    const quantity = q[index]!;
    const series = ready[s[index]!];
    const tick = k[index]!;
    const startMs = times.startsMs[tick];
    if (
      series !== undefined &&
      startMs !== undefined &&
      typeof quantity === 'number' &&
      rateNarrow(batch, series, index, startMs, times.endsMs[tick]!, quantity)
    )
      continue;
    const fault = rateSample(batch, index);
    if (fault === undefined) continue;
    refused += 1;
    run.refuse(index, fault);
  }
  for (const tally of batch.touched) {
    settle(tally);
    tally.isTouched = false;
    run.changes.tally(tally);
  }
  return { rated: q.length - refused, refused, balances: closeBlocks(run) };
}

interface Times {
  /** By tick; undefined for one that the fast path leaves to be judged. */
  readonly startsMs: (number | undefined)[];
  readonly endsMs: number[];
}

function timesOf({ body, state }: Batch): Times {
  const startsMs: (number | undefined)[] = [];
  const endsMs: number[] = [];
  for (const [offsetMs, durationMs] of body.ticks) {
    const startMs = body.baseMs + offsetMs;
    const endMs = startMs + durationMs;
    const fits =
      durationMs >= 0 &&
      durationMs <= batchLimits.durationMsMax &&
      startMs >= 0 &&
      endMs <= instantMsMax &&
      startMs <= state.logTimeMs + batchLimits.aheadMsMax;
    startsMs.push(fits ? startMs : undefined);
    endsMs.push(endMs);
  }
  return { startsMs, endsMs };
}

/** Rates a sample that needs no cut and no wide number; false, and nothing is done, when it is none. */
function rateNarrow(
  batch: Batch,
  series: Series,
  index: number,
  startMs: number,
  endMs: number,
  quantity: number,
): boolean {
  const plan = series.plan!;
  if (startMs < plan.fromMs || startMs >= plan.toMs || endMs > plan.toMs) return false;
  if (!(quantity >= 0 && quantity <= Number.MAX_SAFE_INTEGER) || Math.floor(quantity) !== quantity) return false;
  const { isGuarded } = plan;
  if (isGuarded && startMs < series.endMs) return false;
  const durationMs = endMs - startMs;
  const { lanes } = plan;
  // All lanes or none: with several the first round asks, the second one adds.
  if (lanes.length > 1) {
    for (const { tally, weighs } of lanes) {
      const added = weighs ? quantity * durationMs : quantity;
      if (tally !== undefined && (tally.cursor === undefined || growth(tally.cursor, added) < 0)) return false;
    }
  }
  for (let i = 0; i < lanes.length; i++) {
    const { tally, group, weighs } = lanes[i]!;
    const added = weighs ? quantity * durationMs : quantity;
    let amount = 0;
    if (tally !== undefined) {
      const { cursor } = tally;
      if (cursor === undefined) return false;
      amount = advance(cursor, added);
      if (amount < 0) return false;
      if (!tally.isTouched) {
        tally.isTouched = true;
        batch.touched.push(tally);
      }
    } else if (added > Number.MAX_SAFE_INTEGER) return false;
    batch.rows.add(group, series.resource.id, index, startMs, durationMs, added, amount, i === 0);
  }
  if (isGuarded) {
    series.endMs = endMs;
    batch.changes.end(series);
  }
  if (endMs > batch.producer.lastSampleMs) batch.producer.lastSampleMs = endMs;
  return true;
}

/** Lets the fast path take the series from now on, where its plan and its tallies allow it. */
export function makeReady(batch: Batch, seriesIndex: number, series: Series): void {
  const { plan } = series;
  if (plan === undefined || !plan.isSimple || plan.masterVersion !== batch.tenant.master.version) return;
  for (const { tally, cell, group } of plan.lanes) {
    if (tally !== undefined && tally.cursor === undefined) seatCursor(tally, cell, group.scale);
  }
  batch.dictionary.ready[seriesIndex] = series;
}

/** Writes the blocks of the rows collected, and moves the balances of their accounts and all ancestors (SPEC §6.1). */
export function closeBlocks(run: Pick<BatchRun, 'changes' | 'source' | 'rows' | 'state'>): Set<Balance> {
  const { changes, rows } = run;
  const moved = new Set<Balance>();
  const source = sourceBytes(run.source);
  for (const group of rows.groups) {
    changes.line((out) => writeBlock(out, group, rows, source));
    group.chain.amount += amountOf(group);
    group.chain.isMoved = true;
  }
  for (const { chain } of rows.groups) {
    if (!chain.isMoved) continue;
    chain.isMoved = false;
    chain.balances.forEach((balance, level) => {
      if (level === 0) balance.own += chain.amount;
      balance.total += chain.amount;
      changes.balance(balance);
      moved.add(balance);
    });
    chain.amount = 0n;
  }
  run.state.totals.blocks += rows.groups.length;
  rows.clear();
  return moved;
}
