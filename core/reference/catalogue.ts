/** Master data as a control message changes it (SPEC §1.3): on a copy, so that a message is taken whole or not at all. */
import type { ControlChange } from '../messages/control.ts';
import { areSoundTogether } from './agreements/together.ts';
import { progressed } from './corrections/progress.ts';
import { fitsCatalogue } from './catalogueRules.ts';
import { hasChangeShape } from './changeShape.ts';
import { revised } from './series.ts';
import type { Tenant } from './state.ts';

/** The tenant with every change applied; `undefined` when one of them cannot be. */
export function drafted(
  known: Tenant | undefined,
  id: string,
  changes: readonly unknown[],
  logTimeMs: number,
): Tenant | undefined {
  let tenant = known === undefined ? undefined : copyOf(known);
  for (const change of changes) {
    if (!hasChangeShape(change) || !fitsCatalogue(tenant, id, change, logTimeMs)) return undefined;
    if (change.kind === 'tenant') tenant = { ...(tenant ?? emptyTenant()), record: change };
    else apply(tenant!, change);
  }
  const hasAgreements = tenant !== undefined && tenant.agreements.size > (known?.agreements.size ?? 0);
  return hasAgreements && !areSoundTogether(tenant!) ? undefined : tenant;
}

function apply(tenant: Tenant, change: Exclude<ControlChange, { kind: 'tenant' }>): void {
  switch (change.kind) {
    case 'producer':
      tenant.producers.set(change.id, change);
      break;
    case 'account':
      tenant.accounts.set(change.id, change);
      break;
    case 'ownership':
      tenant.ownership.set(change.resource, [...(tenant.ownership.get(change.resource) ?? []), change]);
      break;
    case 'meter':
      tenant.meters.set(change.id, change);
      break;
    case 'pricingUnit':
      tenant.pricingUnits.set(change.id, change);
      break;
    case 'series':
      tenant.series.set(change.id, { record: change, points: tenant.series.get(change.id)?.points ?? new Map() });
      break;
    case 'seriesPoints': {
      const { record, points } = tenant.series.get(change.series)!;
      tenant.series.set(change.series, { record, points: revised(record, points, change.points)! });
      break;
    }
    case 'price':
      tenant.prices.set(change.id, change);
      break;
    case 'fee':
      tenant.fees.set(change.id, change);
      break;
    case 'agreement':
      tenant.agreements.set(change.id, change);
      break;
    case 'budget':
      tenant.budgets.set(change.id, change);
      break;
    case 'creditGrant':
      tenant.grants.set(change.grant.id, change.grant);
      break;
    case 'wallet':
      tenant.wallets.set(change.id, change);
      break;
    case 'close':
      tenant.closes.set(change.account, change.untilMs);
      break;
    case 'reopen':
      tenant.closes.set(change.account, change.fromMs);
      break;
    case 'budgetReset':
    case 'budgetRelease':
    case 'budgetSeed':
    case 'creditVoid':
      break;
    case 'correction':
    case 'correctionRows':
    case 'correctionShadow':
    case 'correctionTally':
    case 'correctionEnd':
      tenant.correction = progressed(tenant.correction, change);
      break;
  }
}

const emptyTenant = (): Omit<Tenant, 'record'> => ({
  producers: new Map(),
  accounts: new Map(),
  ownership: new Map(),
  meters: new Map(),
  prices: new Map(),
  fees: new Map(),
  agreements: new Map(),
  pricingUnits: new Map(),
  series: new Map(),
  budgets: new Map(),
  grants: new Map(),
  wallets: new Map(),
  closes: new Map(),
  correction: undefined,
});

const copyOf = (tenant: Tenant): Tenant => ({
  record: tenant.record,
  producers: new Map(tenant.producers),
  accounts: new Map(tenant.accounts),
  ownership: new Map(tenant.ownership),
  meters: new Map(tenant.meters),
  prices: new Map(tenant.prices),
  fees: new Map(tenant.fees),
  agreements: new Map(tenant.agreements),
  pricingUnits: new Map(tenant.pricingUnits),
  series: new Map(tenant.series),
  budgets: new Map(tenant.budgets),
  grants: new Map(tenant.grants),
  wallets: new Map(tenant.wallets),
  closes: new Map(tenant.closes),
  correction: tenant.correction,
});
