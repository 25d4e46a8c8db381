/** The rated blocks of a tenant in the order of the log, a page at a time: what a simulation prices anew. */
import { z } from 'zod';
import { blockColumns } from '#core/messages/rated.ts';
import { batchLimits } from '#core/metering/batch.ts';
import type { Parameters, Store } from '#platform/clickhouse/index.ts';
import { aggregatorError } from '../errors.ts';
import { all, conditionsOf, upTo, type Scope } from './filters.ts';

export interface BlocksQuestion {
  readonly scope: Scope;
  /** A stretch of log time, or of usage time; UTC ms, from inclusive, to exclusive. */
  readonly time: 'log' | 'usage';
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface BlocksPage {
  /** Columns by their names in `rated_blocks`; instants in UTC ms. */
  readonly blocks: readonly StoredBlock[];
  readonly cursor: string | null;
}

const columns = [
  'partition', 'out_seq', 'block', 'tenant', 'account', 'service', 'component', 'meter', 'price', 'cell', 'currency', 'kind', 'usage_seq',
  'log_time', 'correction', 'first', 'last', 'quantity', 'amount', 'resource', 'idx', 'offset', 'duration', 'quantities', 'amounts',
] as const; // prettier-ignore

/** Every value as text, for decimals and sequences are: so it goes over the wire, and so a block of the log is read. */
export const storedBlockSchema = z.record(z.enum(columns), z.union([z.string(), z.array(z.string()).readonly()]));
export type StoredBlock = Readonly<Record<(typeof columns)[number], string | readonly string[]>>;

const selected = columns
  .map((name) => {
    const type = new Map<string, string>(blockColumns).get(name)!;
    if (type.startsWith('DateTime')) return `toString(toUnixTimestamp64Milli(b.${name})) AS ${name}`;
    return type.startsWith('Array') ? `b.${name}::Array(String) AS ${name}` : `toString(b.${name}) AS ${name}`;
  })
  .join(', ');

const instant = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;

/**
 * Everything of the tally periods and months that the stretch touches, for tiers and allowances go on from what came before in them, and
 * the other parts of samples that reach into them. Of log time nothing is given that came after the stretch.
 */
export async function blocksInOrder(store: Store, question: BlocksQuestion): Promise<BlocksPage> {
  const { scope, time, from, to, limit, cursor } = question;
  const after = cursor === undefined ? undefined : placeOf(cursor);
  // Later pages are as of the first one.
  const outSeqMax = after?.outSeqMax ?? scope.outSeqMax;
  const { blocks, parameters } = conditionsOf({ ...scope, outSeqMax }, {});
  const bounds: Record<string, number> = {};
  const inStretch = [...blocks];
  if (from !== undefined) {
    inStretch.push(`${time === 'log' ? 'log_time' : 'last'} >= ${instant('from')}`);
    bounds['from'] = from;
  }
  if (to !== undefined) {
    inStretch.push(`${time === 'log' ? 'log_time' : 'first'} < ${instant('to')}`);
    if (time === 'log') blocks.push(`log_time < ${instant('to')}`);
    bounds['to'] = to;
  }
  const reach = batchLimits.durationMsMax;
  blocks.push(
    // Months of any zone, for what is tallied by the week now may be by the month.
    `last >= (SELECT addMilliseconds(least(min(period_start), toDateTime64(toStartOfMonth(min(first)), 3, 'UTC')), -${reach}) FROM valid_blocks
      WHERE ${all(inStretch)})`,
    `first < (SELECT addMilliseconds(max(period_end), ${reach}) FROM valid_blocks WHERE ${all(inStretch)})`,
  );
  const asked: Record<string, Parameters[string]> = { ...parameters, ...bounds };
  if (after !== undefined) {
    blocks.push('(partition, out_seq, block) > ({afterPartition:UInt16}, {afterSeq:UInt64}, {afterBlock:UInt32})');
    [asked['afterPartition'], asked['afterSeq'], asked['afterBlock']] = [after.partition, after.outSeq, after.block];
  }
  const found = await store.query<StoredBlock>(
    `SELECT ${selected} FROM (SELECT * FROM valid_blocks WHERE ${all(blocks)} ORDER BY partition, out_seq, block LIMIT ${limit}) AS b
     ORDER BY b.partition, b.out_seq, b.block`,
    asked,
  );
  const last = found.length < limit ? undefined : found.at(-1);
  return {
    blocks: found,
    cursor: last === undefined ? null : [outSeqMax, last.partition, last.out_seq, last.block].join('-'),
  };
}

interface Place {
  readonly outSeqMax: number;
  readonly partition: number;
  readonly outSeq: number;
  readonly block: number;
}

function placeOf(cursor: string): Place {
  const parts = /^(\d{1,15})-(\d{1,5})-(\d{1,15})-(\d{1,10})$/.exec(cursor) ?? [];
  const [outSeqMax, partition, outSeq, block] = parts.slice(1).map(Number);
  if (outSeqMax === undefined || partition === undefined || outSeq === undefined || block === undefined)
    throw aggregatorError('CURSOR_INVALID');
  return { outSeqMax, partition, outSeq, block };
}

/** Samples refused in the stretch; what was refused has no usage time, so that of usage time all count. */
export async function refusedSamples(store: Store, { scope, time, from, to }: BlocksQuestion): Promise<number> {
  const { tenant, partition, outSeqMax } = scope;
  const conditions = ['tenant = {tenant:String}', upTo('outSeqMax')];
  const parameters: Record<string, Parameters[string]> = { tenant, partition, outSeqMax };
  if (time === 'log' && from !== undefined) {
    conditions.push(`log_time >= ${instant('from')}`);
    parameters['from'] = from;
  }
  if (time === 'log' && to !== undefined) {
    conditions.push(`log_time < ${instant('to')}`);
    parameters['to'] = to;
  }
  const rows = await store.query<{ refused: string }>(
    `SELECT toString(sum(samples)) AS refused FROM refusals WHERE ${all(conditions)}`,
    parameters,
  );
  return Number(rows[0]?.refused ?? 0);
}
