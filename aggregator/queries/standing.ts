/** Which samples a tally is made of: rows that stand, whoever took them back and brought them back meanwhile (SPEC §16.6). */
import { correctableKinds, type CorrectedTally, type CorrectionSelection } from '#core/messages/correction.ts';
import type { Parameters, Store } from '#platform/clickhouse/index.ts';
import { conditionsOf } from './corrections.ts';
import { all, upTo, type Scope } from './filters.ts';
import { resourceNames } from './names.ts';

/** Rows of the tallies of some prices: `account` is whose the row is. */
export type RowPlace = CorrectedTally;

export interface StandingRow extends RowPlace {
  /** Where its sample is. */
  readonly partition: number;
  readonly usageSeq: number;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  readonly index: number;
  readonly startMs: number;
  readonly durationMs: number;
  /** Commit and block of the first row of it. */
  readonly order: BlockOrder;
  /** Whether it counts, and whether it would once the selection is corrected. */
  readonly stands: boolean;
  readonly wouldStand: boolean;
}

export type BlockOrder = readonly [partition: number, outSeq: number, block: number];

export interface StandingQuestion {
  readonly scope: Scope;
  readonly places: readonly Omit<RowPlace, 'account' | 'resource'>[];
  readonly selection: CorrectionSelection | undefined;
  /** Rows of messages of `USAGE` behind this one. */
  readonly afterSeq: number;
}

/** Rows of a page at about, in whole messages, and messages. */
const pageRows = 20_000;
const pageMessages = 2000;

/** By message, sample and part; `lastSeq` is null behind the last of them. */
export async function standingRows(
  store: Store,
  { scope, places, selection, afterSeq }: StandingQuestion,
): Promise<{ readonly rows: readonly StandingRow[]; readonly lastSeq: number | null }> {
  const parameters: Record<string, Parameters[string]> = { ...scope, afterSeq };
  const of = all(['tenant = {tenant:String}', upTo('outSeqMax'), `kind IN ('${correctableKinds.join("', '")}')`, placesIn(places, parameters)]);
  const messages = await store.query<{ usage_seq: string; rows: string }>(
    `SELECT usage_seq, sum(count) AS rows FROM valid_blocks WHERE ${of} AND usage_seq > {afterSeq:UInt64} GROUP BY usage_seq ORDER BY usage_seq LIMIT ${pageMessages}`,
    parameters,
  );
  let count = 0;
  const last = messages.find((each) => (count += Number(each.rows)) >= pageRows) ?? messages.at(-1);
  if (last === undefined) return { rows: [], lastSeq: null };
  Object.assign(parameters, { lastSeq: Number(last.usage_seq) });
  const found = await store.query<Found>(
    `SELECT account, price, meter, cell, toUnixTimestamp64Milli(period_start) AS period_ms, any(row_resource) AS resource_id, producer, epoch, seq, usage_seq, row_index,
       toUnixTimestamp64Milli(${rowStart}) AS start_ms, toString(any(row_duration)) AS length_ms, sum(if(kind = 'void', -1, 1)) AS standing,
       argMax(${isSelected(selection, parameters)}, (partition, out_seq, block)) AS is_selected, min((partition, out_seq, block)) AS block_order
     FROM valid_blocks ARRAY JOIN resource AS row_resource, idx AS row_index, offset AS row_offset, duration AS row_duration
     WHERE ${of} AND usage_seq > {afterSeq:UInt64} AND usage_seq <= {lastSeq:UInt64}
     GROUP BY account, price, meter, cell, period_ms, producer, epoch, seq, usage_seq, row_index, start_ms
     ORDER BY block_order.1, usage_seq, row_index, start_ms`,
    parameters,
  );
  const names = await resourceNames(store, scope.tenant, found.map(({ resource_id }) => resource_id));
  const isAll = messages.length < pageMessages && last === messages.at(-1);
  return { rows: found.map((row) => standing(row, names.get(row.resource_id) ?? '')), lastSeq: isAll ? null : Number(last.usage_seq) };
} // prettier-ignore

const rowStart = 'addMilliseconds(first, row_offset)';

interface Found {
  readonly account: number;
  readonly price: number;
  readonly meter: string;
  readonly cell: string;
  readonly period_ms: string;
  readonly resource_id: number;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: string;
  readonly usage_seq: string;
  readonly row_index: number;
  readonly start_ms: string;
  readonly length_ms: string;
  readonly standing: string;
  readonly is_selected: number;
  readonly block_order: readonly [number, string, number];
}

function standing(found: Found, resource: string): StandingRow {
  const { account, price, meter, cell, producer, epoch, block_order: [partition, outSeq, block] } = found;
  const stands = Number(found.standing) > 0;
  return {
    account, price, meter, cell, periodStartMs: Number(found.period_ms), resource, partition: Number(partition), usageSeq: Number(found.usage_seq), producer, epoch,
    seq: Number(found.seq), index: found.row_index, startMs: Number(found.start_ms), durationMs: Number(found.length_ms),
    order: [Number(partition), Number(outSeq), Number(block)], stands, wouldStand: stands !== (found.is_selected === 1),
  };
} // prettier-ignore

function placesIn(places: StandingQuestion['places'], parameters: Record<string, Parameters[string]>): string {
  const tuples = places.map(({ price, meter, cell, periodStartMs }, i) => {
    Object.assign(parameters, { [`price${i}`]: price, [`meter${i}`]: meter, [`cell${i}`]: cell, [`period${i}`]: periodStartMs }); // prettier-ignore
    return `({price${i}:UInt32}, {meter${i}:String}, {cell${i}:String}, fromUnixTimestamp64Milli({period${i}:Int64}, 'UTC'))`;
  });
  return `(price, meter, cell, period_start) IN (${tuples.join(', ')})`;
}

/** Of a joined row: whether the selection is about it, where it is the last word on its sample. */
function isSelected(selection: CorrectionSelection | undefined, parameters: Record<string, Parameters[string]>): string {
  if (selection === undefined) return 'false';
  const conditions = [...conditionsOf(selection, parameters)];
  if (selection.fromMs !== undefined) conditions.push(`toUnixTimestamp64Milli(${rowStart}) >= {fromMs:Int64}`);
  if (selection.toMs !== undefined) conditions.push(`toUnixTimestamp64Milli(${rowStart}) < {toMs:Int64}`);
  if (selection.resource !== undefined) conditions.push(`row_resource IN (SELECT id FROM resources WHERE tenant = {tenant:String} AND ${isNamed})`);
  return all(conditions);
} // prettier-ignore

/** A resource, or all below one. */
const isNamed = `(name = {resource:String} OR (endsWith({resource:String}, '/*') AND startsWith(name, substring({resource:String}, 1, length({resource:String}) - 1))))`;

/** Places of the rows that a correction took back or brought back. */
export async function correctedPlaces(store: Store, scope: Scope, correction: string): Promise<RowPlace[]> {
  const found = await store.query<Pick<Found, 'account' | 'price' | 'meter' | 'cell' | 'period_ms' | 'resource_id'>>(
    `SELECT DISTINCT account, price, meter, cell, toUnixTimestamp64Milli(period_start) AS period_ms, row_resource AS resource_id
     FROM valid_blocks ARRAY JOIN resource AS row_resource
     WHERE tenant = {tenant:String} AND ${upTo('outSeqMax')} AND correction = {correction:String} AND kind IN ('void', 'corrected')
     ORDER BY price, account, period_ms, meter, cell, resource_id`,
    { ...scope, correction },
  );
  const names = await resourceNames(store, scope.tenant, found.map(({ resource_id }) => resource_id));
  return found.map(({ period_ms, resource_id, ...place }) => ({ ...place, periodStartMs: Number(period_ms), resource: names.get(resource_id) ?? '' }));
} // prettier-ignore

/** What came without a price and was taken over by one (SPEC §5.5): the rows that moved it, in the order of the log. */
export interface Arrival {
  readonly order: BlockOrder;
  readonly account: number;
  readonly price: number;
  readonly meter: string;
  readonly cell: string;
  readonly periodStartMs: number;
  readonly firstMs: number;
}

/** Of these meters, all rows of kind adjustment that no correction booked. */
export async function adjustments(store: Store, scope: Scope, meters: readonly string[]): Promise<Arrival[]> {
  const found = await store.query<Pick<Found, 'account' | 'price' | 'meter' | 'cell' | 'period_ms'> & { first_ms: string; block_order: readonly [number, string, number] }>(
    `SELECT (partition, out_seq, block) AS block_order, account, price, meter, cell, toUnixTimestamp64Milli(period_start) AS period_ms, toUnixTimestamp64Milli(first) AS first_ms
     FROM valid_blocks WHERE tenant = {tenant:String} AND ${upTo('outSeqMax')} AND kind = 'adjustment' AND correction = '' AND meter IN {meters:Array(String)}
     ORDER BY partition, out_seq, block`,
    { ...scope, meters },
  );
  return found.map(({ block_order: [partition, outSeq, block], period_ms, first_ms, ...place }) => ({
    ...place, order: [Number(partition), Number(outSeq), Number(block)], periodStartMs: Number(period_ms), firstMs: Number(first_ms),
  }));
} // prettier-ignore
