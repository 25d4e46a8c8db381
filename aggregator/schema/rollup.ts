import type { Store } from '#platform/clickhouse/index.ts';
import { samplesOfRows } from './tables.ts';

/** Sums per UTC day: for reports over long times; no document is ever made from them. */
export const createRollup = (name: string): string => `CREATE TABLE IF NOT EXISTS ${name} (
    day Date, tenant LowCardinality(String), account UInt32, path Array(UInt32), service LowCardinality(String),
    component LowCardinality(String), meter LowCardinality(String), currency LowCardinality(String), kind LowCardinality(String),
    quantity Decimal(76, 12), amount Decimal(76, 12), samples UInt64, rows UInt64)
  ENGINE = MergeTree ORDER BY (tenant, day, account, service, component, meter)`;

/**
 * Computes the rollup anew from the blocks and puts it in the old one's place in one step: readers see the old or the
 * new one, a failure leaves the old one, and running it twice changes nothing.
 */
export async function rebuildRollup(store: Store): Promise<void> {
  await store.command('DROP TABLE IF EXISTS rollup_daily_next SYNC');
  await store.command(createRollup('rollup_daily_next'));
  await store.command(`INSERT INTO rollup_daily_next
    SELECT toDate(addMilliseconds(first, row_offset), 'UTC') AS day, tenant, account, path, service, component, meter, currency, kind,
      sum(toDecimal256(row_quantity, 12)), sum(toDecimal256(row_amount, 12)), sum(row_samples), count()
    FROM valid_blocks
    ARRAY JOIN offset AS row_offset, quantities AS row_quantity, amounts AS row_amount, ${samplesOfRows} AS row_samples
    GROUP BY day, tenant, account, path, service, component, meter, currency, kind`);
  await store.command('EXCHANGE TABLES rollup_daily AND rollup_daily_next');
  await store.command('DROP TABLE IF EXISTS rollup_daily_next SYNC');
}
