/**
 * What the aggregator keeps. Every row says where in the log it comes from: `partition`, `incarnation`, `out_seq` (the
 * stream sequence of its commit) and `log_time`. Tables are partitioned by month of *log* time, which only moves forward
 * and is the same for a whole commit: so one insert makes one part, which is there or is not, without anybody parsing it.
 */
import { blockColumns } from '#core/messages/rated.ts';

export interface Table {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly orderBy: string;
  readonly indexes?: readonly string[];
}

const place = [
  ['partition', 'UInt16'],
  ['incarnation', 'UInt32'],
  ['out_seq', 'UInt64'],
  ['log_time', "DateTime64(3, 'UTC')"],
] as const;

/** The rated blocks, byte for byte as the rater wrote them. */
export const ratedBlocks: Table = {
  name: 'rated_blocks',
  columns: blockColumns,
  orderBy: 'tenant, account, service, period_start, meter, first, out_seq, block',
  indexes: [
    'INDEX out_seq_range out_seq TYPE minmax GRANULARITY 1',
    'INDEX log_time_range log_time TYPE minmax GRANULARITY 1',
    'INDEX first_range first TYPE minmax GRANULARITY 1',
    'INDEX last_range last TYPE minmax GRANULARITY 1',
  ],
};

/** How many samples each row of a block counts, 1 or 0: a sample in several rows counts with its first. */
export const samplesOfRows = 'arrayMap(i -> toUInt32(NOT has(secondary, i)), arrayEnumerate(idx))';

/** What the rater refused, and why. */
export const refusals: Table = {
  name: 'refusals',
  columns: [
    ...place,
    ['tenant', 'LowCardinality(String)'],
    ['producer', 'LowCardinality(String)'],
    ['epoch', 'String'],
    ['seq', 'UInt64'],
    ['idx', 'Int32'],
    ['reason', 'LowCardinality(String)'],
    ['detail', 'String'],
    ['samples', 'UInt32'],
    ['stream', 'LowCardinality(String)'],
    ['input_seq', 'UInt64'],
  ],
  orderBy: 'tenant, log_time, out_seq',
};

/** Alerts as decided; `alert` is the whole of it as JSON. */
export const alerts: Table = {
  name: 'alerts',
  columns: [
    ...place,
    ['tenant', 'LowCardinality(String)'],
    ['id', 'String'],
    ['source', 'LowCardinality(String)'],
    ['account', 'UInt32'],
    ['type', 'LowCardinality(String)'],
    ['action', 'LowCardinality(String)'],
    ['alert', 'String'],
  ],
  orderBy: 'tenant, log_time, id',
};

/** What happened to credits, as committed; a place is empty where a grant came or ended. */
export const creditEntries: Table = {
  name: 'credit_entries',
  columns: [
    ...place,
    ['n', 'UInt32'],
    ['tenant', 'LowCardinality(String)'],
    ['at', "DateTime64(3, 'UTC')"],
    ['reason', 'LowCardinality(String)'],
    ['credit_grant', 'String'],
    ['account', 'UInt32'],
    ['currency', 'LowCardinality(String)'],
    ['amount', 'Decimal(38, 12)'],
    ['place', 'String'],
    ['stream', 'LowCardinality(String)'],
    ['input_seq', 'UInt64'],
  ],
  orderBy: 'tenant, log_time, out_seq, n',
};

/** Names of resources by their number; numbers are unique within a tenant. */
export const resources: Table = {
  name: 'resources',
  columns: [...place, ['tenant', 'LowCardinality(String)'], ['id', 'UInt32'], ['name', 'String']],
  orderBy: 'tenant, id',
};

/** Take-overs. With `void_rows` > 0, rows of older incarnations beyond the base are void: views hide them at once. */
export const takeovers: Table = {
  name: 'takeovers',
  columns: [
    ...place,
    ['nonce', 'String'],
    ['base_incarnation', 'UInt32'],
    ['base_out_seq', 'UInt64'],
    ['void_rows', 'UInt64'],
  ],
  orderBy: 'partition, out_seq',
};

/**
 * One row a load, at its last commit: the counters since the partition began, and the balances that the load's commits
 * changed, as the log states them. The reconciliation holds the blocks against them.
 */
export const loads: Table = {
  name: 'loads',
  columns: [
    ...place,
    ['from_seq', 'UInt64'],
    ['samples_received', 'UInt64'],
    ['samples_rated', 'UInt64'],
    ['samples_duplicate', 'UInt64'],
    ['samples_refused', 'UInt64'],
    ['alerts', 'UInt64'],
    ['blocks', 'UInt64'],
    ['balance_tenant', 'Array(LowCardinality(String))'],
    ['balance_account', 'Array(UInt32)'],
    ['balance_period_ms', 'Array(Int64)'],
    ['balance_currency', 'Array(LowCardinality(String))'],
    ['balance_own', 'Array(Decimal(38, 12))'],
  ],
  orderBy: 'partition, out_seq',
};

/** In the order in which a load writes them; `loads` comes last and so marks a load that is whole. */
export const tables = [ratedBlocks, resources, refusals, alerts, creditEntries, takeovers, loads] as const;
