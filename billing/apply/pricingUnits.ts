/** Pricing units of a file: what a tenant charges in instead of money, and what it says one is worth. */
import { checkPricingUnit } from '#core/credits/units.ts';
import type { TenantRecord } from '#core/messages/control.ts';
import {
  pricingUnitLimits,
  pricingUnitPattern,
  type PricingUnitRecord,
  type PricingUnitValue,
} from '#core/messages/pricingUnit.ts';
import { minorDigits } from '#core/money/currency.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import { compare, type Item } from './item.ts';
import { locate } from './locate.ts';
import type { Organisation, Ref, Wanted, WantedPricingUnit } from './organisation.ts';
import { unique } from './parts.ts';
import type { Present } from './present.ts';
import { recordOf, tellProblems } from './recordForm.ts';
import { nameShape } from './shapes.ts';

interface UnitsContext {
  readonly tenant: TenantRecord | undefined;
  readonly timeZone: string;
}

export function readPricingUnits(
  file: Fields,
  { tenant, timeZone }: UnitsContext,
  faults: Faults,
): Organisation['pricingUnits'] {
  const read = file.list('pricingUnits', pricingUnitLimits.unitsMax).flatMap((entry): Wanted<WantedPricingUnit>[] => {
    const fields = Fields.of(entry, ['id', 'name', 'decimals', 'value'], faults);
    const id = fields?.text('id', nameShape);
    if (fields === undefined || id === undefined) return [];
    const { value, ...said } = recordOf(entry, timeZone) as { readonly value?: unknown };
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    const worth = isRecord ? { currency: tenant?.currency || 'EUR', ...value } : value;
    const unit = { name: id, decimals: 2, ...said, id, ...(fields.has('value') ? { value: worth } : {}) };
    const problems = checkPricingUnit(unit);
    tellProblems(problems, entry, faults);
    if (problems.length === 0) return [{ ...unit, entry, at: fields.atOf('id') } as Wanted<WantedPricingUnit>];
    faults.unreadable.add(id);
    return [];
  });
  return unique(read, ({ id }) => id, faults);
}

/** Points of the file go behind those that are published; saying those again is no change. */
export function planPricingUnits(wanted: Organisation, present: Present, faults: Faults): Item<PricingUnitRecord>[] {
  const published = new Map(present.pricingUnits.map((unit) => [unit.id, unit]));
  const items = wanted.pricingUnits.map(({ at, entry, ...said }) => {
    const before = published.get(said.id);
    for (const { path, value, expected } of valueFaults(before?.value, said.value))
      faults.add('PRICING_UNIT_FIXED', locate(entry, path).at, value, expected);
    const after = withPublished(before, said);
    const { pointsMax } = pricingUnitLimits;
    if ((after.value?.points.length ?? 0) > pointsMax)
      faults.add('LIST_TOO_LONG', at, said.id, `at most ${pointsMax} points with those published`);
    return compare(said.id, before, after);
  });
  const added = items.filter(({ status }) => status === 'added');
  for (const { id } of added.slice(Math.max(0, pricingUnitLimits.unitsMax - published.size))) {
    const { at } = wanted.pricingUnits.find((unit) => unit.id === id)!;
    faults.add('LIST_TOO_LONG', at, id, `at most ${pricingUnitLimits.unitsMax} units with those published`);
  }
  return items;
}

/** What a file says otherwise than it is published, each with what would be right. */
function valueFaults(before: PricingUnitValue | undefined, said: PricingUnitValue | undefined) {
  if (before === undefined || said === undefined) return [];
  const lastMs = before.points.at(-1)!.fromMs;
  const points = said.points.flatMap(({ fromMs, amount }, index) => {
    const path = `value.points[${index}]`;
    const known = before.points.find((point) => point.fromMs === fromMs);
    if (known !== undefined)
      return known.amount === amount ? [] : [{ path: `${path}.amount`, value: amount, expected: `${known.amount}, as published` }]; // prettier-ignore
    const [from, last] = [fromMs, lastMs].map((ms) => new Date(ms).toISOString());
    return fromMs > lastMs ? [] : [{ path: `${path}.from`, value: from!, expected: `an instant after ${last}` }];
  });
  const { currency } = said;
  if (currency === before.currency) return points;
  return [{ path: 'value.currency', value: currency, expected: `${before.currency}, as published` }, ...points];
}

function withPublished(before: PricingUnitRecord | undefined, said: PricingUnitRecord): PricingUnitRecord {
  if (before?.value === undefined) return said;
  if (said.value === undefined) return { ...said, value: before.value };
  const points = new Map([...before.value.points, ...said.value.points].map((point) => [point.fromMs, point]));
  const inOrder = [...points.values()].toSorted((a, b) => a.fromMs - b.fromMs);
  return { ...said, value: { currency: said.value.currency, points: inOrder } };
}

/** The pricing unit that a record says as its `currency`; undefined, and a currency then checked, where it is in the tenant's. */
export function readChargedIn(fields: Fields, tenant: TenantRecord | undefined, faults: Faults): Ref | undefined {
  if (!fields.has('currency')) return undefined;
  const name = fields.text('currency', nameShape);
  if (name === undefined) return undefined;
  const at = fields.atOf('currency');
  if (pricingUnitPattern.test(name)) return { name, at };
  if (minorDigits(name) === undefined)
    faults.add('CURRENCY_UNKNOWN', at, name, 'an ISO 4217 code, or the id of a pricing unit');
  else if (tenant !== undefined && tenant.currency !== '' && name !== tenant.currency)
    faults.add('CURRENCY_FOREIGN', at, name, `${tenant.currency}, or the id of a pricing unit`);
  return undefined;
}

/** Tells of units that are neither in the file nor published. */
export function checkChargedIn(wanted: Organisation, known: readonly PricingUnitRecord[], faults: Faults): void {
  const ids = new Set(known.map(({ id }) => id));
  const expected = ['the id of a pricing unit', ...(ids.size === 0 ? [] : [[...ids].slice(0, 10).join(', ')])].join(
    ': ',
  );
  const records = [...wanted.prices, ...wanted.fees, ...wanted.agreements, ...wanted.budgets, ...wanted.wallets];
  for (const { chargedIn } of records)
    if (chargedIn !== undefined && !ids.has(chargedIn.name)) faults.unknown(chargedIn, expected);
}
