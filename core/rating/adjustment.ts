/** A row of a tally that is no sample's: what it is charged, or holds, otherwise than its samples said. */
import type { Changes } from './changes.ts';
import { bookingOf, poolOf, type PlanContext } from './plan.ts';
import type { Rows } from './rows.ts';
import type { Account, Tally } from './state.ts';

export interface AdjustmentRun extends PlanContext {
  readonly changes: Changes;
  readonly rows: Rows;
}

/** Of that account: the tally's own or, of a pool, a member's. `closedMs` as in `bookingOf`. */
export function addAdjustment(
  run: AdjustmentRun,
  tally: Tally,
  account: Account,
  { quantity = 0n, amount }: { readonly quantity?: bigint; readonly amount: bigint },
  closedMs?: number,
): void {
  const { entry } = tally;
  const { master } = run.tenant;
  const { id: meter, scale } = master.meters.get(entry.meter)!;
  const price = master.prices.get(entry.price);
  const group = run.groups.of({
    account,
    period: { startMs: entry.periodStartMs, endMs: entry.periodEndMs },
    kind: 'adjustment',
    meter,
    scale,
    price,
    cell: entry.cell ?? '',
    pool: poolOf(price, tally),
    ...bookingOf(run, account, price, entry.firstMs, closedMs),
  });
  run.changes.tally(tally);
  run.rows.addWide(group, entry.resource, 0, entry.firstMs, 0, { quantity, amount }, false);
}
