import type { Store } from '#platform/clickhouse/index.ts';
import { clickhouseLimits } from '#platform/clickhouse/limits.ts';
import { loads, ratedBlocks, tables, type Table } from './tables.ts';
import { aggregatorLimits } from '../limits.ts';
import { createRollup } from './rollup.ts';

/** Brings the database to this version; running it again changes nothing. */
export async function migrate(store: Store): Promise<void> {
  for (const table of tables) await store.command(createTable(table));
  await store.command(
    `ALTER TABLE ${ratedBlocks.name} MODIFY SETTING min_bytes_for_wide_part = ${clickhouseLimits.compactPartBytesMax}`,
  );
  await store.command(`CREATE OR REPLACE VIEW valid_blocks AS SELECT * FROM ${ratedBlocks.name} WHERE ${notVoid}`);
  await store.command(`CREATE OR REPLACE VIEW valid_loads AS SELECT * FROM ${loads.name} WHERE ${notVoid}`);
  await store.command(ratedRowsView);
  await store.command(createRollup('rollup_daily'));
}

function createTable(table: Table): string {
  const columns = table.columns.map(([name, type]) => `\`${name}\` ${type}`);
  return `CREATE TABLE IF NOT EXISTS ${table.name} (${[...columns, ...(table.indexes ?? [])].join(', ')})
    ENGINE = MergeTree PARTITION BY toYYYYMM(log_time) ORDER BY (${table.orderBy})
    SETTINGS non_replicated_deduplication_window = ${aggregatorLimits.tokensMax}, fsync_after_insert = 1, fsync_part_directory = 1`;
}

/**
 * True for rows that no take-over made void: of an incarnation those count up to the least base of the ones after it. Rows that lie beyond
 * are removed when a take-over is loaded; an insert of unknown fate may still land after that, and is never shown.
 */
const limits = `(SELECT arraySort(groupArray((toUInt64(partition) * 4294967296 + incarnation, upto))) FROM (
    SELECT partition, incarnation, ifNull(min(toNullable(base_out_seq))
      OVER (PARTITION BY partition ORDER BY incarnation ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 18446744073709551615) AS upto
    FROM takeovers))`;
const notVoid = `out_seq <= transform(toUInt64(partition) * 4294967296 + incarnation, ${limits}.1, ${limits}.2, 18446744073709551615)`;

/** One row a charge row, with the resource's name: for people and for SQL tools. */
const ratedRowsView = `CREATE OR REPLACE VIEW rated_rows AS
  SELECT concat(toString(partition), '-', toString(incarnation), '-', toString(out_seq), '-', toString(block), '-', toString(row_position)) AS id,
    charged.tenant AS tenant, account, path, names.name AS resource, service, component, meter, price, cell, currency, kind,
    producer, epoch, seq, row_index AS idx, addMilliseconds(first, row_offset) AS start, addMilliseconds(start, row_duration) AS end,
    row_quantity AS quantity, row_amount AS amount,
    period_start, period_end, booked_start, closed_until, closed_until > fromUnixTimestamp64Milli(0, 'UTC') AS is_prior_period, partition, incarnation, out_seq, block, usage_seq, log_time
  FROM (
    SELECT tenant, account, path, service, component, meter, price, cell, currency, kind, producer, epoch, seq, first, period_start, period_end, booked_start, closed_until,
      partition, incarnation, out_seq, block, usage_seq, log_time, row_resource, row_index, row_offset, row_duration, row_quantity,
      row_amount, row_position
    FROM valid_blocks
    ARRAY JOIN resource AS row_resource, idx AS row_index, offset AS row_offset, duration AS row_duration,
      quantities AS row_quantity, amounts AS row_amount, range(count) AS row_position
  ) AS charged
  LEFT ANY JOIN (SELECT tenant, id, any(name) AS name FROM resources GROUP BY tenant, id) AS names
    ON charged.tenant = names.tenant AND charged.row_resource = names.id`;
