import { versionsBefore } from '#core/rating/carry.ts';
import type { PriceRecord } from '#core/messages/price.ts';
import { nothing, type Measures } from '#core/pricing/compiled.ts';
import type { Log } from '#platform/log.ts';
import type { TallyPlace } from '#core/messages/stored.ts';
import type { Ports } from '../../ports.ts';
import { commitAt, standingOf } from '../why/tallyEntry.ts';

/**
 * `found`: rows of the tally are stored. `carried`: none yet; its first usage goes on from what the version before reached.
 * `empty`: it starts at nothing.
 */
export interface TallyNow {
  readonly standing: 'empty' | 'carried' | 'found';
  /** What was carried over included, which the charge counts on from. */
  readonly measures: Measures;
  readonly carried: Measures;
  /** Free beside the price's allowance, in 10⁻¹² priced units. */
  readonly free: bigint;
}

/** Where the tally of a price stands: as of the last commit with rows of it. */
export async function tallyNow(
  store: Pick<Ports['store'], 'tallyRows'>,
  log: Log,
  tenant: string,
  place: TallyPlace,
  { price, prices }: { readonly price: PriceRecord; readonly prices: readonly PriceRecord[] },
): Promise<TallyNow> {
  const reached = async (id: number) => {
    const at = { ...place, price: id };
    const { first, last } = await store.tallyRows(tenant, at);
    if (first.outSeq === 0) return undefined;
    const commit = last.partition === place.partition ? await commitAt(log, last) : undefined;
    return standingOf(log, tenant, at, { first, commit });
  };
  const own = await reached(price.id);
  if (own !== undefined) return { standing: 'found', measures: own.ended, carried: own.carried, free: own.free };
  for (const { id } of versionsBefore(prices, price, place.cell)) {
    const before = await reached(id);
    if (before !== undefined)
      return { standing: 'carried', measures: before.ended, carried: before.ended, free: before.free };
  }
  return { standing: 'empty', measures: nothing, carried: nothing, free: 0n };
}
