/** Tallies of later versions that took over the position of one (SPEC §5.4, §16.4). */
import { require } from '../controlFault.ts';
import { tallyKey, type Tally, type Tenant } from '../state.ts';

/** Where a sample stands in this partition's `USAGE`; `usageSeq` 0: it came before the partition. */
export interface RowPlace {
  readonly usageSeq: number;
  readonly index: number;
}

export function* heirsOf({ master, talliesByKey }: Tenant, { entry }: Tally): Generator<Tally> {
  const record = master.prices.get(entry.price)?.record;
  for (const later of master.versionsByKey.get(record?.key ?? '') ?? []) {
    const heir = talliesByKey.get(tallyKey({ ...entry, price: later.id }));
    if (heir?.entry.from?.[0] === entry.id) yield heir;
  }
}

/** Whether the sample came before the heir took over. Throws ControlFault where that is not known any more. */
export function isBefore({ entry }: Tally, { usageSeq, index }: RowPlace): boolean {
  const [, seq, last] = entry.from!;
  require(seq !== 0 || usageSeq !== 0, `whether rows came before tally ${entry.id} took over their position is not known any more`);
  return usageSeq < seq || (usageSeq === seq && index <= last);
} // prettier-ignore
