/** Single figures and short series for pages. */
import type { LiveState } from '#core/messages/api.ts';
import type { Store } from '#platform/clickhouse/index.ts';
import { aggregatorLimits } from '../limits.ts';
import { rowStart, upTo } from './filters.ts';
import { isCovered, loadedHeads } from './heads.ts';
import { resourceNames } from './names.ts';

/** Rated samples in the store, of loads that are whole; a sample with several charge rows counts once. */
export async function countSamples(store: Store): Promise<number> {
  const rows = await store.query<{ samples: string }>(
    `SELECT sum(samples) AS samples FROM valid_blocks WHERE ${isCovered}`,
    await loadedHeads(store),
  );
  return Number(rows[0]?.samples ?? 0);
}

/** Charges in the currency per minute of log time from `fromMs`, of commits up to `outSeqMax`: [minute start ms, amount], ascending. */
export async function minutes(
  store: Store,
  tenant: string,
  {
    partition,
    currency,
    outSeqMax,
    fromMs,
  }: { readonly partition: number; readonly currency: string; readonly outSeqMax: number; readonly fromMs: number },
): Promise<[number, string][]> {
  const rows = await store.query<{ minute: number; charge: string }>(
    `SELECT toUnixTimestamp(toStartOfMinute(log_time)) AS minute, sum(toDecimal256(amount, 12)) AS charge FROM valid_blocks
     WHERE tenant = {tenant:String} AND currency = {currency:String} AND ${upTo('outSeqMax')}
       AND log_time >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
     GROUP BY minute ORDER BY minute`,
    { tenant, partition, currency, outSeqMax, fromMs },
  );
  return rows.map((row) => [row.minute * 1000, row.charge]);
}

/** Resources with the highest charges in the currency, of samples that start in [startMs, endMs), per account that they belonged to. */
export async function topResources(
  store: Store,
  tenant: string,
  { startMs, endMs, currency }: { readonly startMs: number; readonly endMs: number; readonly currency: string },
): Promise<LiveState['topResources']> {
  const rows = await store.query<{ id: number; account: number; charge: string }>(
    `SELECT row_resource AS id, account, sum(toDecimal256(row_amount, 12)) AS charge FROM valid_blocks
     ARRAY JOIN resource AS row_resource, offset AS row_offset, amounts AS row_amount
     WHERE tenant = {tenant:String} AND currency = {currency:String} AND row_resource > 0
       AND last >= fromUnixTimestamp64Milli({startMs:Int64}, 'UTC') AND first < fromUnixTimestamp64Milli({endMs:Int64}, 'UTC')
       AND ${rowStart} >= fromUnixTimestamp64Milli({startMs:Int64}, 'UTC') AND ${rowStart} < fromUnixTimestamp64Milli({endMs:Int64}, 'UTC')
     GROUP BY id, account ORDER BY charge DESC, id LIMIT ${aggregatorLimits.topResourcesMax}`,
    { tenant, startMs, endMs, currency },
  );
  const names = await resourceNames(
    store,
    tenant,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({ resource: names.get(row.id) ?? '', account: row.account, amount: row.charge }));
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
