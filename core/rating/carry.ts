/** What a new version of a price takes over from the version before, cell by cell (SPEC §5.4, §8.5). */
import type { PriceModel, PriceRecord } from '../messages/price.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import { tallyKey, type Tally, type Tenant } from './state.ts';

/** The tally of the newest earlier version that has one, where its position goes on in this one. */
export function versionBefore(
  { master, talliesByKey }: Tenant,
  { entry }: Tally,
  price: CompiledPrice,
): Tally | undefined {
  const { record } = price;
  if (record.onVersion === 'restart') return undefined;
  const terms = termsOf(record, entry.cell ?? '');
  let before: Tally | undefined;
  let version = 0;
  for (const { record: older } of master.prices.values()) {
    if (older.key !== record.key || older.version >= record.version || older.version <= version) continue;
    if (termsOf(older, entry.cell ?? '') !== terms) continue;
    const tally = talliesByKey.get(tallyKey({ ...entry, price: older.id }));
    if (tally === undefined || tally.entry.id === 0) continue;
    before = tally;
    version = older.version;
  }
  return before;
}

/** What two versions must have in common. */
function termsOf({ meter, model, unit, tallyScope, quantity: rule }: PriceRecord, cell: string): string {
  const rounding = rule === undefined ? [] : [rule.at, rule.mode, rule.increment, rule.first, rule.threshold];
  return JSON.stringify([meter, model.kind, leafKind(model, cell), unit.name, tallyScope, rounding]);
}

function leafKind(model: PriceModel, cell: string): string | undefined {
  switch (model.kind) {
    case 'matrix':
      return (model.rules.find(({ name }) => name === cell)?.model ?? model.otherwise)?.kind;
    case 'schedule':
      return (model.bands.find(({ name }) => name === cell)?.model ?? model.otherwise)?.kind;
    case 'grouped':
      return model.model.kind;
    default:
      return model.kind;
  }
}
