/** What the samples of one batch share while they are rated. */
import type { BatchBody } from '../metering/batch.ts';
import type { BlockSource, Groups } from './block.ts';
import type { Changes } from './changes.ts';
import type { Dictionary, Fault } from './dictionary.ts';
import { cellOf, isOwnCell } from './rollover.ts';
import type { Rows } from './rows.ts';
import type { PartitionState, Producer, Series, Tally, Tenant } from './state.ts';
import { seatCursor } from './tally.ts';

/** Instants that ClickHouse's text form takes: 0 to the year 2286. */
export const instantMsMax = 9_999_999_999_999;

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
  /** What the tallies of its samples owed by points that had come (SPEC §8.8). */
  readonly late: { readonly tally: Tally; readonly amount: bigint }[];
}

/** Lets the fast path take the series from now on, where its plan and its tallies allow it. */
export function makeReady(batch: Batch, seriesIndex: number, series: Series): void {
  const { plan } = series;
  if (
    batch.dictionary.isAmbiguous ||
    plan === undefined ||
    !plan.isSimple ||
    plan.masterVersion !== batch.tenant.master.version
  )
    return;
  for (const { tally, price, cell, group } of plan.lanes) {
    if (tally !== undefined && tally.cursor === undefined)
      seatCursor(tally, isOwnCell(price, tally) ? cellOf(batch.tenant.master, tally) : cell, group.scale);
  }
  batch.dictionary.ready[seriesIndex] = series;
}
