/** SPEC §6.2–6.3: what budgets count. What is counted stays as sums of a quarter of an hour, and is added up whenever it is asked for. */
import type { BudgetRecord } from '../../messages/budget.ts';
import { monthAt } from '../month.ts';
import { periodAt, type Span } from '../calendar.ts';
import { decimal, zero, type Exact } from '../number.ts';
import {
  balanceKey,
  pathUp,
  type BudgetTrack,
  type Counted,
  type Outcome,
  type Row,
  type State,
  type Tenant,
} from '../state.ts';
import { startOf } from '../tallyPlace.ts';

export const hourMs = 3_600_000;
export const hourOf = (atMs: number): number => atMs - (atMs % hourMs);
const quarterMs = 900_000;

/** Hours that it needs the sums of: of a rolling period, of rates, of the past that a forecast goes by. */
export function hoursOf(budget: BudgetRecord): number {
  const rates = budget.thresholds.map(({ rate }) => rate?.hours ?? 0);
  return Math.max(rollingOf(budget), foresees(budget) ? 673 : 0, ...rates);
}

export const rollingOf = ({ period }: BudgetRecord): number =>
  typeof period === 'object' && period.kind === 'rolling' ? period.hours : 0;

export const foresees = ({ forecast, thresholds }: BudgetRecord): boolean =>
  forecast === true || thresholds.some((threshold) => threshold.forecast !== undefined);

/** Money of a month and of all that the account has: its balance says it. */
export const isBalance = ({ meter, scope, period }: BudgetRecord): boolean =>
  meter === undefined && scope === undefined && calendarOf(period) === 'month';

function calendarOf(period: BudgetRecord['period']): string {
  if (typeof period === 'string') return period;
  return period.kind === 'calendar' ? period.interval : period.kind;
}

/** What it counts, in words; nothing where it need not. */
export function countedBy(budget: BudgetRecord): string {
  const hours = hoursOf(budget);
  if (isBalance(budget) && hours === 0) return '';
  return JSON.stringify([budget.scope, (budget.fx ?? []).map(({ currency }) => currency).sort(), hours]);
}

export function periodOf(tenant: Tenant, budget: BudgetRecord, atMs: number): Span {
  const { period, account } = budget;
  const { timeZone } = tenant.accounts.get(account)!;
  if (period === 'lifetime') return { startMs: 0, endMs: 9_999_999_999_999 };
  const rolling = rollingOf(budget);
  if (rolling > 0) return { startMs: Math.max(0, hourOf(atMs) - (rolling - 1) * hourMs), endMs: hourOf(atMs) + hourMs };
  if (calendarOf(period) === 'month') return monthAt(atMs, timeZone);
  const calendar = typeof period === 'string' ? named[period] : period;
  return periodAt(atMs, timeZone, calendar as Parameters<typeof periodAt>[2], startOf(tenant, account)).period!;
}

/** One object each: periods that were worked out are remembered by it. */
const named = Object.fromEntries(
  ['day', 'week', 'month', 'quarter', 'halfYear', 'year'].map((interval) => [interval, { kind: 'calendar', interval }]),
) as Record<string, object>;

/** Adds the rows that nobody has counted yet to all budgets that they are in the scope of; answers whose rows they were. */
export function countRows(state: State, tenant: Tenant, outcome: Outcome): Set<number> {
  const fresh = outcome.rows.filter((row) => row.tenant === tenant.record.id && !state.counted.has(row));
  for (const row of fresh) {
    state.counted.add(row);
    const path = pathUp(tenant, row.account);
    for (const budget of tenant.budgets.values()) {
      const track = state.budgets.get(`${tenant.record.id} ${budget.id}`);
      if (track === undefined || !path.includes(budget.account) || countedBy(budget) === '') continue;
      if (row.source.logTimeMs > track.sinceMs && isCounted(tenant, budget, row, path))
        countRow(tenant, budget, track, row);
    }
  }
  return new Set(fresh.flatMap((row) => pathUp(tenant, row.account)));
}

function isCounted(
  tenant: Tenant,
  { scope = {}, meter, currency, fx = [] }: BudgetRecord,
  row: Row,
  path: number[],
): boolean {
  if (row.kind === 'unmetered') return false;
  const isMeasured = meter === undefined ? row.price !== 0 && [currency, ...fx.map((rate) => rate.currency)].includes(row.currency) : row.meter === meter; // prettier-ignore
  const { services, components, meters, prices, resources, tags } = scope;
  return (
    isMeasured &&
    (services?.includes(row.service) ?? true) &&
    (components?.includes(row.component) ?? true) &&
    (meters?.includes(row.meter) ?? true) &&
    (prices?.includes(keyOf(tenant, row.price)) ?? true) &&
    (resources?.some((pattern) => isBelow(pattern, row.resource)) ?? true) &&
    Object.entries(tags ?? {}).every(([tag, values]) => values.includes(tagOf(tenant, path, tag)!))
  );
}

const keyOf = ({ prices, fees, agreements }: Tenant, id: number): string =>
  (prices.get(id) ?? fees.get(id) ?? agreements.get(id))?.key ?? '';

const isBelow = (pattern: string, resource: string) =>
  pattern.endsWith('/*') ? resource.startsWith(pattern.slice(0, -1)) : resource === pattern;

/** Of the account, else of the nearest one above that has the tag. */
const tagOf = (tenant: Tenant, path: readonly number[], tag: string): string | undefined =>
  path.map((id) => tenant.accounts.get(id)!.tags).find((tags) => tags !== undefined && Object.hasOwn(tags, tag))?.[tag];

function countRow(tenant: Tenant, budget: BudgetRecord, track: BudgetTrack, row: Row): void {
  const atMs = row.closedUntilMs > 0 ? row.closedUntilMs : row.startMs;
  const periodMs = isBalance(budget) || rollingOf(budget) > 0 ? -1 : periodOf(tenant, budget, atMs).startMs;
  const isQuantity = budget.meter !== undefined;
  const counted = { periodMs, atMs: atMs - (atMs % quarterMs), currency: isQuantity ? '' : row.currency };
  addTo(track, { ...counted, sum: isQuantity ? row.quantity : row.amount });
}

export function addTo({ ledger }: BudgetTrack, counted: Counted): void {
  const key = `${counted.periodMs} ${counted.atMs} ${counted.currency}`;
  const known = ledger.get(key);
  if (known === undefined) ledger.set(key, { ...counted });
  else known.sum = known.sum.plus(counted.sum);
}

/** All of the period that begins then. */
export function sumOfPeriod(state: State, budget: BudgetRecord, track: BudgetTrack, startMs: number): Exact {
  if (!isBalance(budget)) return worth(budget, [...track.ledger.values()].filter(({ periodMs }) => periodMs === startMs)); // prettier-ignore
  const currencies = [budget.currency, ...(budget.fx ?? []).map(({ currency }) => currency)];
  const balances = currencies.map((currency) => ({
    currency,
    sum: state.balances.get(balanceKey(track.tenant, budget.account, startMs, currency))?.total ?? zero,
  }));
  return worth(budget, balances);
}

/** Of whole hours, from one on up to and with another one. */
export const sumOfHours = (budget: BudgetRecord, { ledger }: BudgetTrack, fromMs: number, hour: number): Exact =>
  worth(
    budget,
    [...ledger.values()].filter(({ atMs }) => atMs >= Math.max(0, fromMs) && atMs < hour + hourMs),
  );

/** What was counted of each currency at its rate, each rounded once. */
function worth({ currency, fx = [] }: BudgetRecord, counted: readonly Pick<Counted, 'currency' | 'sum'>[]): Exact {
  const rates = [{ currency, rate: '1' }, ...fx];
  return rates.reduce((all, { currency: of, rate }) => {
    const sum = counted.filter((one) => one.currency === of).reduce((so, one) => so.plus(one.sum), zero);
    return all.plus(of === currency ? sum : sum.times(decimal(rate)).toDecimalPlaces(12));
  }, zero);
}
