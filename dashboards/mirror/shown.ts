import type { FleetMember, LiveBalance, LiveBudget, LiveDelta, LiveState } from '#core/messages/api.ts';
import { mirrorLimits } from '../limits.ts';

/** Entries by key; `update` keeps what is new or differs and returns just that. */
export class Shown<Key, Value> {
  readonly #entries = new Map<Key, { readonly value: Value; readonly text: string }>();
  readonly #keyOf: (value: Value) => Key;

  constructor(keyOf: (value: Value) => Key) {
    this.#keyOf = keyOf;
  }

  update(values: readonly Value[]): Value[] {
    return values.filter((value) => {
      const key = this.#keyOf(value);
      const text = JSON.stringify(value);
      if (this.#entries.get(key)?.text === text) return false;
      this.#entries.set(key, { value, text });
      return true;
    });
  }

  keys(): Iterable<Key> {
    return this.#entries.keys();
  }

  values(): Value[] {
    return [...this.#entries.values()].map((entry) => entry.value);
  }

  clear(): void {
    this.#entries.clear();
  }
}

/** What a page does with a delta. The gateway's promise is that this gives the state that a new page would be sent. */
export function applyDelta(state: LiveState, delta: LiveDelta): LiveState {
  const fromMs = delta.logTimeMs - (delta.logTimeMs % 60_000) - (mirrorLimits.minutes - 1) * 60_000;
  return {
    ...state,
    outSeq: delta.outSeq,
    logTimeMs: delta.logTimeMs,
    samples: delta.samples,
    trust: delta.trust,
    creditsSeq: delta.creditsSeq,
    topResources: delta.topResources ?? state.topResources,
    balances: merge(state.balances, delta.balances, (balance: LiveBalance) => balance.account),
    budgets: merge(state.budgets, delta.budgets, (budget: LiveBudget) => budget.id),
    producers: merge(state.producers, delta.producers, (member: FleetMember) => member.producer),
    alerts: merge(state.alerts, delta.alerts, (alert) => alert.id)
      .sort((a, b) => b.logTimeMs - a.logTimeMs || (a.id < b.id ? 1 : -1))
      .slice(0, mirrorLimits.liveAlertsMax),
    minutes: merge(state.minutes, delta.minutes, ([minute]) => minute)
      .filter(([minute]) => minute >= fromMs)
      .sort(([a], [b]) => a - b),
  };
}

function merge<Key, Value>(old: readonly Value[], changed: readonly Value[], keyOf: (value: Value) => Key): Value[] {
  const entries = new Map(old.map((value) => [keyOf(value), value]));
  for (const value of changed) entries.set(keyOf(value), value);
  return [...entries.values()];
}
