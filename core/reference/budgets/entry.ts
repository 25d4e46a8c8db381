/** SPEC §6.10: a budget as a commit tells it. */
import type { BudgetRecord, BudgetState } from '../../messages/budget.ts';
import { text } from '../number.ts';
import type { BudgetTrack, State } from '../state.ts';
import { isBalance } from './count.ts';
import { limitOf, spentOf } from './figures.ts';

export function budgetEntry(state: State, budget: BudgetRecord, track: BudgetTrack): BudgetState {
  const { period, previous, resetHour, forecast } = track;
  return {
    tenant: track.tenant,
    budget: budget.id,
    periodStartMs: period.startMs,
    periodEndMs: period.endMs,
    state: track.state,
    arming: track.arming,
    crossed: track.crossed,
    baseline: text(track.baseline),
    ...(isBalance(budget) ? {} : { spent: text(spentOf(state, budget, track)) }),
    ...(budget.carryOver === undefined ? {} : { limit: text(limitOf(state, budget, track)) }),
    sinceMs: track.sinceMs,
    ...(track.warming ? { warming: true } : {}),
    ...(track.changed ? { changed: true } : {}),
    ...(previous === undefined
      ? {}
      : { previous: { ...previous, limit: text(previous.limit), baseline: text(previous.baseline) } }),
    ...(track.hourMs === 0 ? {} : { hourMs: track.hourMs }),
    ...(resetHour === undefined ? {} : { resetHour: { ...resetHour, baseline: text(resetHour.baseline) } }),
    ...(forecast === undefined ? {} : { forecast }),
    history: track.history,
  };
}
