/** Applies what billing decided (SPEC §1.3): the same function on the live path and on replay. */
import { dueCount } from '../fees/dues.ts';
import { feeOf } from '../fees/fee.ts';
import { budgetMisfit, goesByAccount } from '../budgets/check.ts';
import { keepsValue } from '../credits/units.ts';
import { pricingUnitLimits } from '../messages/pricingUnit.ts';
import { feeLimits } from '../fees/feeRecord.ts';
import { goesByStart, meterMisfit } from '../pricing/tallyTerms.ts';
import { compilePrice } from '../pricing/compile.ts';
import type { ControlChange, ControlMessage, MeterRecord } from '../messages/control.ts';
import { prepaidSpans } from '../spend/inPeriod.ts';
import { treeDepthMax } from '../spend/lines.ts';
import { compareText } from './attribution.ts';
import { groupedAgreements } from './agreements/master.ts';
import { changeFault } from './changeShape.ts';
import { applyClose, applyReopen } from './closes.ts';
import { applyCreditChange, deriveCredits, isOfCredits } from './credits/master.ts';
import { newTenantCredits } from './credits/tenantCredits.ts';
import { ControlFault, require } from './controlFault.ts';
import { applyCorrection, isCorrection, isPiece, type CorrectionChange } from './corrections/progress.ts';
import { applySeries, recompile } from './priceSeries.ts';
import { noteRepriced } from './repricing.ts';
import { enlistBegun } from './rollover.ts';
import { emptyTenant, type Account, type Master, type PartitionState, type Tenant } from './state.ts';

export { ControlFault } from './controlFault.ts';

/**
 * Takes a whole message or nothing: on a fault the tenant's master data stays as it was and the fault is thrown.
 * Returns the tenant, whose `master` is then a new object, but for a message of a correction alone. `onCorrection` hears each of its changes, and may
 * throw ControlFault. `atMs` is log time where the message is taken for the first time.
 */
export function applyMaster(
  state: PartitionState,
  message: ControlMessage,
  atMs = -1,
  onCorrection: (tenant: Tenant, change: CorrectionChange) => void = () => undefined,
): Tenant {
  for (const change of message.changes) {
    const fault = changeFault(change);
    if (fault !== undefined) throw new ControlFault(fault);
  }
  const known = state.tenants.get(message.tenant);
  const first = message.changes[0];
  if (known === undefined && (first?.kind !== 'tenant' || first.id !== message.tenant)) {
    throw new ControlFault(`tenant ${message.tenant} is not known; its first change must create it`);
  }
  const tenant = known ?? emptyTenant(first as Extract<ControlChange, { kind: 'tenant' }>);
  if (message.changes.length > 0 && message.changes.every(isCorrection))
    return correct(tenant, message.changes, onCorrection);
  const draft = copyMaster(tenant.master);
  const renames: Renames = new Map();
  for (const change of message.changes) applyChange(draft, tenant.id, change, state.logTimeMs, renames, atMs);
  if (message.changes.some(isOfCredits)) deriveCredits(draft);
  requireFewDues(tenant.master, draft, message, atMs);
  for (const [account, record] of renames) (account as { record: Account['record'] }).record = record;
  const before = tenant.master;
  recompile(draft, before.priceSeries);
  draft.metersByMetric = Map.groupBy(
    [...draft.meters.values()].toSorted((a, b) => compareText(a.id, b.id)),
    ({ metric }) => metric,
  );
  draft.rollingKeys = new Set(
    [...draft.prices.values()].flatMap(({ record }) => (record.rollover ? [record.key] : [])),
  );
  draft.pricesByMeter = Map.groupBy(draft.prices.values(), ({ record }) => record.meter);
  draft.versionsByKey = Map.groupBy(
    draft.prices.values().map(({ record }) => record),
    ({ key }) => key,
  );
  if (message.changes.some(({ kind }) => kind === 'agreement')) {
    draft.agreementsByUnit = groupedAgreements(draft, tenant.master.agreementsByUnit);
    draft.prepaidFrom = prepaidSpans([...draft.agreementsByUnit.values()].flat()).map(({ fromMs }) => fromMs);
  }
  if (draft.credits.units.size > 0) tenant.credits ??= newTenantCredits();
  if (message.changes.some(({ kind }) => kind === 'budget')) {
    draft.budgetsByAccount = Map.groupBy(draft.budgets.values(), ({ account }) => account);
    draft.budgetIds = [...draft.budgets.keys()].sort(compareText);
  }
  tenant.master = draft;
  state.tenants.set(tenant.id, tenant);
  enlistBegun(state, tenant, before);
  noteRepriced(state, tenant, before);
  return tenant;
}

/** What a correction says changes nothing that plans are resolved from. */
function correct(
  tenant: Tenant,
  changes: readonly CorrectionChange[],
  onCorrection: (tenant: Tenant, change: CorrectionChange) => void,
): Tenant {
  const draft = { correction: tenant.master.correction };
  for (const change of changes) {
    applyCorrection(draft, change);
    require(!isPiece(change) || changes.length === 1, `a piece of correction ${change.id} is a message of its own`);
    onCorrection(tenant, change);
  }
  tenant.master.correction = draft.correction;
  return tenant;
}

function copyMaster(master: Master): Master {
  return {
    ...master,
    version: master.version + 1,
    accounts: new Map(master.accounts),
    producers: new Map(master.producers),
    ownership: new Map(master.ownership),
    meters: new Map(master.meters),
    prices: new Map(master.prices),
    fees: new Map(master.fees),
    feesByKey: new Map(master.feesByKey),
    agreements: new Map(master.agreements),
    pricingUnits: new Map(master.pricingUnits),
    priceSeries: new Map(master.priceSeries),
    budgets: new Map(master.budgets),
    credits: { ...master.credits, grants: new Map(master.credits.grants), wallets: new Map(master.credits.wallets) },
    closes: new Map(master.closes),
  };
}

function applyChange(
  master: Master,
  tenant: string,
  change: ControlChange,
  logTimeMs: number,
  renames: Renames,
  atMs: number,
): void {
  switch (change.kind) {
    case 'tenant': {
      const { kind: _, ...record } = change;
      require(record.id === tenant, `change names tenant ${record.id}`);
      master.record = record;
      return;
    }
    case 'producer': {
      const { kind: _, ...record } = change;
      master.producers.set(record.id, record);
      return;
    }
    case 'account':
      return applyAccount(master, change, renames);
    case 'ownership': {
      require(master.accounts.has(change.account), `account ${change.account} is not known`);
      const records = [...(master.ownership.get(change.resource) ?? [])].filter((r) => r.fromMs !== change.fromMs);
      records.push({ account: change.account, fromMs: change.fromMs });
      master.ownership.set(
        change.resource,
        records.sort((a, b) => a.fromMs - b.fromMs),
      );
      return;
    }
    case 'meter': {
      const { kind: _, ...record } = change;
      const known = master.meters.get(record.id);
      const fixed = known === undefined || tallyTerms(known) === tallyTerms(record);
      require(fixed, `meter ${record.id} cannot change its unit, scale, aggregation or what belongs to that`);
      master.meters.set(record.id, record);
      return;
    }
    case 'price': {
      const { kind: _, ...record } = change;
      const meter = master.meters.get(record.meter);
      require(meter !== undefined, `meter ${record.meter} of price ${record.id} is not known`);
      requireFreshId(master, record.id);
      requireChargedIn(master, record.currency, `price ${record.id}`);
      require(record.account === 0 || master.accounts.has(record.account), `account ${record.account} is not known`);
      const misfit = meterMisfit(record, meter!);
      require(misfit === undefined, `price ${record.id}: ${misfit?.field} should be ${misfit?.expected}`);
      try {
        master.prices.set(
          record.id,
          compilePrice(record, meter!, (id) => master.priceSeries.get(id)),
        );
      } catch (cause) {
        throw new ControlFault(`price ${record.id}: ${cause instanceof Error ? cause.message : 'not valid'}`);
      }
      return;
    }
    case 'fee': {
      const { kind: _, ...record } = change;
      requireFreshId(master, record.id);
      requireChargedIn(master, record.currency, `fee ${record.id}`);
      const account = master.accounts.get(record.account);
      require(account !== undefined, `account ${record.account} is not known`);
      const before = master.feesByKey.get(record.key);
      require(before === undefined ||
        record.version > before.record.version, `fee ${record.key} has version ${before?.record.version}`);
      const fee = feeOf(record, account!.record.timeZone);
      master.fees.set(record.id, fee);
      master.feesByKey.set(record.key, fee);
      return;
    }
    case 'agreement': {
      const { kind: _, ...record } = change;
      requireFreshId(master, record.id);
      requireChargedIn(master, record.currency, `agreement ${record.id}`);
      require(master.accounts.has(record.account), `account ${record.account} is not known`);
      const known = [...master.agreements.values()].findLast(({ key }) => key === record.key);
      if (known !== undefined) {
        require(known.version < record.version, `agreement ${record.key} has version ${known.version}`);
        const isSame =
          known.account === record.account &&
          known.currency === record.currency &&
          known.terms.kind === record.terms.kind;
        require(isSame, `agreement ${record.key} cannot change its account, currency or kind`);
      }
      master.agreements.set(record.id, record);
      return;
    }
    case 'pricingUnit': {
      const { kind: _, ...record } = change;
      const known = master.pricingUnits.get(record.id);
      const fixed = known === undefined || keepsValue(known, record);
      require(fixed, `pricing unit ${record.id} keeps its value's currency and the points that are published`);
      const { unitsMax } = pricingUnitLimits;
      master.pricingUnits.set(record.id, record);
      require(master.pricingUnits.size <= unitsMax, `pricing unit ${record.id} is beyond ${unitsMax}`);
      return;
    }
    case 'series':
    case 'seriesPoints':
      return applySeries(master, change);
    case 'budget': {
      const { kind: _, ...record } = change;
      const misfit = budgetMisfit(master, record);
      require(misfit === undefined, `budget ${record.id}: ${misfit}`);
      for (const currency of [record.currency, ...(record.fx ?? []).map((one) => one.currency)])
        if (record.meter === undefined) requireChargedIn(master, currency, `budget ${record.id}`);
      master.budgets.set(record.id, record);
      return;
    }
    case 'budgetReset':
    case 'budgetRelease':
    case 'budgetSeed':
      require(master.budgets.has(change.budget), `budget ${change.budget} is not known`);
      return;
    case 'creditGrant':
      requireChargedIn(master, change.grant.currency, `grant ${change.grant.id}`);
      return applyCreditChange(master, change, atMs);
    case 'wallet':
      requireChargedIn(master, change.currency, `wallet ${change.id}`);
      return applyCreditChange(master, change, atMs);
    case 'creditVoid':
      return applyCreditChange(master, change, atMs);
    case 'close':
      return applyClose(master, change, logTimeMs);
    case 'reopen':
      return applyReopen(master, change);
    case 'correctionRows':
    case 'correctionShadow':
    case 'correctionTally':
      throw new ControlFault(`a piece of correction ${change.id} is a message of its own`);
    case 'correction':
    case 'correctionEnd':
      return applyCorrection(master, change);
  }
}

/** What has a name of three letters is a currency; its shape was checked. */
function requireChargedIn({ pricingUnits }: Master, currency: string, what: string): void {
  const isKnown = currency.length === 3 || pricingUnits.has(currency);
  require(isKnown, `${what}: currency is ${currency}, not an ISO 4217 code or a pricing unit that is published`);
}

/** What the figures of a meter's tallies mean. */
const tallyTerms = ({ unit, scale, aggregation, exact, slots, samples, recurs }: MeterRecord): string => {
  const { dimension, in: inward, out, take, of } = slots?.directions ?? {};
  return JSON.stringify([
    unit, scale, aggregation, exact?.upTo, exact?.beyond, slots?.lengthMs, slots?.discardPercent, dimension, inward, out, take, of,
    samples?.discardPercent, samples?.countMax, recurs?.by,
  ]); // prettier-ignore
};

/** What accounts will be called once the whole message holds. */
type Renames = Map<Account, Account['record']>;

function applyAccount(master: Master, change: Extract<ControlChange, { kind: 'account' }>, renames: Renames): void {
  const { kind: _, ...record } = change;
  const known = master.accounts.get(record.id);
  const fixed =
    known === undefined ||
    (known.record.parent === record.parent &&
      known.record.type === record.type &&
      known.record.timeZone === record.timeZone &&
      keepsStart(master, renames.get(known) ?? known.record, record));
  require(fixed, `account ${record.id} cannot move or change its type, zone or start`);
  const parent = record.parent === 0 ? undefined : master.accounts.get(record.parent);
  require(record.parent === 0 || parent !== undefined, `parent ${record.parent} of account ${record.id} is not known`);
  const isTooDeep = (parent?.chain.length ?? 0) >= treeDepthMax;
  require(!isTooDeep, `account ${record.id} lies below ${treeDepthMax} levels, which is the most`);
  if (known !== undefined) {
    // Nodes below hold this very object in their chains, so it is renamed in place, once nothing can fail any more.
    renames.set(known, record);
    return;
  }
  const chain: Account[] = [];
  const account: Account = { record, chain };
  chain.push(account, ...(parent?.chain ?? []));
  master.accounts.set(record.id, account);
  if (record.type === 'suspense' && master.suspense === undefined) master.suspense = account;
}

/** A version is compared with the one before over all that was due: not more than a limit, in all of a message. */
function requireFewDues(before: Master, after: Master, { changes }: ControlMessage, atMs: number): void {
  const { periodsDueMax, periodsPerMessageMax } = feeLimits;
  let all = 0;
  for (const key of new Set(changes.flatMap((change) => (change.kind === 'fee' ? [change.key] : []))))
    for (const fee of [before.feesByKey.get(key), after.feesByKey.get(key)]) {
      const count = fee === undefined ? 0 : dueCount(fee, atMs);
      const advice = 'let it be, and publish what it owes from now on under another key';
      require(count <= periodsDueMax, `fee ${key} has more than ${periodsDueMax} periods that are due: ${advice}`);
      all += count;
    }
  require(all <=
    periodsPerMessageMax, `fees of one message have ${all} periods that are due: publish at most ${periodsPerMessageMax} at once`);
}

/** Prices, fees and agreements draw their ids from one sequence. */
function requireFreshId({ prices, fees, agreements }: Master, id: number): void {
  require(!prices.has(id) && !fees.has(id) && !agreements.has(id), `${id} is published and immutable`);
}

/** A start is given once, and not after a price or a budget has begun to count from it. */
function keepsStart({ prices, budgets }: Master, before: Account['record'], after: Account['record']): boolean {
  if (before.startsOn !== undefined || after.startsOn === undefined) return before.startsOn === after.startsOn;
  const isCounted = prices.values().some(({ record }) => goesByStart(record)) || budgets.values().some(goesByAccount);
  return !isCounted;
}
