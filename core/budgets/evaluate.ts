/** Looks at budgets (SPEC §6.5–6.8): which thresholds are crossed, once, and what lets go. */
import { forecast, forecastHoursMax } from '../forecast/index.ts';
import type { BudgetRecord, BudgetStateName } from '../messages/budget.ts';
import { tellCrossed, tellReleased, type Evaluation } from './alerts.ts';
import { prune } from './count.ts';
import { budgetLimits } from './limits.ts';
import { budgetPeriodAt, formatFigure, hourMs, hourOf, parseFigure, ruleOf, type Level, type Rule } from './rule.ts';
import { carried, converted, previousOf, spentNow, sumOf, sumOfHours } from './spent.ts';
import { newBudget, type Budget } from './state.ts';

export type { Evaluation } from './alerts.ts';

const stateByAction = { notify: 'warned', throttle: 'throttled', block: 'blocked' } as const;
const strength: Readonly<Record<BudgetStateName, number>> = {
  within: 0,
  released: 0,
  warned: 1,
  throttled: 2,
  blocked: 3,
};
const holdsBack = ({ state }: Budget): boolean => strength[state] >= strength.throttled;

/** The budget in the period that holds log time; a period that is left releases what it held. */
export function budgetNow(evaluation: Evaluation, record: BudgetRecord): Budget {
  const { tenant, logTimeMs } = evaluation;
  const rule = ruleOf(tenant.master, record);
  let budget = tenant.budgetStates.get(record.id);
  if (budget === undefined) {
    tenant.budgetStates.set(record.id, (budget = newBudget(record.id, budgetPeriodAt(rule, logTimeMs))));
    evaluation.changed(budget);
  }
  const hour = rule.hours === 0 ? 0 : hourOf(logTimeMs);
  if (hour === budget.hourMs && logTimeMs >= budget.period.startMs && logTimeMs < budget.period.endMs) return budget;
  const period = budgetPeriodAt(rule, logTimeMs);
  if (rule.rolling === 0 && period.startMs !== budget.period.startMs) leave(evaluation, rule, budget);
  Object.assign(budget, { period, hourMs: hour });
  prune(rule, budget);
  evaluation.changed(budget);
  return budget;
}

function leave(evaluation: Evaluation, rule: Rule, budget: Budget): void {
  const next = budgetPeriodAt(rule, evaluation.logTimeMs);
  if (holdsBack(budget))
    tellReleased(evaluation, rule, budget, { arming: budget.arming + 1, state: 'released', released: 'period' });
  const previous = previousOf(evaluation.tenant, rule, budget, next);
  Object.assign(budget, { previous, arming: 0, crossed: [], baseline: 0n, resetHour: undefined, forecast: undefined });
  setState(evaluation, budget, 'within', 'period');
}

/** Lets go of what fell, then fires every threshold newly crossed, ascending. */
export function evaluateBudget(evaluation: Evaluation, record: BudgetRecord): void {
  const { tenant } = evaluation;
  const budget = budgetNow(evaluation, record);
  const rule = ruleOf(tenant.master, record);
  if (rule.isForecast) foresee(evaluation, rule, budget);
  const figures = figuresOf(evaluation, rule, budget);
  if (rule.record.carryOver !== undefined && budget.limitTold !== figures.limit) {
    budget.limitTold = figures.limit;
    evaluation.changed(budget);
  }
  if (budget.changed) {
    const mayLetGo = !budget.warming || !record.enabled;
    if (mayLetGo) letGo(evaluation, rule, budget, (level) => record.enabled && isReached(figures, level), 'changed');
    budget.changed = false;
    evaluation.changed(budget);
  } else if (budget.crossed.length > 0 && !budget.warming) {
    letGo(evaluation, rule, budget, (level) => isKept(rule, figures, level), 'fell');
  }
  if (!record.enabled) return;
  const crossed = rule.levels.filter((level) => !budget.crossed.includes(level.key) && isReached(figures, level));
  for (const level of crossed.sort((a, b) => inOrder(figures, a, b))) {
    budget.crossed.push(level.key);
    const reached = stateByAction[level.threshold.action];
    if (strength[reached] > strength[budget.state] || budget.state === 'released')
      setState(evaluation, budget, reached, level.key);
    tellCrossed(evaluation, rule, budget, level);
    evaluation.changed(budget);
  }
}

interface Figures {
  readonly limit: bigint;
  /** undefined: not known yet. */
  readonly of: (level: Level) => bigint | undefined;
}

function figuresOf({ tenant }: Evaluation, rule: Rule, budget: Budget): Figures {
  const spent = spentNow(tenant, rule, budget);
  const expected = budget.forecast === undefined ? undefined : parseFigure(rule, budget.forecast.expected);
  return {
    limit: rule.amount + carried(tenant, rule, budget),
    of: ({ of, threshold }) =>
      of === 'spent' ? spent : of === 'forecast' ? expected : sumOfHours(rule, budget, threshold.rate!.hours),
  };
}

/** figure ≥ level; a level of nothing is reached by something. */
function isReached(figures: Figures, level: Level): boolean {
  const figure = figures.of(level);
  const above = level.isShare ? level.above * figures.limit : level.above;
  return figure !== undefined && figure * level.below >= above && (above > 0n || figure > 0n);
}

/** Whether what was crossed holds still: not below its part of the level, and for ever where nothing lets go. */
function isKept(rule: Rule, figures: Figures, level: Level): boolean {
  const figure = figures.of(level);
  const at = rule.letsGoAt[level.of];
  if (at === undefined || figure === undefined) return true;
  const above = (level.isShare ? level.above * figures.limit : level.above) * at.numerator;
  return figure * level.below * 100n * at.denominator >= above && (above > 0n || figure > 0n);
}

const rank = { spent: 0, forecast: 1, rate: 2 } as const;

/** What was spent, what is expected, what was spent of late: each ascending. */
function inOrder({ limit }: Figures, a: Level, b: Level): number {
  const difference =
    (a.isShare ? a.above * limit : a.above) * b.below - (b.isShare ? b.above * limit : b.above) * a.below;
  return rank[a.of] - rank[b.of] || (difference < 0n ? -1 : difference > 0n ? 1 : a.key < b.key ? -1 : 1);
}

/** Thresholds no longer held are armed anew; what held back and does no more is released. */
function letGo(
  evaluation: Evaluation,
  rule: Rule,
  budget: Budget,
  isHeld: (level: Level) => boolean,
  why: 'changed' | 'fell',
): void {
  const still = rule.levels.filter((level) => budget.crossed.includes(level.key) && isHeld(level));
  const state = still.reduce<BudgetStateName>(
    (best, { threshold: { action } }) =>
      strength[stateByAction[action]] > strength[best] ? stateByAction[action] : best,
    'within',
  );
  const isReleased = holdsBack(budget) && strength[state] < strength[budget.state];
  if (still.length === budget.crossed.length && !isReleased) {
    if (budget.state === 'released' || state === budget.state) return;
    setState(evaluation, budget, state, why);
    return;
  }
  budget.arming += 1;
  const keys = new Set(still.map(({ key }) => key));
  budget.crossed = budget.crossed.filter((key) => keys.has(key));
  const left = isReleased && strength[state] < strength.throttled ? 'released' : state;
  if (isReleased) tellReleased(evaluation, rule, budget, { arming: budget.arming, state: left, released: why });
  if (budget.state !== 'released' || still.length === 0) setState(evaluation, budget, left, why);
  evaluation.changed(budget);
}

/** A manual reset: spending counts from here, every threshold is armed anew. */
export function resetBudget(evaluation: Evaluation, record: BudgetRecord): void {
  const { tenant } = evaluation;
  const budget = budgetNow(evaluation, record);
  const rule = ruleOf(tenant.master, record);
  const isReleased = holdsBack(budget);
  budget.arming += 1;
  if (isReleased)
    tellReleased(evaluation, rule, budget, { arming: budget.arming, state: 'released', released: 'reset' });
  budget.crossed = [];
  if (rule.rolling === 0) budget.baseline = sumOf(tenant, rule, budget, budget.period.startMs);
  if (rule.hours > 0)
    budget.resetHour = { startMs: budget.hourMs, baseline: converted(rule, budget.hours.get(budget.hourMs)) };
  budget.forecast = undefined;
  tenant.moved.add(record.id);
  setState(evaluation, budget, isReleased ? 'released' : 'within', 'reset');
  evaluation.changed(budget);
}

/** Lets go of what it holds back, and goes on counting: what is crossed stays crossed. */
export function releaseBudget(evaluation: Evaluation, record: BudgetRecord): void {
  const budget = budgetNow(evaluation, record);
  if (!holdsBack(budget)) return;
  budget.arming += 1;
  const rule = ruleOf(evaluation.tenant.master, record);
  tellReleased(evaluation, rule, budget, { arming: budget.arming, state: 'released', released: 'act' });
  setState(evaluation, budget, 'released', 'act');
  evaluation.changed(budget);
}

function setState({ logTimeMs }: Evaluation, budget: Budget, state: BudgetStateName, by: string): void {
  if (budget.state === state) return;
  budget.state = state;
  budget.history = [...budget.history, { atMs: logTimeMs, state, by }].slice(-budgetLimits.historyMax);
}

/** Once an hour: what the period will have come to. */
function foresee(evaluation: Evaluation, rule: Rule, budget: Budget): void {
  const { tenant, logTimeMs: nowMs } = evaluation;
  const isKnown = budget.forecast !== undefined && hourOf(budget.forecast.atMs) === budget.hourMs;
  if (isKnown || budget.warming || !rule.record.enabled) return;
  const { startMs, endMs } = budget.period;
  const hours = Array.from({ length: forecastHoursMax }, (_, i) =>
    converted(rule, budget.hours.get(budget.hourMs - (forecastHoursMax - i) * hourMs)),
  );
  const { expected, low, high, method } = forecast({
    hours,
    spent: spentNow(tenant, rule, budget),
    startMs,
    nowMs,
    endMs,
  });
  const [expectedText, lowText, highText] = [expected, low, high].map((figure) => formatFigure(rule, figure));
  budget.forecast = { expected: expectedText!, low: lowText!, high: highText!, atMs: nowMs, method };
  evaluation.work.done += 10;
  evaluation.changed(budget);
}
