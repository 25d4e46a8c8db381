/** What a new version of a price takes over from the version before, cell by cell (SPEC §5.4, §8.5). */
import type { PriceModel, PriceRecord } from '../messages/price.ts';
import { leafOf } from '../pricing/cells/leafOf.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import { calendarText } from '../time/tallyPeriod.ts';
import { tallyKey, type Tally, type Tenant } from './state.ts';

/** The tally of the newest earlier version that has one, where its position goes on in this one. */
export function versionBefore(
  { master, talliesByKey }: Tenant,
  { entry }: Tally,
  price: CompiledPrice,
): Tally | undefined {
  const { record } = price;
  for (const { id } of versionsBefore(master.versionsByKey.get(record.key) ?? [], record, entry.cell ?? '')) {
    const tally = talliesByKey.get(tallyKey({ ...entry, price: id }));
    if (tally !== undefined && tally.entry.id !== 0) return tally;
  }
  return undefined;
}

/** The earlier versions whose position in that cell this one goes on from, newest first: the first that has a tally counts. */
export function versionsBefore(records: Iterable<PriceRecord>, record: PriceRecord, cell: string): PriceRecord[] {
  if (record.onVersion === 'restart') return [];
  const terms = termsOf(record, cell);
  return [...records]
    .filter(({ key, version }) => key === record.key && version < record.version)
    .filter((older) => termsOf(older, cell) === terms)
    .sort((a, b) => b.version - a.version);
}

/** What two versions must have in common. */
function termsOf({ meter, model, unit, tallyScope, quantity: rule, period }: PriceRecord, cell: string): string {
  const rounding = rule === undefined ? [] : [rule.at, rule.mode, rule.increment, rule.first, rule.threshold];
  return JSON.stringify([
    meter,
    model.kind,
    leafKind(model, cell),
    unit.name,
    tallyScope,
    calendarText(period),
    rounding,
  ]);
}

/** What charges the cell: the kind of its leaf, or its series. */
const leafKind = (model: PriceModel, cell: string): string | undefined =>
  model.kind === 'spot' ? model.series : leafOf(model, cell)?.kind;
