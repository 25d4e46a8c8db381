/** SPEC §6.5–6.7: when budgets are looked at, and what that makes of their states. */
import type { BudgetRecord, BudgetStateName, BudgetThreshold } from '../../messages/budget.ts';
import { byCodeUnit } from '../attribution.ts';
import { zero } from '../number.ts';
import type { BudgetTrack, Outcome, Source, State, Tenant } from '../state.ts';
import { tellCrossed, tellReleased, type Looking } from './alerts.ts';
import { countRows, foresees, hourMs, hourOf, hoursOf, periodOf, rollingOf } from './count.ts';
import { before, foresee, holdsOn, lookedAt, reaches, spanOf } from './figures.ts';
import { nameOf } from './shape.ts';

export const rank: Readonly<Record<BudgetStateName, number>> = { within: 0, released: 0, warned: 1, throttled: 2, blocked: 3 }; // prettier-ignore
const stateOfAction = { notify: 'warned', throttle: 'throttled', block: 'blocked' } as const;
const workMax = 500;

/** Log time has moved: the first budget of each tenant whose period or hour is over, or that begins to count, and all after it wait. */
export function noteDue(state: State, beforeMs: number): void {
  for (const tenant of state.tenants.values())
    for (const id of [...tenant.budgets.keys()].sort(byCodeUnit)) {
      const budget = tenant.budgets.get(id)!;
      const track = state.budgets.get(`${tenant.record.id} ${id}`)!;
      const isOver = budget.period !== 'lifetime' && state.logTimeMs >= track.period.endMs;
      const isOld = hoursOf(budget) > 0 && state.logTimeMs >= track.hourMs + hourMs;
      const isFirst = track.warming && beforeMs <= track.sinceMs;
      if (isOver || isOld || isFirst) wait(state, tenant, id, null, '');
    }
}

function wait(state: State, tenant: Tenant, from: string, cause: Looking['source'] | null, trace: string): void {
  const { id } = tenant.record;
  const known = state.waiting.get(id);
  if (known !== undefined && known.from <= from) return;
  const { producer, epoch, seq } = cause ?? { producer: '', epoch: '', seq: 0 };
  const told = { cause: producer === '' ? null : { producer, epoch, seq }, trace };
  state.waiting.set(id, { ...(known ?? told), from });
}

/** Goes on with those that wait. */
export function continueLooking(state: State, outcome: Outcome): void {
  for (const id of [...state.waiting.keys()].sort(byCodeUnit)) {
    const { from, cause, trace } = state.waiting.get(id)!;
    const tenant = state.tenants.get(id)!;
    const source = { producer: '', epoch: '', seq: 0, ...cause, trace };
    const ids = [...tenant.budgets.keys()].filter((budget) => budget >= from).sort(byCodeUnit);
    const left = lookAtEach({ state, tenant, source, outcome }, ids);
    if (left === undefined) state.waiting.delete(id);
    else state.waiting.set(id, { from: left, cause, trace });
  }
}

/** The first that there was no room for. */
function lookAtEach(looking: Looking, ids: readonly string[]): string | undefined {
  for (const id of ids) {
    if (looking.outcome.work.done >= workMax) return id;
    look(looking, looking.tenant.budgets.get(id)!);
  }
  return undefined;
}

/** The budgets of all accounts above the rows that are new, and those named, by id. */
export function evaluateMoved(
  state: State,
  tenant: Tenant,
  source: Source,
  outcome: Outcome,
  named: ReadonlySet<string> = new Set(),
): void {
  const moved = countRows(state, tenant, outcome);
  const ids = [...tenant.budgets.values()]
    .filter(({ id, account }) => moved.has(account) || named.has(id))
    .map(({ id }) => id);
  const left = lookAtEach({ state, tenant, source, outcome }, ids.sort(byCodeUnit));
  if (left !== undefined) wait(state, tenant, left, source, source.trace);
}

/** Where the budget stands at log time: 6.6, a period that is over is left. */
export function trackOf(looking: Looking, budget: BudgetRecord): BudgetTrack {
  const { state, tenant } = looking;
  const key = `${tenant.record.id} ${budget.id}`;
  const period = spanOf(periodOf(tenant, budget, state.logTimeMs));
  const track = state.budgets.get(key) ?? begun(tenant, budget, period);
  state.budgets.set(key, track);
  if (track.period.startMs !== period.startMs && rollingOf(budget) === 0) {
    if (rank[track.state] >= rank.throttled) tellReleased(looking, budget, track, track.arming + 1, 'period');
    track.previous = before(looking, budget, track, period.startMs);
    Object.assign(track, { arming: 0, crossed: [], baseline: zero, resetHour: undefined, forecast: undefined });
    become(looking, track, 'within', 'period');
  }
  track.period = period;
  track.hourMs = hoursOf(budget) === 0 ? 0 : hourOf(state.logTimeMs);
  forget(budget, track);
  return track;
}

/** Sums that nobody will ask for again. */
function forget(budget: BudgetRecord, { ledger, previous, period, hourMs: hour }: BudgetTrack): void {
  const fromMs = hour - hoursOf(budget) * hourMs;
  for (const [key, { periodMs, atMs }] of ledger)
    if (periodMs < (previous?.startMs ?? period.startMs) && (hour === 0 || atMs < fromMs)) ledger.delete(key);
}

const begun = (tenant: Tenant, budget: BudgetRecord, period: BudgetTrack['period']): BudgetTrack => ({
  tenant: tenant.record.id, budget: budget.id, period, state: 'within', arming: 0, crossed: [], baseline: zero, previous: undefined,
  sinceMs: 0, warming: false, changed: false, hourMs: 0, resetHour: undefined, forecast: undefined, history: [], ledger: new Map(),
}); // prettier-ignore

function look(looking: Looking, budget: BudgetRecord): void {
  const { state, tenant } = looking;
  const track = trackOf(looking, budget);
  const isOld = track.forecast === undefined || hourOf(track.forecast.atMs) !== track.hourMs;
  if (foresees(budget) && isOld && !track.warming && budget.enabled) {
    foresee(state, tenant, budget, track);
    looking.outcome.work.done += 10;
  }
  const isReached = (threshold: BudgetThreshold): boolean => {
    const { figure, level } = lookedAt(state, budget, track, threshold);
    return reaches(figure, level);
  };
  if (track.changed) {
    if (!track.warming || !budget.enabled) letGo(looking, budget, track, 'changed', (one) => budget.enabled && isReached(one)); // prettier-ignore
    track.changed = false;
  } else if (!track.warming && track.crossed.length > 0)
    letGo(looking, budget, track, 'fell', (one) => holdsOn(state, budget, track, one));
  if (!budget.enabled) return;
  const crossed = budget.thresholds.filter((one) => !track.crossed.includes(nameOf(one)) && isReached(one));
  const levels = new Map(crossed.map((one) => [one, lookedAt(state, budget, track, one)]));
  crossed.sort((a, b) => {
    const [left, right] = [levels.get(a)!, levels.get(b)!];
    return left.rank - right.rank || left.level.cmp(right.level) || byCodeUnit(nameOf(a), nameOf(b));
  });
  for (const threshold of crossed) {
    track.crossed.push(nameOf(threshold));
    const reached = stateOfAction[threshold.action];
    if (rank[reached] > rank[track.state]) become(looking, track, reached, nameOf(threshold));
    tellCrossed(looking, budget, track, threshold);
  }
}

/** What does not hold any more is armed anew; from holding back to less is a release. */
function letGo(
  looking: Looking,
  budget: BudgetRecord,
  track: BudgetTrack,
  why: 'changed' | 'fell',
  holds: (threshold: BudgetThreshold) => boolean,
): void {
  const still = budget.thresholds.filter((one) => track.crossed.includes(nameOf(one)) && holds(one));
  const strongest = still
    .map(({ action }): BudgetStateName => stateOfAction[action])
    .reduce((strong, next) => (rank[next] > rank[strong] ? next : strong), 'within');
  const isReleased = rank[track.state] >= rank.throttled && rank[strongest] < rank[track.state];
  if (still.length < track.crossed.length || isReleased) track.arming += 1;
  else if (track.state === 'released') return;
  const kept = new Set(still.map(nameOf));
  track.crossed = track.crossed.filter((key) => kept.has(key));
  if (isReleased) tellReleased(looking, budget, track, track.arming, why, strongest === 'throttled');
  if (isReleased && strongest !== 'throttled') become(looking, track, 'released', why);
  else if (track.state !== 'released' || still.length === 0) become(looking, track, strongest, why);
}

export function become({ state }: Looking, track: BudgetTrack, name: BudgetStateName, by: string): void {
  if (track.state === name) return;
  track.state = name;
  track.history = [...track.history, { atMs: state.logTimeMs, state: name, by }].slice(-10);
}
