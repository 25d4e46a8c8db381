/** SPEC §1.3: whether what a change names is there, and what must never change stays. */
import type {
  AccountRecord,
  AgreementRecord,
  ControlChange,
  FeeRecord,
  MeterRecord,
  PriceRecord,
} from '../messages/control.ts';
import type { SeriesRecord } from '../messages/series.ts';
import { goesWith } from './budgets/shape.ts';
import { canClose, canReopen } from './closes.ts';
import { canProgress } from './corrections/progress.ts';
import { fitsCredits } from './credits/shape.ts';
import { fitsUnits, isPaidIn } from './pricingUnit.ts';
import { revised } from './series.ts';
import { pathUp, type Tenant } from './state.ts';

/** `id` is the tenant of the message; `tenant` what is known of it so far, changes earlier in the message included. */
export function fitsCatalogue(
  tenant: Tenant | undefined,
  id: string,
  change: ControlChange,
  logTimeMs: number,
): boolean {
  if (change.kind === 'tenant') return change.id === id;
  if (tenant === undefined) return false;
  if (!isPaidIn(tenant, change)) return false;
  const hasAccount = (account: number) => tenant.accounts.has(account);
  switch (change.kind) {
    case 'producer':
      return true;
    case 'account':
      return (
        (change.parent === 0 || (hasAccount(change.parent) && pathUp(tenant, change.parent).length < 64)) &&
        staysInPlace(tenant.accounts.get(change.id), change) &&
        keepsStart(tenant, tenant.accounts.get(change.id), change)
      );
    case 'ownership':
      return hasAccount(change.account);
    case 'meter':
      return countsTheSame(tenant.meters.get(change.id), change);
    case 'price': {
      const meter = tenant.meters.get(change.meter);
      if (meter === undefined || (change.account !== 0 && !hasAccount(change.account))) return false;
      return isFresh(tenant, change.id) && suits(meter, change) && hasSeries(tenant, change);
    }
    case 'pricingUnit':
      return fitsUnits(tenant, change);
    case 'series': {
      const before = tenant.series.get(change.id)?.record;
      return before === undefined || pricesTheSame(before, change);
    }
    case 'seriesPoints': {
      const known = tenant.series.get(change.series);
      return known !== undefined && revised(known.record, known.points, change.points) !== undefined;
    }
    case 'fee':
      return isFresh(tenant, change.id) && hasAccount(change.account) && follows(tenant, change);
    case 'agreement':
      return isFresh(tenant, change.id) && hasAccount(change.account) && goesOn(tenant, change);
    case 'budget':
      return goesWith(tenant, change);
    case 'budgetReset':
    case 'budgetRelease':
    case 'budgetSeed':
      return tenant.budgets.has(change.budget);
    case 'creditGrant':
    case 'creditVoid':
    case 'wallet':
      return fitsCredits(tenant, change, logTimeMs);
    case 'close':
      return canClose(tenant, change, logTimeMs);
    case 'reopen':
      return canReopen(tenant, change);
    case 'correction':
    case 'correctionRows':
    case 'correctionShadow':
    case 'correctionTally':
    case 'correctionEnd':
      return canProgress(tenant.correction, change);
  }
}

/** Prices, fees and agreements are numbered in one row. */
const isFresh = ({ prices, fees, agreements }: Tenant, id: number) =>
  !prices.has(id) && !fees.has(id) && !agreements.has(id);

const follows = ({ fees }: Tenant, { key, version }: FeeRecord) =>
  [...fees.values()].every((fee) => fee.key !== key || fee.version < version);

const goesOn = ({ agreements }: Tenant, { key, version, account, currency, terms }: AgreementRecord) =>
  [...agreements.values()].every(
    (other) =>
      other.key !== key ||
      (other.version < version &&
        other.account === account &&
        other.currency === currency &&
        other.terms.kind === terms.kind),
  );
/** A spot price is in the currency of its series and per its unit. */
function hasSeries({ series }: Tenant, { model, currency, unit }: PriceRecord): boolean {
  if (model.kind !== 'spot') return true;
  const record = series.get(model.series)?.record;
  return record?.currency === currency && record.unit === unit.name;
}

function pricesTheSame(before: SeriesRecord, after: SeriesRecord): boolean {
  return (['currency', 'unit', 'interval', 'timeZone', 'maxAgeMs'] as const).every(
    (field) => before[field] === after[field],
  );
}

function staysInPlace(before: AccountRecord | undefined, after: AccountRecord): boolean {
  if (before === undefined) return true;
  return before.parent === after.parent && before.type === after.type && before.timeZone === after.timeZone;
}

/** The start of an account is said once, before any price or budget goes by it. */
function keepsStart({ prices, budgets }: Tenant, before: AccountRecord | undefined, after: AccountRecord): boolean {
  if (before === undefined || before.startsOn === after.startsOn) return true;
  const goByIt = [...prices.values()].some(
    ({ period, prorate }) => prorate !== undefined || (period?.kind === 'anniversary' && period.anchor === 'account'),
  );
  const areWatched = [...budgets.values()].some(
    ({ period }) => typeof period === 'object' && period.kind === 'anniversary' && period.anchor === 'account',
  );
  return before.startsOn === undefined && !goByIt && !areWatched;
}

/** 8.6: so many slots as a month of five minutes has, and no more; what fell is not shared. */
function suits({ aggregation, slots }: MeterRecord, { period, tallyScope, split }: PriceRecord): boolean {
  if (
    (aggregation === 'latest' || aggregation === 'samplePercentile') &&
    tallyScope === 'subtree' &&
    split !== 'asArrived'
  )
    return false;
  if (slots === undefined || period === undefined) return true;
  return Math.ceil(((mostDays(period) * 24 + 1) * 3_600_000) / slots.lengthMs) <= 31 * 24 * 12 + 12;
}

function mostDays(period: NonNullable<PriceRecord['period']>): number {
  if (period.kind === 'fiscal') return 6 * 7;
  if (period.kind !== 'list') {
    const days = { day: 1, week: 7, month: 31, quarter: 92, halfYear: 184, year: 366 }[period.interval];
    return period.kind === 'calendar' ? days : days * (period.every ?? 1);
  }
  const days = period.dates.map((day) => Temporal.PlainDate.from(day));
  return Math.max(...days.slice(1).map((day, i) => day.since(days[i]!, { largestUnit: 'day' }).days));
}

/** A meter's tallies are in its unit and scale for ever; only its metric and filter may change. */
function countsTheSame(before: MeterRecord | undefined, after: MeterRecord): boolean {
  if (before === undefined) return true;
  return (
    before.unit === after.unit &&
    before.scale === after.scale &&
    before.aggregation === after.aggregation &&
    inOrder(before.exact) === inOrder(after.exact) &&
    inOrder(before.slots) === inOrder(after.slots) &&
    inOrder(before.samples) === inOrder(after.samples) &&
    before.recurs?.by === after.recurs?.by
  );
}

/** The same text for the same fields, in whatever order they come. */
function inOrder(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value) ?? '';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([field, inner]) => `${field}: ${inOrder(inner)}`).join();
}
