/** Usage that a meter takes and no price has charged: what was rated as unpriced, less what a later price took over. */
import type { Store } from '#platform/clickhouse/index.ts';
import { all, conditionsOf, type Scope } from './filters.ts';

export interface UnpricedRange {
  readonly accounts: readonly number[];
  /** Start of the usage, UTC ms: from (inclusive) to (exclusive). */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly metersMax: number;
}

/** By meter, the one with the most samples first; quantities as decimal text in the meter's unit. */
export async function unpricedUsage(
  store: Store,
  scope: Scope,
  { accounts, fromMs, untilMs, metersMax }: UnpricedRange,
): Promise<{ readonly meter: string; readonly quantity: string; readonly samples: number }[]> {
  const { blocks, rows, parameters } = conditionsOf(scope, { from: fromMs, to: untilMs });
  const found = await store.query<{ meter: string; quantity: string; samples: string }>(
    `SELECT meter, sum(toDecimal256(row_quantity, 12)) AS quantity, countIf(kind = 'unpriced') AS samples
     FROM valid_blocks ARRAY JOIN offset AS row_offset, quantities AS row_quantity
     WHERE ${all(blocks)} AND price = 0 AND kind IN ('unpriced', 'adjustment') AND account IN {accounts:Array(UInt32)}
       AND ${all(rows)}
     GROUP BY meter HAVING quantity != 0 ORDER BY samples DESC, meter LIMIT {metersMax:UInt32}`,
    { ...parameters, accounts, metersMax },
  );
  return found.map(({ meter, quantity, samples }) => ({ meter, quantity, samples: Number(samples) }));
}
