import type {
  AccountRecord, AgreementRecord, BudgetRecord, ControlChange, FeeRecord, MeterRecord, OwnershipRecord, PriceRecord, ProducerRecord, TenantRecord,
} from '#core/messages/control.ts'; // prettier-ignore
import type { WalletRecord } from '#core/messages/credit.ts';
import type { PricingUnitRecord } from '#core/messages/pricingUnit.ts';
import type { SeriesPoint, SeriesRecord } from '#core/messages/series.ts';
import { pointChanges } from '../catalogue/series.ts';
import type { Target } from '../targets/targets.ts';
import { checkStarts } from './checkStarts.ts';
import type { OwnAccount } from '../accounts/accounts.ts';
import type { Faults } from './faults.ts';
import { compare, keeps, type Item } from './item.ts';
import type { Organisation, User } from './organisation.ts';
import { planAccounts } from './planAccounts.ts';
import { planBudgets, planMeters, planProducers, planTargets } from './planSimple.ts';
import { planOwnership } from './planOwnership.ts';
import { checkAgreedNames } from './agreedNames.ts';
import { checkAgreements, checkDues, planAgreed } from './planAgreed.ts';
import { checkChargedIn, planPricingUnits } from './pricingUnits.ts';
import { planWallets } from './wallets.ts';
import { planPrices } from './planPrices.ts';
import { planPoints, planSeries, type PublishedPoint } from './planSeries.ts';
import type { Present } from './present.ts';

/** What applying the file would do; what it does not mention stays as it is. */
export interface Plan {
  readonly tenant: readonly Item<TenantRecord>[];
  readonly users: readonly Item<User>[];
  readonly producers: readonly Item<ProducerRecord>[];
  readonly accounts: readonly Item<OwnAccount>[];
  readonly ownership: readonly Item<OwnershipRecord>[];
  readonly meters: readonly Item<MeterRecord>[];
  readonly pricingUnits: readonly Item<PricingUnitRecord>[];
  readonly series: readonly Item<SeriesRecord>[];
  readonly points: readonly Item<PublishedPoint>[];
  readonly prices: readonly Item<PriceRecord>[];
  readonly fees: readonly Item<FeeRecord>[];
  readonly agreements: readonly Item<AgreementRecord>[];
  readonly targets: readonly Item<Target>[];
  readonly budgets: readonly Item<BudgetRecord>[];
  readonly wallets: readonly Item<WalletRecord>[];
}

export type Section = keyof Plan;

/** Sections in the order in which they are written, published and shown: what is referred to comes first. */
export const sectionOrder: readonly Section[] = [
  'tenant', 'users', 'producers', 'accounts', 'ownership', 'meters', 'pricingUnits', 'series', 'points', 'prices', 'fees', 'agreements', 'targets', 'budgets', 'wallets',
]; // prettier-ignore

/**
 * Looks up references and compares; pure. What cannot be done goes to `faults`, and the plan is then not to be used. Other owners and new
 * versions of prices begin after `afterMs`.
 */
export function planChanges(
  asked: Organisation,
  present: Present,
  nowMs: number,
  faults: Faults,
  afterMs = nowMs,
): Plan {
  const tenant = planTenant(asked, present, faults);
  // A refused change of currency or zone is one fault, not one for each price and account that would follow it.
  const wanted = { ...asked, tenant: { ...asked.tenant, ...tenant.before, name: asked.tenant.name } };
  const accounts = planAccounts(wanted, present, faults);
  const accountIds = new Map(
    [...present.accounts, ...accounts.map((item) => item.after)].map((account) => [account.slug, account.id]),
  );
  const meters = planMeters(wanted, present, faults);
  const pricingUnits = planPricingUnits(wanted, present, faults);
  checkChargedIn(wanted, [...present.pricingUnits, ...pricingUnits.map((item) => item.after)], faults);
  const series = planSeries(wanted, present, faults);
  const offered = { meters: meters.map((item) => item.after), series: series.map((item) => item.after) };
  const prices = planPrices(wanted, { present, accountIds, nowMs: afterMs, ...offered }, faults);
  const lastOf = (items: readonly Item<{ readonly id: number }>[], last: number): number =>
    items.reduce((most, { after }) => Math.max(most, after.id), last);
  const common = { present, accountIds, nowMs };
  const feeIds = { published: present.fees, lastId: lastOf(prices, present.lastPrice) };
  const fees = planAgreed(wanted.fees, { ...common, ...feeIds }, faults);
  const agreementIds = { published: present.agreements, lastId: lastOf(fees, feeIds.lastId) };
  const agreements = planAgreed(wanted.agreements, { ...common, ...agreementIds }, faults);
  const tree = new Map([...present.accounts, ...accounts.map((item) => item.after)].map((each) => [each.id, each]));
  checkDues(wanted, fees, { ...common, ...feeIds }, (account) => tree.get(account)!.timeZone, faults);
  checkAgreements(wanted, agreements, agreementIds, (account) => rootOf(tree, account), faults);
  checkAgreedNames(wanted, agreements, present, faults);
  checkStarts(wanted, tree, [...present.prices, ...prices.map((item) => item.after)], faults);
  const targets = planTargets(wanted, present, faults);
  const named = { present, accountIds, targets: targets.map((item) => item.after) };
  return {
    tenant: [tenant],
    users: wanted.users.map(({ at: _, ...user }) =>
      compare(
        user.id,
        present.users.find(({ id }) => id === user.id),
        user,
      ),
    ),
    producers: planProducers(wanted, present, faults),
    accounts,
    ownership: planOwnership(wanted, { present, accountIds, nowMs: afterMs }, faults),
    meters,
    pricingUnits,
    series,
    points: planPoints(wanted, present, faults),
    prices,
    fees,
    agreements,
    targets,
    budgets: planBudgets(wanted, { ...named, accounts: tree.values(), meters: offered.meters }, faults),
    wallets: planWallets(wanted, named, faults),
  };
}

function rootOf(tree: ReadonlyMap<number, AccountRecord>, account: number): AccountRecord {
  let root = tree.get(account)!;
  for (let up = tree.get(root.parent); up !== undefined; up = tree.get(root.parent)) root = up;
  return root;
}

function planTenant(wanted: Organisation, present: Present, faults: Faults): Item<TenantRecord> {
  const { at, ...tenant } = wanted.tenant;
  // What could not be read is empty, and is a fault already.
  const fixed = (['currency', 'timeZone'] as const).filter((field) => tenant[field] !== '');
  if (present.tenant !== undefined) keeps(present.tenant, tenant, fixed, { code: 'TENANT_FIXED', at, faults });
  return compare(tenant.id, present.tenant, tenant);
}

const changedItems = <Value>(items: readonly Item<Value>[]): Value[] =>
  items.flatMap((item) => (item.status === 'unchanged' ? [] : [item.after]));

/** New points, without the series that they are of. */
export const pointsBySeries = (plan: Plan): Map<string, SeriesPoint[]> =>
  new Map(
    [...Map.groupBy(changedItems(plan.points), ({ series }) => series)].map(([series, points]) => [
      series,
      points.map(({ series: _, ...point }) => point),
    ]),
  );

/** The part of a plan that the rater must know, in the order in which it can take it. */
export const controlChanges = (plan: Plan): ControlChange[] => [
  ...changedItems(plan.tenant).map((record) => ({ kind: 'tenant' as const, ...record })),
  ...changedItems(plan.producers).map((record) => ({ kind: 'producer' as const, ...record })),
  ...changedItems(plan.accounts).map(({ closeAfterDays: _, ...record }) => ({ kind: 'account' as const, ...record })),
  ...changedItems(plan.ownership).map((record) => ({ kind: 'ownership' as const, ...record })),
  ...changedItems(plan.meters).map((record) => ({ kind: 'meter' as const, ...record })),
  ...changedItems(plan.pricingUnits).map((record) => ({ kind: 'pricingUnit' as const, ...record })),
  ...changedItems(plan.series).map((record) => ({ kind: 'series' as const, ...record })),
  ...[...pointsBySeries(plan)].flatMap(([series, points]) => pointChanges(series, points)),
  ...changedItems(plan.prices).map((record) => ({ kind: 'price' as const, ...record })),
  ...changedItems(plan.fees).map((record) => ({ kind: 'fee' as const, ...record })),
  ...changedItems(plan.agreements).map((record) => ({ kind: 'agreement' as const, ...record })),
  ...changedItems(plan.budgets).map((record) => ({ kind: 'budget' as const, ...record })),
  ...changedItems(plan.wallets).map((record) => ({ kind: 'wallet' as const, ...record })),
];
