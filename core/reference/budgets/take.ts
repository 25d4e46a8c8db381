/** SPEC §6.4, §6.6, §6.9: what control messages do to budgets. */
import type { BudgetSeed } from '../../messages/budget.ts';
import { powerOfTen, whole, zero } from '../number.ts';
import type { Tenant } from '../state.ts';
import { tellReleased, type Looking } from './alerts.ts';
import { addTo, countedBy, hoursOf, rollingOf, sumOfHours, sumOfPeriod } from './count.ts';
import { become, rank, trackOf } from './looks.ts';

/** A record that counts something else than before counts it from here on. */
export function takeBudget(looking: Looking, id: string, earlier: Tenant | undefined): string {
  const budget = looking.tenant.budgets.get(id)!;
  const known = earlier?.budgets.get(id);
  const track = trackOf(looking, budget);
  const counted = countedBy(budget);
  if (counted !== (known === undefined ? '' : countedBy(known))) {
    track.ledger.clear();
    track.sinceMs = counted === '' ? 0 : looking.state.logTimeMs;
    track.warming = counted !== '';
    track.previous &&= { ...track.previous, baseline: zero };
    Object.assign(track, { baseline: zero, resetHour: undefined, forecast: undefined });
  }
  track.changed = true;
  return id;
}

/** What came before; whether the budget had waited for just this. */
export function seedBudget(looking: Looking, { budget: id, sinceMs, periods, hours }: BudgetSeed): boolean {
  const budget = looking.tenant.budgets.get(id)!;
  const track = trackOf(looking, budget);
  if (!track.warming || track.sinceMs !== sinceMs) return false;
  const unit = powerOfTen(budget.meter === undefined ? 12 : looking.tenant.meters.get(budget.meter)!.scale);
  const given = (sum: string) => whole(BigInt(sum)).div(unit);
  for (const [periodMs, currency, sum] of periods) addTo(track, { periodMs, atMs: -1, currency, sum: given(sum) });
  for (const [atMs, currency, sum] of hours) addTo(track, { periodMs: -1, atMs, currency, sum: given(sum) });
  Object.assign(track, { warming: false, changed: true });
  return true;
}

/** 6.6: spending counts from here. */
export function resetBudget(looking: Looking, id: string): string {
  const budget = looking.tenant.budgets.get(id)!;
  const track = trackOf(looking, budget);
  const isReleased = rank[track.state] >= rank.throttled;
  track.arming += 1;
  if (isReleased) tellReleased(looking, budget, track, track.arming, 'reset');
  if (rollingOf(budget) === 0) track.baseline = sumOfPeriod(looking.state, budget, track, track.period.startMs);
  if (hoursOf(budget) > 0)
    track.resetHour = { startMs: track.hourMs, baseline: sumOfHours(budget, track, track.hourMs, track.hourMs) };
  Object.assign(track, { crossed: [], forecast: undefined });
  become(looking, track, isReleased ? 'released' : 'within', 'reset');
  return id;
}

/** Lets go of what is held back; what is crossed stays so. */
export function releaseBudget(looking: Looking, id: string): void {
  const budget = looking.tenant.budgets.get(id)!;
  const track = trackOf(looking, budget);
  if (rank[track.state] < rank.throttled) return;
  track.arming += 1;
  tellReleased(looking, budget, track, track.arming, 'act');
  become(looking, track, 'released', 'act');
}
