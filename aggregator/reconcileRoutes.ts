import { z } from 'zod';
import type { Routes } from '#platform/http/index.ts';
import type { Store } from '#platform/clickhouse/index.ts';
import { loadedHead } from './queries/heads.ts';

/** What the store holds of one account, price, currency, month and kind up to a commit. Decimals are text. */
export interface StoredGroup {
  readonly tenant: string;
  readonly account: number;
  readonly price: number;
  readonly currency: string;
  readonly kind: string;
  readonly periodStartMs: number;
  readonly rows: number;
  readonly samples: number;
  readonly quantity: string;
  readonly amount: string;
  /** The same from the blocks' arrays: length, Σ quantities, Σ amounts. */
  readonly arrays: { readonly rows: number; readonly quantity: string; readonly amount: string };
}

/** Decimals that a sum of them cannot leave. */
const wide = (decimals: string): string => `arrayMap(value -> toDecimal256(value, 12), ${decimals})`;

/** Sums of partition `partition` up to commit `upTo`, of one tenant or, for "", of all. */
export async function storedGroups(
  store: Store,
  partition: number,
  upTo: number,
  tenant: string,
): Promise<StoredGroup[]> {
  const rows = await store.query<
    Record<
      | 'period_ms'
      | 'row_sum'
      | 'sample_sum'
      | 'quantity_sum'
      | 'amount_sum'
      | 'row_count'
      | 'quantities_sum'
      | 'amounts_sum',
      string
    > &
      Pick<StoredGroup, 'tenant' | 'account' | 'price' | 'currency' | 'kind'>
  >(
    `SELECT tenant, account, price, currency, kind, toUnixTimestamp64Milli(period_start) AS period_ms,
       sum(count) AS row_sum, sum(samples) AS sample_sum, sum(quantity) AS quantity_sum, sum(toDecimal256(amount, 12)) AS amount_sum,
       sum(length(amounts)) AS row_count, sum(arraySum(${wide('quantities')})) AS quantities_sum, sum(arraySum(${wide('amounts')})) AS amounts_sum
     FROM valid_blocks
     WHERE partition = {partition:UInt16} AND out_seq <= {upTo:UInt64} AND ({tenant:String} = '' OR tenant = {tenant:String})
     GROUP BY tenant, account, price, currency, kind, period_start ORDER BY tenant, account, price, currency, kind, period_start`,
    { partition, upTo, tenant },
  );
  return rows.map((row) => ({
    tenant: row.tenant,
    account: row.account,
    price: row.price,
    currency: row.currency,
    kind: row.kind,
    periodStartMs: Number(row.period_ms),
    rows: Number(row.row_sum),
    samples: Number(row.sample_sum),
    quantity: row.quantity_sum,
    amount: row.amount_sum,
    arrays: { rows: Number(row.row_count), quantity: row.quantities_sum, amount: row.amounts_sum },
  }));
}

/** Last commit of the partition that the store says it holds whole; 0 for none. */
export const loadedSeq = async (store: Store, partition: number): Promise<number> =>
  (await loadedHead(store, partition)).outSeq;

const group = z.object({
  tenant: z.string(),
  account: z.number(),
  price: z.number(),
  currency: z.string(),
  kind: z.string(),
  periodStartMs: z.number(),
  rows: z.number(),
  samples: z.number(),
  quantity: z.string(),
  amount: z.string(),
  arrays: z.object({ rows: z.number(), quantity: z.string(), amount: z.string() }),
});

const query = z.strictObject({
  partition: z.coerce.number().int().min(0).max(65_535),
  upTo: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .describe('Sequence of the last commit that counts.'),
});

export interface StoredAnswer {
  /** Whose rows they are: the caller's. */
  readonly tenant: string;
  /** Last commit that the store holds whole; sums are final once it has reached `upTo`. */
  readonly loadedSeq: number;
  readonly groups: readonly StoredGroup[];
}

/** Sums for `meterline verify`, which cannot open the embedded store while the office owns it. */
export function reconcileRoutes({ store }: { readonly store: Store }): Routes {
  return (app) => {
    app.get(
      '/reconcile',
      {
        config: { role: 'auditor' },
        schema: {
          tags: ['usage'],
          summary: 'What the store holds of a partition up to a commit, to compare with the log',
          querystring: query,
          response: { 200: z.object({ tenant: z.string(), loadedSeq: z.number(), groups: z.array(group).readonly() }) },
        },
      },
      async (request): Promise<StoredAnswer> => {
        const { partition, upTo } = request.query;
        const { tenant } = request.identity;
        // Asked first: the sums hold at least what is promised.
        const head = await loadedSeq(store, partition);
        return { tenant, loadedSeq: head, groups: await storedGroups(store, partition, upTo, tenant) };
      },
    );
  };
}
