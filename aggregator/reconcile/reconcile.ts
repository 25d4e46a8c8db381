import type { Parameters, Store } from '#platform/clickhouse/index.ts';
import { aggregatorLimits } from '../limits.ts';
import { isCovered, loadedHeads } from '../queries/heads.ts';

/** What the store holds against what the log says of itself, up to the last load of each partition. */
export interface Reconciliation {
  readonly checkedAtMs: number;
  /** Σ |charges in the store − balance in the log| over accounts, periods and currencies; "0" is right. */
  readonly difference: string;
  readonly differenceByTenant: ReadonlyMap<string, string>;
  /** True when no amount and no count differs. */
  readonly ok: boolean;
  /** Rated samples in the store, up to the last load. */
  readonly rows: number;
  readonly partitions: readonly PartitionCheck[];
  /** Balances that differ, largest difference first, at most `faultsMax`. */
  readonly faults: readonly BalanceFault[];
}

export interface PartitionCheck {
  readonly partition: number;
  readonly outSeq: number;
  readonly samples: { readonly log: number; readonly store: number };
  readonly blocks: { readonly log: number; readonly store: number };
}

export interface BalanceFault {
  readonly tenant: string;
  readonly account: number;
  readonly periodStartMs: number;
  readonly currency: string;
  readonly log: string;
  readonly store: string;
}

/** Compares Σ samples, blocks and amounts of the blocks with the counters and balances of the commits that were loaded. */
export async function reconcile(store: Store, nowMs: number): Promise<Reconciliation> {
  // All sides are read up to the same commits, whatever is loaded meanwhile.
  const upTo = await loadedHeads(store);
  const partitions = await countersOf(store, upTo);
  const tenants = await store.query<{ tenant: string; difference: string; total: string }>(
    `SELECT tenant, sum(away) AS difference, sum(difference) OVER () AS total FROM (${unequalBalances}) GROUP BY tenant`,
    upTo,
  );
  const agrees = ({ samples, blocks }: PartitionCheck) => samples.log === samples.store && blocks.log === blocks.store;
  return {
    checkedAtMs: nowMs,
    difference: tenants[0]?.total ?? '0',
    differenceByTenant: new Map(tenants.map(({ tenant, difference }) => [tenant, difference])),
    ok: tenants.length === 0 && partitions.every(agrees),
    rows: partitions.reduce((rows, { samples }) => rows + samples.store, 0),
    partitions,
    faults: tenants.length === 0 ? [] : await largestFaults(store, upTo),
  };
}

async function countersOf(store: Store, upTo: Parameters): Promise<PartitionCheck[]> {
  const rows = await store.query<
    Record<'head' | 'log_samples' | 'log_blocks' | 'samples_held' | 'blocks_held', string> & { partition: number }
  >(
    `SELECT partition, head, log_samples, log_blocks, samples_held, blocks_held
     FROM (
       SELECT partition, max(out_seq) AS head, argMax(samples_rated, out_seq) AS log_samples, argMax(blocks, out_seq) AS log_blocks
       FROM valid_loads WHERE ${isCovered} GROUP BY partition
     ) AS logged
     LEFT JOIN (
       SELECT partition, sum(samples) AS samples_held, count() AS blocks_held
       FROM valid_blocks WHERE ${isCovered} GROUP BY partition
     ) AS held USING partition
     ORDER BY partition`,
    upTo,
  );
  return rows.map((row) => ({
    partition: row.partition,
    outSeq: Number(row.head),
    samples: { log: Number(row.log_samples), store: Number(row.samples_held) },
    blocks: { log: Number(row.log_blocks), store: Number(row.blocks_held) },
  }));
}

/**
 * Balances that differ. Both sides are grouped by partition, too: the newest balance is that of the newest commit, and what a partition
 * inherited (incarnation 0, SPEC §13) was charged by rows of others.
 */
const unequalBalances = `
  SELECT tenant, account, period_ms, currency, sum(log_amount) AS logged, sum(store_amount) AS charged, abs(logged - charged) AS away
  FROM (
    SELECT partition, balance.1 AS tenant, balance.2 AS account, balance.3 AS period_ms, balance.4 AS currency,
      toDecimal256(argMax(balance.5, out_seq), 12) - toDecimal256(argMaxIf(balance.5, out_seq, incarnation = 0), 12) AS log_amount,
      toDecimal256(0, 12) AS store_amount
    FROM valid_loads
    ARRAY JOIN arrayZip(balance_tenant, balance_account, balance_period_ms, balance_currency, balance_own) AS balance
    WHERE ${isCovered}
    GROUP BY partition, tenant, account, period_ms, currency
    UNION ALL
    SELECT partition, tenant, account, toUnixTimestamp64Milli(booked_start) AS period_ms, currency,
      toDecimal256(0, 12) AS log_amount, sum(toDecimal256(amount, 12)) AS store_amount
    FROM valid_blocks WHERE ${isCovered}
    GROUP BY partition, tenant, account, period_ms, currency
  )
  GROUP BY partition, tenant, account, period_ms, currency HAVING away != 0`;

async function largestFaults(store: Store, upTo: Parameters): Promise<BalanceFault[]> {
  const rows = await store.query<{
    tenant: string;
    account: number;
    period_ms: string;
    currency: string;
    logged: string;
    charged: string;
  }>(
    `SELECT * FROM (${unequalBalances}) ORDER BY away DESC, tenant, account LIMIT ${aggregatorLimits.faultsMax}`,
    upTo,
  );
  return rows.map((row) => ({
    tenant: row.tenant,
    account: row.account,
    periodStartMs: Number(row.period_ms),
    currency: row.currency,
    log: row.logged,
    store: row.charged,
  }));
}
