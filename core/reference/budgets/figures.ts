/** SPEC §6.4–6.6: what a budget has, what was spent of it, what is expected, and which thresholds that crosses. */
import type { BudgetRecord, BudgetThreshold } from '../../messages/budget.ts';
import type { Span } from '../calendar.ts';
import { forecastByHours } from '../forecast.ts';
import { decimal, integer, powerOfTen, text, whole, zero, type Exact } from '../number.ts';
import type { BudgetTrack, State, Tenant } from '../state.ts';
import { hourMs, hourOf, hoursOf, periodOf, rollingOf, sumOfHours, sumOfPeriod } from './count.ts';

export function spentOf(state: State, budget: BudgetRecord, track: BudgetTrack): Exact {
  const rolling = rollingOf(budget);
  if (rolling > 0) return lately(budget, track, rolling);
  return sumOfPeriod(state, budget, track, track.period.startMs).minus(track.baseline);
}

/** The last hours, with that of log time; after a reset from its hour on, less what that had. */
export function lately(budget: BudgetRecord, track: BudgetTrack, hours: number): Exact {
  const fromMs = track.hourMs - (hours - 1) * hourMs;
  const { resetHour } = track;
  if (resetHour === undefined || resetHour.startMs < fromMs) return sumOfHours(budget, track, fromMs, track.hourMs);
  return sumOfHours(budget, track, resetHour.startMs, track.hourMs).minus(resetHour.baseline);
}

export const limitOf = (state: State, budget: BudgetRecord, track: BudgetTrack): Exact =>
  decimal(budget.amount).plus(
    budget.carryOver === undefined || track.previous === undefined ? zero : left(state, budget, track, track.previous),
  );

type Before = Span & { readonly limit: Exact; readonly baseline: Exact };

/** What a period that is over leaves to the next. */
function left(state: State, budget: BudgetRecord, track: BudgetTrack, { startMs, limit, baseline }: Before): Exact {
  const rest = limit.minus(sumOfPeriod(state, budget, track, startMs).minus(baseline));
  const { maximum } = budget.carryOver!;
  if (rest.lte(0)) return zero;
  return maximum !== undefined && rest.gt(decimal(maximum)) ? decimal(maximum) : rest;
}

/** The period before the one that begins then, counting those that went by unseen. */
export function before(
  { state, tenant }: { readonly state: State; readonly tenant: Tenant },
  budget: BudgetRecord,
  track: BudgetTrack,
  startMs: number,
): Before | undefined {
  if (budget.carryOver === undefined) return undefined;
  let last: Before = { ...spanOf(track.period), limit: limitOf(state, budget, track), baseline: track.baseline };
  while (last.endMs < startMs) {
    const limit = decimal(budget.amount).plus(left(state, budget, track, last));
    last = { ...spanOf(periodOf(tenant, budget, last.endMs)), limit, baseline: zero };
  }
  return last;
}

export const spanOf = ({ startMs, endMs }: Span): Span => ({ startMs, endMs });

/** The figure that a threshold looks at, and its level; no figure: it is not known yet. */
export function lookedAt(state: State, budget: BudgetRecord, track: BudgetTrack, threshold: BudgetThreshold) {
  const { percent, absolute, forecast, rate } = threshold;
  if (rate !== undefined) return { figure: lately(budget, track, rate.hours), level: decimal(rate.amount), rank: 2 };
  if (absolute !== undefined) return { figure: spentOf(state, budget, track), level: decimal(absolute), rank: 0 };
  const level = limitOf(state, budget, track)
    .times(decimal(percent ?? forecast!))
    .div(100);
  if (percent !== undefined) return { figure: spentOf(state, budget, track), level, rank: 0 };
  return { figure: track.forecast === undefined ? undefined : decimal(track.forecast.expected), level, rank: 1 };
}

/** A level of nothing is reached by anything above it. */
export const reaches = (figure: Exact | undefined, level: Exact): boolean =>
  figure !== undefined && figure.gte(level) && (level.gt(0) || figure.gt(0));

/** Whether something crossed holds on: as long as it has its part of the level, for ever where no part is said. */
export function holdsOn(state: State, budget: BudgetRecord, track: BudgetTrack, threshold: BudgetThreshold): boolean {
  const { figure, level, rank } = lookedAt(state, budget, track, threshold);
  const movesAlone = rank > 0 || rollingOf(budget) > 0;
  if (figure === undefined || (budget.releaseAt === undefined && !movesAlone)) return true;
  return reaches(figure, level.times(decimal(budget.releaseAt ?? '100')).div(100));
}

/** SPEC §17, from the whole hours before the present one. */
export function foresee(state: State, tenant: Tenant, budget: BudgetRecord, track: BudgetTrack): void {
  const unit = powerOfTen(budget.meter === undefined ? 12 : tenant.meters.get(budget.meter)!.scale);
  const hours = Array.from({ length: hoursOf(budget) >= 673 ? 672 : 0 }, (_, i) => {
    const hour = track.hourMs - (672 - i) * hourMs;
    return integer(sumOfHours(budget, track, hour, hour).times(unit));
  });
  const spent = integer(spentOf(state, budget, track).times(unit));
  const { logTimeMs: nowMs } = state;
  const { expected, low, high, method } = forecastByHours({ hours, spent, ...spanOf(track.period), nowMs });
  const shown = (figure: bigint) => text(whole(figure).div(unit));
  track.forecast = { expected: shown(expected), low: shown(low), high: shown(high), atMs: nowMs, method };
}

/** Where a budget stands at log time, though nobody has looked at it yet. */
export function seenNow(state: State, tenant: Tenant, budget: BudgetRecord, track: BudgetTrack): BudgetTrack {
  const period = spanOf(periodOf(tenant, budget, state.logTimeMs));
  const now = { ...track, period, hourMs: hoursOf(budget) === 0 ? 0 : hourOf(state.logTimeMs) };
  if (rollingOf(budget) > 0 || period.startMs === track.period.startMs) return now;
  return { ...now, baseline: zero, previous: before({ state, tenant }, budget, track, period.startMs) };
}
