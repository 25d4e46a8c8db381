/** Reads a draft price list: an organisation file, of which the prices count, or its `prices` section alone. */
import { Faults, type At } from '#billing/apply/faults.ts';
import { Fields } from '#billing/apply/fields.ts';
import { keeps } from '#billing/apply/item.ts';
import type { Organisation } from '#billing/apply/organisation.ts';
import { planPrices } from '#billing/apply/planPrices.ts';
import { checkChargedIn } from '#billing/apply/pricingUnits.ts';
import { readOrganisation } from '#billing/apply/read.ts';
import { readPrices } from '#billing/apply/readPrices.ts';
import { readYaml, type Node } from '#billing/apply/yaml.ts';
import type { PriceRecord } from '#core/messages/control.ts';
import type { Master } from '#core/rating/state.ts';

export interface Draft {
  readonly tenant: string;
  readonly prices: readonly PriceRecord[];
}

const start: At = { line: 1, column: 1, path: 'tenant' };

/**
 * Accounts and meters are those of the log, `masters` by tenant; a file without a tenant is of the only one. Nothing that is
 * published binds the draft. Throws APPLY_INVALID with everything that is wrong, each with line and column.
 */
export function readDraft(text: string, file: string, masters: ReadonlyMap<string, Master>): Draft {
  const faults = new Faults();
  const node = readYaml(text, faults);
  if (node === undefined) faults.throwIfAny(file);
  const wanted = organisationOf(node!, text, masters, faults);
  const master = wanted && masters.get(wanted.tenant.id);
  if (master === undefined) faults.throwIfAny(file);
  const firstVersion = new Map(
    [...Map.groupBy(wanted!.prices, ({ key }) => key)].map(([key, versions]) => [
      key,
      Math.min(...versions.map(({ version }) => version)),
    ]),
  );
  const items = planPrices(
    // Versions before the first that the draft names are none of its business.
    { ...wanted!, prices: wanted!.prices.map((price) => ({ ...price, version: price.version - firstVersion.get(price.key)! + 1 })) },
    contextOf(master!),
    faults,
  ); // prettier-ignore
  checkChargedIn(
    { ...wanted!, fees: [], agreements: [], budgets: [], wallets: [] },
    [...master!.pricingUnits.values()],
    faults,
  );
  faults.throwIfAny(file);
  const prices = items.map(({ after }) => ({ ...after, version: after.version + firstVersion.get(after.key)! - 1 }));
  return { tenant: wanted!.tenant.id, prices };
}

/** What the file asks for; undefined, and told, where its tenant cannot be. */
function organisationOf(
  node: Node,
  text: string,
  masters: ReadonlyMap<string, Master>,
  faults: Faults,
): Organisation | undefined {
  const has = (key: string) => node.kind === 'map' && node.entries.has(key);
  if (node.kind === 'map' && !has('prices'))
    faults.add('KEY_MISSING', { ...start, path: 'prices' }, '', 'a list of prices; an empty one leaves all unpriced');
  const known = [...masters.keys()].join(', ') || 'none yet';
  if (has('tenant')) {
    const wanted = readOrganisation(text, faults);
    const master = wanted && masters.get(wanted.tenant.id);
    if (wanted === undefined) return undefined;
    const { at, ...tenant } = wanted.tenant;
    if (master === undefined) faults.add('REFERENCE_UNKNOWN', at, tenant.id, `a tenant of the log: ${known}`);
    else {
      const fixed = (['currency', 'timeZone'] as const).filter((field) => tenant[field] !== '');
      keeps(master.record, tenant, fixed, { code: 'TENANT_FIXED', at, faults });
    }
    return wanted;
  }
  const master = masters.size === 1 ? [...masters.values()][0] : undefined;
  const fields = Fields.of(node, ['version', 'tenant', 'prices'], faults);
  if (master === undefined) faults.add('KEY_MISSING', start, '', `a tenant of the log: ${known}`);
  if (fields === undefined || master === undefined) return undefined;
  const { record, meters } = master;
  const context = { tenant: record, timeZone: record.timeZone, meters: [...meters.values()] };
  const prices = readPrices(fields, context, faults);
  const tenant = { ...record, at: start };
  return {
    tenant, prices,
    users: [], accounts: [], ownership: [], producers: [], meters: [], pricingUnits: [], series: [], fees: [], agreements: [], targets: [], budgets: [], wallets: [],
  }; // prettier-ignore
}

/** The log's accounts, meters and series, as if no price had ever been published. */
function contextOf({
  record,
  accounts,
  meters,
  prices,
  pricingUnits,
  priceSeries,
}: Master): Parameters<typeof planPrices>[1] {
  const all = [...accounts.values()].map((account) => account.record);
  return {
    present: {
      tenant: record,
      lastAccount: 0,
      lastPrice: Math.max(0, ...prices.keys()),
      users: [],
      accounts: all,
      ownership: [],
      producers: [],
      meters: [...meters.values()],
      series: [...priceSeries.values()].map((series) => series.record),
      pricingUnits: [...pricingUnits.values()],
      points: new Map(),
      prices: [],
      fees: [],
      agreements: [],
      targets: [],
      budgets: [],
      wallets: [],
    },
    accountIds: new Map(all.map(({ slug, id }) => [slug, id])),
    meters: [],
    series: [],
    nowMs: 0,
  };
}
