/** What has to be looked at to rebuild a tally (SPEC §16.6): its own samples, and those of versions whose position it took over. */
import type { CorrectedTally, TallyRecipe } from '../../messages/correction.ts';
import { require } from '../controlFault.ts';
import type { PartitionState, Tally, Tenant } from '../state.ts';
import { tallyKey } from '../state.ts';
import { tallyAt } from './shadows.ts';

/** Throws ControlFault where there is no such tally, or where it cannot be rebuilt. */
export function recipeOf(state: PartitionState, tenant: Tenant, place: CorrectedTally): TallyRecipe {
  const tally = tallyAt(tenant, place);
  const sources: TallyRecipe['sources'][number][] = [{ tally: place, upTo: null }];
  for (let { from } = tally.entry; from !== undefined;) {
    const before = state.tallies[from[0] - 1]!;
    sources.push({ tally: placeOf(state, before), upTo: [from[1], from[2]] });
    from = before.entry.from;
  }
  const { periodStartMs, periodEndMs } = tally.entry;
  return {
    tally: place,
    period: { periodStartMs, periodEndMs },
    shadowSeq: tenant.shadows.get(tally.entry.id)?.usageSeq ?? null,
    sources,
    heirs: heirsOf(tenant, tally).map((heir) => placeOf(state, heir)),
  };
}

/** Throws ControlFault besides where the tenant is not known. */
export function recipesOf(state: PartitionState, id: string, places: readonly CorrectedTally[]): TallyRecipe[] {
  const tenant = state.tenants.get(id);
  require(tenant !== undefined, `tenant ${id} is not known`);
  return places.map((place) => recipeOf(state, tenant!, place));
}

function heirsOf({ master, talliesByKey }: Tenant, { entry }: Tally): Tally[] {
  const { key = '' } = master.prices.get(entry.price)?.record ?? {};
  return (master.versionsByKey.get(key) ?? []).flatMap(({ id }) => {
    const heir = talliesByKey.get(tallyKey({ ...entry, price: id }));
    return heir?.entry.from?.[0] === entry.id ? [heir] : [];
  });
}

const placeOf = ({ resources }: PartitionState, { entry }: Tally): CorrectedTally => ({
  account: entry.account,
  price: entry.price,
  meter: entry.meter,
  cell: entry.cell ?? '',
  periodStartMs: entry.periodStartMs,
  resource: resources[entry.resource - 1]?.name ?? '',
});
