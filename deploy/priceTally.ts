import type { TallyCommits, TallyQuestion } from '#dashboards/index.ts';
import type { Store } from '#platform/clickhouse/index.ts';

/** Commits named at either end, and stretches of the period whose first and last commit are named. */
const commitsMax = 20;
const slotMs = 900_000;
const slotsMax = 3000;

/** Commits with rows of a price in an account and period, for whoever looks for one of its tallies. */
export async function tallyCommits(store: Store, tenant: string, question: TallyQuestion): Promise<TallyCommits> {
  const { partition, account, price, meter, periodStartMs, resource } = question;
  const parameters = { tenant, partition, account, price, meter, periodStartMs, resource: resource ?? '' };
  const number = `(SELECT any(id) FROM resources WHERE tenant = {tenant:String} AND name = {resource:String})`;
  const from = `FROM valid_blocks
    WHERE tenant = {tenant:String} AND partition = {partition:UInt16} AND account = {account:UInt32} AND price = {price:UInt32}
      AND meter = {meter:String} AND kind IN ('usage', 'adjustment')
      AND toUnixTimestamp64Milli(period_start) = {periodStartMs:Int64}
      ${resource === undefined ? '' : `AND (kind = 'adjustment' OR has(resource, ${number}))`}`;
  const [ends] = await store.query<{ first: string[]; newest: string[]; number: number }>(
    `SELECT arraySort(groupUniqArray(out_seq)) AS all, arraySlice(all, 1, ${commitsMax}) AS first,
       arrayReverse(arraySlice(all, -${commitsMax})) AS newest, ${resource === undefined ? '0' : `ifNull(${number}, 0)`} AS number
     ${from}`,
    parameters,
  );
  const slots = await store.query<{ slot: string; reached: string; opened: string; closed: string }>(
    `SELECT intDiv(toUnixTimestamp64Milli(first), ${slotMs}) * ${slotMs} AS slot, max(toUnixTimestamp64Milli(last)) AS reached,
       min(out_seq) AS opened, max(out_seq) AS closed
     ${from} GROUP BY slot ORDER BY slot LIMIT ${slotsMax}`,
    parameters,
  );
  return {
    resource: ends?.number ?? 0,
    first: (ends?.first ?? []).map(Number),
    newest: (ends?.newest ?? []).map(Number),
    slots: slots.map(({ slot, reached, opened, closed }) => ({
      startMs: Number(slot),
      endMs: Number(reached),
      first: Number(opened),
      last: Number(closed),
    })),
  };
}
