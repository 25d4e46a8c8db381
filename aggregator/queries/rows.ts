import type { RatedRow } from '#core/messages/api.ts';
import type { Parameters, Store } from '#platform/clickhouse/index.ts';
import { aggregatorError } from '../errors.ts';
import { all, conditionsOf, rowStart, type Filters, type Scope } from './filters.ts';
import { resourceNames } from './names.ts';

export interface RowsQuestion {
  readonly scope: Scope;
  readonly filters: Filters;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Where a row lies in the log. */
interface Place {
  readonly partition: number;
  readonly incarnation: number;
  readonly outSeq: number;
  readonly block: number;
  readonly position: number;
}

/** Reads `<partition>-<incarnation>-<outSeq>-<block>-<position>`; undefined when the text is not that. */
export function placeOf(id: string): Place | undefined {
  const match = /^(\d{1,5})-(\d{1,10})-(\d{1,16})-(\d{1,10})-(\d{1,10})$/.exec(id);
  if (match === null) return undefined;
  const [partition, incarnation, outSeq, block, position] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const fits = partition < 2 ** 16 && Math.max(incarnation, block, position) < 2 ** 32 && Number.isSafeInteger(outSeq);
  return fits ? { partition, incarnation, outSeq, block, position } : undefined;
}

interface FoundRow extends Omit<
  RatedRow,
  | 'id'
  | 'resource'
  | 'seq'
  | 'startMs'
  | 'endMs'
  | 'periodStartMs'
  | 'bookedStartMs'
  | 'closedUntilMs'
  | 'outSeq'
  | 'usageSeq'
  | 'logTimeMs'
> {
  readonly incarnation: number;
  readonly block: number;
  readonly position: number;
  readonly row_resource: number;
  readonly seq: string;
  readonly start_ms: string;
  readonly row_duration: string;
  readonly period_ms: string;
  readonly booked_ms: string;
  readonly closed_ms: string;
  readonly out_seq: string;
  readonly usage_seq: string;
  readonly log_time_ms: string;
}

/** Selects single rows of the blocks that `blocks` finds; `where` is about the rows. */
const rowsOf = (blocks: string, where: string): string => `
  SELECT account, service, component, meter, price, cell, currency, kind, producer, epoch, seq, partition, incarnation, out_seq, block,
    row_position AS position, row_resource, row_index AS index, toUnixTimestamp64Milli(${rowStart}) AS start_ms, row_duration,
    toUnixTimestamp64Milli(period_start) AS period_ms, toUnixTimestamp64Milli(booked_start) AS booked_ms, toUnixTimestamp64Milli(closed_until) AS closed_ms,
    row_quantity AS quantity, row_amount AS amount, usage_seq, toUnixTimestamp64Milli(log_time) AS log_time_ms, correction, reverses
  FROM (${blocks})
  ARRAY JOIN resource AS row_resource, idx AS row_index, offset AS row_offset, duration AS row_duration,
    quantities AS row_quantity, amounts AS row_amount, range(count) AS row_position
  WHERE ${where}`;

const blockColumnsOfRows = `account, service, component, meter, price, cell, currency, kind, producer, epoch, seq, partition, incarnation, out_seq,
  block, first, period_start, booked_start, closed_until, usage_seq, log_time, correction, reverses, count, resource, idx, offset, duration, quantities, amounts`;

/** One page of rows, newest in the log first. The cursor is the last row's id. */
export async function rows(
  store: Store,
  { scope, filters, limit, cursor }: RowsQuestion,
): Promise<{ readonly rows: readonly RatedRow[]; readonly cursor: string | null }> {
  const conditions = conditionsOf(scope, filters);
  const after = cursor === undefined ? undefined : placeOf(cursor);
  if (cursor !== undefined && (after === undefined || after.partition > scope.partition))
    throw aggregatorError('CURSOR_INVALID');
  const isWanted = rowCondition(conditions.rows);
  if (after !== undefined) {
    const place = '{afterPartition:UInt16}, {outSeq:UInt64}, {incarnation:UInt32}, {block:UInt32}';
    conditions.blocks.push(`(partition, out_seq, incarnation, block) <= (${place})`);
    conditions.rows.push(`(partition, out_seq, incarnation, block, row_position) < (${place}, {position:UInt32})`);
  }
  // Each block found holds a row that is asked for, but for the cursor's own.
  const blocks = `SELECT ${blockColumnsOfRows} FROM valid_blocks WHERE ${all(conditions.blocks)} AND ${isWanted}
    ORDER BY partition DESC, out_seq DESC, incarnation DESC, block DESC LIMIT ${limit + 2}`;
  const sql = `${rowsOf(blocks, all(conditions.rows))}
    ORDER BY partition DESC, out_seq DESC, incarnation DESC, block DESC, position DESC LIMIT ${limit + 1}`;
  const { partition: afterPartition, ...from } = after ?? {};
  const found = await select(store, scope.tenant, sql, {
    ...conditions.parameters,
    ...(afterPartition === undefined ? {} : { ...from, afterPartition }),
  });
  const page = found.slice(0, limit);
  return { rows: page, cursor: found.length > limit ? (page.at(-1)?.id ?? null) : null };
}

/** Whether a block holds a single row that meets all conditions on rows. */
function rowCondition(rows: readonly string[]): string {
  if (rows.length === 0) return '1';
  const single = all(rows).replaceAll('row_resource', 'r').replaceAll('row_offset', 'o');
  return `arrayExists((r, o) -> ${single}, resource, offset)`;
}

/** The row of that id, when it is the tenant's. */
export async function rowById(store: Store, tenant: string, id: string): Promise<RatedRow | undefined> {
  const place = placeOf(id);
  if (place === undefined) return undefined;
  const blocks = `SELECT ${blockColumnsOfRows} FROM valid_blocks WHERE tenant = {tenant:String} AND ${atPlace}`;
  const found = await select(store, tenant, rowsOf(blocks, 'row_position = {position:UInt32}'), { tenant, ...place });
  return found[0];
}

/** The row that this one reverses; undefined for others. */
export async function reversedRow(store: Store, tenant: string, row: RatedRow): Promise<RatedRow | undefined> {
  const place = placeOf(`${row.reverses}-0`);
  if (place === undefined) return undefined;
  const { position: _, ...block } = place;
  const blocks = `SELECT ${blockColumnsOfRows} FROM valid_blocks WHERE tenant = {tenant:String} AND ${atPlace}`;
  return (await select(store, tenant, rowsOf(blocks, ofSample), { tenant, ...block, ...sampleOf(row) }))[0];
}

/** The row that reverses this one; undefined where none does. */
export async function reversingRow(store: Store, tenant: string, row: RatedRow): Promise<RatedRow | undefined> {
  const blocks = `SELECT ${blockColumnsOfRows} FROM valid_blocks WHERE tenant = {tenant:String} AND reverses = {ref:String}`;
  const ref = row.id.slice(0, row.id.lastIndexOf('-'));
  return (await select(store, tenant, rowsOf(blocks, ofSample), { tenant, ref, ...sampleOf(row) }))[0];
}

/** Within a block a row is told by the sample and where it starts. */
const ofSample = `row_index = {index:UInt32} AND ${rowStart} = fromUnixTimestamp64Milli({startMs:Int64}, 'UTC')`;
const sampleOf = ({ index, startMs }: RatedRow) => ({ index, startMs });

const atPlace =
  'partition = {partition:UInt16} AND incarnation = {incarnation:UInt32} AND out_seq = {outSeq:UInt64} AND block = {block:UInt32}';

async function select(store: Store, tenant: string, sql: string, parameters: Parameters): Promise<RatedRow[]> {
  const found = await store.query<FoundRow>(sql, parameters);
  const names = await resourceNames(
    store,
    tenant,
    found.map((row) => row.row_resource),
  );
  return found.map((row) => toRatedRow(row, names.get(row.row_resource) ?? ''));
}

function toRatedRow(row: FoundRow, resource: string): RatedRow {
  const {
    account,
    service,
    component,
    meter,
    price,
    cell,
    currency,
    kind,
    producer,
    epoch,
    index,
    quantity,
    amount,
    partition,
    correction,
    reverses,
  } = row;
  return {
    id: `${partition}-${row.incarnation}-${row.out_seq}-${row.block}-${row.position}`,
    account,
    resource,
    service,
    component,
    meter,
    price,
    cell,
    currency,
    kind,
    producer,
    epoch,
    seq: Number(row.seq),
    index,
    startMs: Number(row.start_ms),
    endMs: Number(row.start_ms) + Number(row.row_duration),
    periodStartMs: Number(row.period_ms),
    bookedStartMs: Number(row.booked_ms),
    closedUntilMs: Number(row.closed_ms),
    quantity,
    amount,
    partition,
    outSeq: Number(row.out_seq),
    usageSeq: Number(row.usage_seq),
    logTimeMs: Number(row.log_time_ms),
    correction,
    reverses,
  };
}
