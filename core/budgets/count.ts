/** What budgets add up themselves: fed with each block that is closed, by the instants at which its rows are booked (SPEC §6.3). */
import { amountOf, quantityOf, type Group } from '../rating/block.ts';
import type { BlockRun } from '../rating/closeBlocks.ts';
import type { Changes } from '../rating/changes.ts';
import type { Rows } from '../rating/rows.ts';
import type { Resource, Tenant } from '../rating/state.ts';
import type { Period } from '../time/period.ts';
import { budgetPeriodAt, countsItself, hourMs, hourOf, ruleOf, type Rule } from './rule.ts';
import { countsBlock, matchesResource } from './scope.ts';
import type { Buckets, Budget } from './state.ts';

/** The budgets that blocks of a group have to do with; worked out once for a version of the master data. */
export interface Watch {
  /** Of the account and all above it: they are looked at after the input. */
  readonly budgets: readonly string[];
  readonly counters: readonly Counter[];
}

interface Counter {
  readonly rule: Rule;
  readonly currency: string;
  /** By resource id, where the scope names some. */
  readonly resources: Map<number, boolean> | undefined;
}

const unwatched: Watch = { budgets: [], counters: [] };

function watchOf({ master }: Tenant, group: Group): Watch {
  const records = group.account.chain.flatMap(({ record }) => master.budgetsByAccount.get(record.id) ?? []);
  if (records.length === 0) return unwatched;
  const counters = records.flatMap((record): Counter[] => {
    const rule = ruleOf(master, record);
    const currency = record.meter === undefined ? (group.price?.record.currency ?? '') : '';
    if (!countsItself(rule) || !rule.rates.has(currency) || !countsBlock(master, record, group)) return [];
    return [{ rule, currency, resources: record.scope?.resources === undefined ? undefined : new Map() }];
  });
  return { budgets: records.map(({ id }) => id), counters };
}

/** Takes note of a block before its rows are forgotten. */
export function countBlock(run: BlockRun, group: Group): void {
  const watch = (group.watch ??= watchOf(run.tenant, group));
  if (watch === unwatched) return;
  for (const id of watch.budgets) run.tenant.moved.add(id);
  for (const counter of watch.counters) {
    const budget = run.tenant.budgetStates.get(counter.rule.record.id);
    if (budget !== undefined && run.source.logTimeMs > budget.sinceMs) count(run, group, counter, budget);
  }
}

function count({ rows, changes, tenant, state }: BlockRun, group: Group, counter: Counter, budget: Budget): void {
  const { rule, currency, resources } = counter;
  const isQuantity = rule.record.meter !== undefined;
  const add = (atMs: number, sum: bigint): void => {
    if (sum !== 0n) addTo(changes, tenant, rule, budget, { atMs, currency, sum });
  };
  const { first, last } = spanOf(rows, group);
  if (resources === undefined && last < cutAt(rule, first).endMs)
    return add(first, isQuantity ? quantityOf(group) : amountOf(group));
  let cut: Period = { startMs: 0, endMs: 0 };
  let sum = 0n;
  for (let row = group.firstRow; row >= 0; row = rows.next[row]!) {
    if (resources !== undefined && !isNamed(rule, resources, state.resources[rows.resource[row]! - 1])) continue;
    const atMs = bookedAt(group, rows.startMs[row]!);
    if (atMs < cut.startMs || atMs >= cut.endMs) {
      add(cut.startMs, sum);
      [cut, sum] = [cutAt(rule, atMs), 0n];
    }
    const wide = rows.wide.get(row);
    if (wide === undefined) sum += BigInt(isQuantity ? rows.quantity[row]! : rows.amount[row]!);
    else sum += isQuantity ? wide.quantity : wide.amount;
  }
  add(cut.startMs, sum);
}

/** Late rows count where they are booked, as they do in balances (SPEC §12.2). */
const bookedAt = ({ closedUntilMs }: Group, startMs: number): number => (closedUntilMs > 0 ? closedUntilMs : startMs);

function spanOf(rows: Rows, group: Group): { readonly first: number; readonly last: number } {
  if (group.closedUntilMs > 0) return { first: group.closedUntilMs, last: group.closedUntilMs };
  let first = Infinity;
  let last = 0;
  for (let row = group.firstRow; row >= 0; row = rows.next[row]!) {
    const startMs = rows.startMs[row]!;
    if (startMs < first) first = startMs;
    if (startMs > last) last = startMs;
  }
  return { first, last };
}

/** The stretch around the instant that falls into one sum of each kind that the budget keeps. */
function cutAt(rule: Rule, atMs: number): Period {
  const period = keepsPeriods(rule) ? budgetPeriodAt(rule, atMs) : { startMs: 0, endMs: Infinity };
  if (rule.hours === 0) return period;
  const hour = hourOf(atMs);
  return { startMs: Math.max(period.startMs, hour), endMs: Math.min(period.endMs, hour + hourMs) };
}

const keepsPeriods = ({ isPlain, rolling }: Rule): boolean => !isPlain && rolling === 0;

function isNamed({ record }: Rule, known: Map<number, boolean>, resource: Resource | undefined): boolean {
  if (resource === undefined) return false;
  let answer = known.get(resource.id);
  if (answer === undefined) known.set(resource.id, (answer = matchesResource(record.scope!.resources!, resource.name)));
  return answer;
}

export interface Counted {
  readonly atMs: number;
  readonly currency: string;
  readonly sum: bigint;
}

/** Adds to the period and the hour that hold the instant, unless they are forgotten already. */
export function addTo(changes: Changes, tenant: Tenant, rule: Rule, budget: Budget, counted: Counted): void {
  const { startMs } = keepsPeriods(rule) ? budgetPeriodAt(rule, counted.atMs) : budget.period;
  if (keepsPeriods(rule) && startMs >= oldestPeriod(budget))
    addIn(budget.periods, budget.freshPeriods, startMs, counted);
  const hour = hourOf(counted.atMs);
  if (rule.hours > 0 && hour >= oldestHour(rule, budget)) addIn(budget.hours, budget.freshHours, hour, counted);
  changes.budget(tenant, budget);
}

export function addIn(
  buckets: Buckets,
  fresh: Set<number>,
  startMs: number,
  { currency, sum }: Omit<Counted, 'atMs'>,
): void {
  let sums = buckets.get(startMs);
  if (sums === undefined) buckets.set(startMs, (sums = new Map<string, bigint>()));
  sums.set(currency, (sums.get(currency) ?? 0n) + sum);
  fresh.add(startMs);
}

const oldestPeriod = ({ previous, period }: Budget): number => previous?.startMs ?? period.startMs;
const oldestHour = ({ hours }: Rule, budget: Budget): number => budget.hourMs - (hours - 1) * hourMs;

/** Forgets the sums of what is past. */
export function prune(rule: Rule, budget: Budget): void {
  const oldest = oldestPeriod(budget);
  for (const startMs of budget.periods.keys()) if (startMs < oldest) budget.periods.delete(startMs);
  const hour = oldestHour(rule, budget);
  for (const startMs of budget.hours.keys()) if (startMs < hour) budget.hours.delete(startMs);
}
