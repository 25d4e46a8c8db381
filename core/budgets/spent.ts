/** What a budget has spent, and of how much (SPEC §6.2, §6.4). */
import type { BudgetRecord } from '../messages/budget.ts';
import { AMOUNT_SCALE, divideRounded } from '../money/fixed.ts';
import type { Period } from '../time/period.ts';
import { balanceKey, type Tenant } from '../rating/state.ts';
import { budgetPeriodAt, hourMs, hourOf, ruleOf, type Rule } from './rule.ts';
import { newBudget, type Budget, type Previous } from './state.ts';

/**
 * The amount of the period that holds log time, with what was carried over: pico of the currency, or at the scale of the meter.
 */
export function limitOf(tenant: Tenant, record: BudgetRecord, logTimeMs: number): bigint {
  const rule = ruleOf(tenant.master, record);
  const budget = tenant.budgetStates.get(record.id);
  return budget === undefined
    ? rule.amount
    : rule.amount + carried(tenant, rule, seenAt(tenant, rule, budget, logTimeMs));
}

/** What was spent of it since the period, or the last reset in it, began; in the same unit. */
export function spentOf(tenant: Tenant, record: BudgetRecord, logTimeMs: number): bigint {
  const rule = ruleOf(tenant.master, record);
  const budget = tenant.budgetStates.get(record.id) ?? newBudget(record.id, budgetPeriodAt(rule, logTimeMs));
  return spentNow(tenant, rule, seenAt(tenant, rule, budget, logTimeMs));
}

/** Budgets of the account and of all above it that are enabled, by id. */
export function budgetsAbove({ master }: Tenant, account: number): BudgetRecord[] {
  const path = master.accounts.get(account)?.chain ?? [];
  const above = path.flatMap(({ record }) => master.budgetsByAccount.get(record.id) ?? []);
  return above.filter(({ enabled }) => enabled).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Where the budget stands once log time is looked at: periods and hours that ended meanwhile are left. */
function seenAt(tenant: Tenant, rule: Rule, budget: Budget, logTimeMs: number): Standing {
  const period = budgetPeriodAt(rule, logTimeMs);
  const hour = rule.hours > 0 ? hourOf(logTimeMs) : 0;
  if (rule.rolling > 0 || period.startMs === budget.period.startMs) return { ...budget, period, hourMs: hour };
  return { ...budget, period, hourMs: hour, baseline: 0n, previous: previousOf(tenant, rule, budget, period) };
}

export type Standing = Pick<Budget, 'period' | 'previous' | 'baseline' | 'periods' | 'hours' | 'hourMs' | 'resetHour'>;

/** The period before `next`: periods that nobody looked at handed on what they had. */
export function previousOf(tenant: Tenant, rule: Rule, budget: Standing, next: Period): Previous | undefined {
  if (rule.record.carryOver === undefined) return undefined;
  const { period, baseline } = budget;
  let last: Previous = { ...period, limit: rule.amount + carried(tenant, rule, budget), baseline };
  while (last.endMs < next.startMs) {
    const limit = rule.amount + leftOf(tenant, rule, budget, last);
    last = { ...budgetPeriodAt(rule, last.endMs), limit, baseline: 0n };
  }
  return last;
}

/** What the period before left: at most what may go on, never less than nothing. */
export const carried = (tenant: Tenant, rule: Rule, budget: Standing): bigint =>
  budget.previous === undefined || rule.record.carryOver === undefined
    ? 0n
    : leftOf(tenant, rule, budget, budget.previous);

function leftOf(tenant: Tenant, rule: Rule, budget: Standing, { startMs, limit, baseline }: Previous): bigint {
  const left = limit - (sumOf(tenant, rule, budget, startMs) - baseline);
  const most = rule.carriedMax ?? left;
  return left <= 0n ? 0n : left < most ? left : most;
}

export function spentNow(tenant: Tenant, rule: Rule, budget: Standing): bigint {
  if (rule.rolling > 0) return sumOfHours(rule, budget, rule.rolling);
  return sumOf(tenant, rule, budget, budget.period.startMs) - budget.baseline;
}

/** All that the period has come to, whatever was reset in it. */
export function sumOf(tenant: Tenant, rule: Rule, budget: Standing, startMs: number): bigint {
  if (!rule.isPlain) return converted(rule, budget.periods.get(startMs));
  let sum = 0n;
  for (const [currency, rate] of rule.rates) {
    const balance = tenant.balancesByKey.get(balanceKey(rule.record.account, startMs, currency));
    if (balance !== undefined) sum += exchanged(balance.total, rate);
  }
  return sum;
}

/** The last hours, with that of the instant looked at; since the last reset. */
export function sumOfHours(rule: Rule, { hours, hourMs: now, resetHour }: Standing, count: number): bigint {
  const fromMs = Math.max(now - (count - 1) * hourMs, resetHour?.startMs ?? 0);
  const sums = new Map<string, bigint>();
  for (const [startMs, counted] of hours) {
    if (startMs < fromMs || startMs > now) continue;
    for (const [currency, amount] of counted) sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  }
  const sum = converted(rule, sums);
  return resetHour !== undefined && fromMs === resetHour.startMs ? sum - resetHour.baseline : sum;
}

const whole = 10n ** BigInt(AMOUNT_SCALE);

/** In the budget's own unit: what was counted in another currency × its rate, rounded once. */
export function converted({ rates }: Rule, sums: ReadonlyMap<string, bigint> | undefined): bigint {
  let sum = 0n;
  for (const [currency, amount] of sums ?? []) sum += exchanged(amount, rates.get(currency) ?? 0n);
  return sum;
}

/** An amount of another currency at a rate, both in 10⁻¹². */
export const exchanged = (amount: bigint, rate: bigint): bigint =>
  rate === whole ? amount : divideRounded(amount * rate, whole, 'halfEven');
