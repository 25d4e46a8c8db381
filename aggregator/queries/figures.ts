/** Single figures and short series for pages. */
import type { LiveState, RatedRow } from '#core/messages/api.ts';
import type { Refusal } from '#core/messages/rated.ts';
import type { Store } from '#platform/clickhouse/index.ts';
import { aggregatorLimits } from '../limits.ts';
import { rowStart } from './filters.ts';
import { resourceNames } from './names.ts';
import { atPlace, placeOf } from './rows.ts';

/** Rated samples in the store; a sample with several charge rows counts once. */
export async function countSamples(store: Store): Promise<number> {
  const rows = await store.query<{ samples: string }>('SELECT sum(samples) AS samples FROM valid_blocks');
  return Number(rows[0]?.samples ?? 0);
}

/** Charges per minute of log time from `fromMs`, of commits up to `outSeqMax`: [minute start ms, amount], ascending. */
export async function minutes(
  store: Store,
  tenant: string,
  { partition, outSeqMax, fromMs }: { readonly partition: number; readonly outSeqMax: number; readonly fromMs: number },
): Promise<[number, string][]> {
  const rows = await store.query<{ minute: number; charge: string }>(
    `SELECT toUnixTimestamp(toStartOfMinute(log_time)) AS minute, sum(amount) AS charge FROM valid_blocks
     WHERE tenant = {tenant:String} AND partition = {partition:UInt16} AND out_seq <= {outSeqMax:UInt64}
       AND log_time >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
     GROUP BY minute ORDER BY minute`,
    { tenant, partition, outSeqMax, fromMs },
  );
  return rows.map((row) => [row.minute * 1000, row.charge]);
}

/** Resources with the highest charges of samples that start in [startMs, endMs), per account that they belonged to. */
export async function topResources(
  store: Store,
  tenant: string,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): Promise<LiveState['topResources']> {
  const rows = await store.query<{ id: number; account: number; charge: string }>(
    `SELECT row_resource AS id, account, sum(row_amount) AS charge FROM valid_blocks
     ARRAY JOIN resource AS row_resource, offset AS row_offset, amounts AS row_amount
     WHERE tenant = {tenant:String} AND row_resource > 0
       AND last >= fromUnixTimestamp64Milli({startMs:Int64}, 'UTC') AND first < fromUnixTimestamp64Milli({endMs:Int64}, 'UTC')
       AND ${rowStart} >= fromUnixTimestamp64Milli({startMs:Int64}, 'UTC') AND ${rowStart} < fromUnixTimestamp64Milli({endMs:Int64}, 'UTC')
     GROUP BY id, account ORDER BY charge DESC, id LIMIT ${aggregatorLimits.topResourcesMax}`,
    { tenant, startMs, endMs },
  );
  const names = await resourceNames(
    store,
    tenant,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({ resource: names.get(row.id) ?? '', account: row.account, amount: row.charge }));
}

/** Quantity that the row's tally had reached before the row, in log order; decimal text. */
export async function tallyBefore(store: Store, tenant: string, row: RatedRow, perResource: boolean): Promise<string> {
  const place = placeOf(row.id);
  if (place === undefined) return '0';
  const mine = perResource ? 'resource[i] = (SELECT row_resource FROM target)' : '1';
  const rows = await store.query<{ quantity: string }>(
    `WITH target AS (
       SELECT period_start, resource[{position:UInt32} + 1] AS row_resource FROM valid_blocks WHERE tenant = {tenant:String} AND ${atPlace}
     )
     SELECT sum(arraySum(arrayMap((q, i) -> if(${mine}
         AND (out_seq, block, i) < ({outSeq:UInt64}, {block:UInt32}, {position:UInt32} + 1), q, toDecimal128(0, 12)),
       quantities, arrayEnumerate(quantities)))) AS quantity
     FROM valid_blocks
     WHERE tenant = {tenant:String} AND account = {account:UInt32} AND price = {price:UInt32} AND meter = {meter:String}
       AND kind = {kind:String} AND period_start = (SELECT period_start FROM target) AND out_seq <= {outSeq:UInt64}`,
    { tenant, ...place, account: row.account, price: row.price, meter: row.meter, kind: row.kind },
  );
  return rows[0]?.quantity ?? '0';
}

/** Distinct resources that were ever charged to one of the accounts. */
export async function countResources(store: Store, tenant: string, accounts: readonly number[]): Promise<number> {
  if (accounts.length === 0) return 0;
  const rows = await store.query<{ resources: string }>(
    `SELECT length(groupUniqArrayArray(resource)) AS resources FROM valid_blocks
     WHERE tenant = {tenant:String} AND account IN {accounts:Array(UInt32)}`,
    { tenant, accounts },
  );
  return Number(rows[0]?.resources ?? 0);
}

/** Samples that a meter takes but that had no price when they were rated. */
export async function countUnpriced(store: Store, tenant: string): Promise<number> {
  const rows = await store.query<{ samples: string }>(
    `SELECT sum(samples) AS samples FROM valid_blocks WHERE tenant = {tenant:String} AND kind = 'unpriced'`,
    { tenant },
  );
  return Number(rows[0]?.samples ?? 0);
}

/** Refusals before `beforeMs` of log time, newest first. */
export async function listRefusals(
  store: Store,
  tenant: string,
  { limit, beforeMs }: { readonly limit: number; readonly beforeMs: number },
): Promise<Refusal[]> {
  const rows = await store.query<Record<string, string | number>>(
    `SELECT tenant, producer, epoch, seq, idx, reason, detail, samples, stream, input_seq, toUnixTimestamp64Milli(log_time) AS log_time_ms
     FROM refusals WHERE tenant = {tenant:String} AND log_time < fromUnixTimestamp64Milli({beforeMs:Int64}, 'UTC')
     ORDER BY log_time DESC, out_seq DESC, seq DESC, idx DESC LIMIT {limit:UInt32}`,
    { tenant, beforeMs, limit },
  );
  return rows.map(
    (row) =>
      ({
        tenant: row['tenant'],
        producer: row['producer'],
        epoch: row['epoch'],
        seq: Number(row['seq']),
        index: row['idx'],
        reason: row['reason'],
        detail: row['detail'],
        samples: row['samples'],
        stream: row['stream'],
        inputSeq: Number(row['input_seq']),
        logTimeMs: Number(row['log_time_ms']),
      }) as Refusal,
  );
}
