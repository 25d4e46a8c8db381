/** Rates the samples of a taken batch: the hot path (SPEC §3–§6.1). */
import { batchLimits } from '../metering/batch.ts';
import { instantMsMax, type Batch, type BatchRun } from './batch.ts';
import { closeBlocks } from './closeBlocks.ts';
import { dictionaryOf } from './dictionary.ts';
import { advance, growth } from './narrow.ts';
import { rateSample } from './rateSample.ts';
import { adjust } from './repricing.ts';
import { Rows } from './rows.ts';
import type { Balance, Series } from './state.ts';
import { settle } from './tally.ts';

export interface BatchResult {
  readonly rated: number;
  readonly refused: number;
  /** Balances that the batch moved. */
  readonly balances: ReadonlySet<Balance>;
}

export function rateBatch(run: BatchRun): BatchResult {
  const { body, producer, tenant } = run;
  const dictionary = dictionaryOf(producer, body, tenant.master.version, run.guardsOverlap);
  const batch: Batch = { ...run, dictionary, touched: [], late: [] };
  const times = timesOf(batch);
  const { s, k, q } = body;
  const { ready } = dictionary;
  let refused = 0;
  for (let index = 0; index < q.length; index++) {
    const quantity = q[index]!;
    const at = s[index]!;
    const tick = k[index]!;
    // Columns come as they were signed: what is no number must not be looked up, and may not even be able to be.
    const series = typeof at === 'number' ? ready[at] : undefined;
    const startMs = typeof tick === 'number' ? times.startsMs[tick] : undefined;
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
  const balances = batch.late.length === 0 ? closeBlocks(run) : closeLate(batch);
  return { rated: q.length - refused, refused, balances };
}

/** What tallies owed before comes before what the samples add. */
function closeLate(batch: Batch): Set<Balance> {
  const balances = new Set<Balance>();
  const apart = { ...batch, rows: new Rows() };
  for (const { tally, amount } of batch.late) for (const balance of adjust(apart, tally, amount)) balances.add(balance);
  return balances.union(closeBlocks(batch));
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
