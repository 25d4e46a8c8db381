import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import type { Store } from '#platform/clickhouse/index.ts';

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
  /** Balances that differ, largest difference first, at most 20. */
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
  const [partitions, balances] = [await countersOf(store), await balancesOf(store)];
  const byTenant = new Map<string, bigint>();
  let sum = 0n;
  for (const { tenant, log, store: stored } of balances) {
    const away = parseAmount(log)! - parseAmount(stored)!;
    const size = away < 0n ? -away : away;
    byTenant.set(tenant, (byTenant.get(tenant) ?? 0n) + size);
    sum += size;
  }
  const agrees = ({ samples, blocks }: PartitionCheck) => samples.log === samples.store && blocks.log === blocks.store;
  return {
    checkedAtMs: nowMs,
    difference: formatAmount(sum),
    differenceByTenant: new Map([...byTenant].map(([tenant, amount]) => [tenant, formatAmount(amount)])),
    ok: balances.length === 0 && partitions.every(agrees),
    rows: partitions.reduce((rows, { samples }) => rows + samples.store, 0),
    partitions,
    faults: balances.slice(0, 20),
  };
}

const heads = '(SELECT partition, max(out_seq) AS head FROM loads GROUP BY partition) AS heads';

async function countersOf(store: Store): Promise<PartitionCheck[]> {
  const rows = await store.query<
    Record<'head' | 'log_samples' | 'log_blocks' | 'samples_held' | 'blocks_held', string> & { partition: number }
  >(
    `SELECT partition, head, log_samples, log_blocks, samples_held, blocks_held
     FROM (
       SELECT partition, max(out_seq) AS head, argMax(samples_rated, out_seq) AS log_samples, argMax(blocks, out_seq) AS log_blocks
       FROM loads GROUP BY partition
     ) AS logged
     LEFT JOIN (
       SELECT partition, sum(samples) AS samples_held, count() AS blocks_held
       FROM valid_blocks INNER JOIN ${heads} USING partition WHERE out_seq <= head GROUP BY partition
     ) AS held USING partition
     ORDER BY partition`,
  );
  return rows.map((row) => ({
    partition: row.partition,
    outSeq: Number(row.head),
    samples: { log: Number(row.log_samples), store: Number(row.samples_held) },
    blocks: { log: Number(row.log_blocks), store: Number(row.blocks_held) },
  }));
}

/** Balances that differ. Both sides are grouped by partition, too: the newest balance is that of the newest commit. */
async function balancesOf(store: Store): Promise<BalanceFault[]> {
  const rows = await store.query<{
    tenant: string;
    account: number;
    period_ms: string;
    currency: string;
    logged: string;
    charged: string;
  }>(
    `SELECT tenant, account, period_ms, currency, sum(log_amount) AS logged, sum(store_amount) AS charged
     FROM (
       SELECT partition, balance.1 AS tenant, balance.2 AS account, balance.3 AS period_ms, balance.4 AS currency,
         argMax(balance.5, out_seq) AS log_amount, toDecimal128(0, 12) AS store_amount
       FROM loads
       ARRAY JOIN arrayZip(balance_tenant, balance_account, balance_period_ms, balance_currency, balance_own) AS balance
       GROUP BY partition, tenant, account, period_ms, currency
       UNION ALL
       SELECT partition, tenant, account, toUnixTimestamp64Milli(period_start) AS period_ms, currency, toDecimal128(0, 12) AS log_amount, sum(amount) AS store_amount
       FROM valid_blocks INNER JOIN ${heads} USING partition WHERE out_seq <= head
       GROUP BY partition, tenant, account, period_ms, currency
     )
     GROUP BY partition, tenant, account, period_ms, currency HAVING logged != charged
     ORDER BY abs(logged - charged) DESC, tenant, account LIMIT 1000`,
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
