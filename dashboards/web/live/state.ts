/**
 * What the pages know of the running tenant, rebuilt from the live socket. A `state` message replaces everything, a
 * `delta` overwrites what it names; both carry absolute values, so taking one twice changes nothing and a reconnecting
 * page goes on where the ledger is, without a jump.
 */
import type {
  FleetMember, LiveAlert, LiveBalance, LiveBudget, LiveDelta, LiveState, Trust,
} from '#core/messages/api.ts'; // prettier-ignore
import type { SampleCounts } from '#core/messages/rated.ts';
import { compareAmounts, subtractAmounts, sumAmounts } from '../format/money.ts';

export const liveLimits = {
  /** Alerts kept on the page; older ones fall off. */
  alertsMax: 50,
  /** Minutes of the line that are drawn. */
  minutesMax: 30,
  /** Commits whose balances are remembered, to compare a query with the balance as of the very same commit. */
  historyMax: 600,
} as const;

export interface LiveView {
  readonly partition: number;
  readonly outSeq: number;
  readonly logTimeMs: number;
  readonly period: LiveState['period'];
  readonly currency: string;
  readonly balances: ReadonlyMap<number, LiveBalance>;
  readonly budgets: ReadonlyMap<string, LiveBudget>;
  readonly alerts: readonly LiveAlert[];
  readonly samples: SampleCounts;
  readonly trust: Trust;
  readonly minutes: readonly (readonly [number, string])[];
  readonly topResources: LiveState['topResources'];
  readonly producers: ReadonlyMap<string, FleetMember>;
  readonly creditsSeq: number;
  readonly history: readonly KnownBalances[];
}

/** Balances as they stood at `outSeq`; oldest first in the history. */
export interface KnownBalances {
  readonly outSeq: number;
  readonly balances: ReadonlyMap<number, LiveBalance>;
}

export type LiveMessage = LiveState | LiveDelta;

/** Takes one message of the socket. Returns the same object when nothing changed. */
export function receive(view: LiveView | null, message: LiveMessage): LiveView | null {
  return message.type === 'state' ? fromState(message) : view === null ? null : withDelta(view, message);
}

function fromState(state: LiveState): LiveView {
  const balances = new Map(state.balances.map((balance) => [balance.account, balance]));
  return {
    partition: state.partition,
    outSeq: state.outSeq,
    logTimeMs: state.logTimeMs,
    period: state.period,
    currency: state.currency,
    balances,
    budgets: new Map(state.budgets.map((budget) => [budget.id, budget])),
    alerts: mergeAlerts([], state.alerts),
    samples: state.samples,
    trust: state.trust,
    minutes: mergeMinutes([], state.minutes),
    topResources: state.topResources,
    producers: new Map(state.producers.map((producer) => [producer.producer, producer])),
    creditsSeq: state.creditsSeq,
    history: [{ outSeq: state.outSeq, balances }],
  };
}

function withDelta(view: LiveView, delta: LiveDelta): LiveView {
  // An older commit than the one shown can only be a straggler; the same one may bring news of deliveries.
  if (delta.outSeq < view.outSeq) return view;
  const balances = overwrite(view.balances, delta.balances, (balance) => balance.account);
  return {
    ...view,
    outSeq: delta.outSeq,
    logTimeMs: Math.max(view.logTimeMs, delta.logTimeMs),
    balances,
    budgets: overwrite(view.budgets, delta.budgets, (budget) => budget.id),
    alerts: mergeAlerts(view.alerts, delta.alerts),
    samples: delta.samples,
    trust: delta.trust,
    minutes: mergeMinutes(view.minutes, delta.minutes),
    topResources: delta.topResources ?? view.topResources,
    producers: overwrite(view.producers, delta.producers, (producer) => producer.producer),
    creditsSeq: delta.creditsSeq,
    history: remember(view.history, delta.outSeq, balances),
  };
}

function overwrite<Key, Value>(
  known: ReadonlyMap<Key, Value>,
  changed: readonly Value[],
  keyOf: (value: Value) => Key,
): ReadonlyMap<Key, Value> {
  if (changed.length === 0) return known;
  const next = new Map(known);
  for (const value of changed) next.set(keyOf(value), value);
  return next;
}

function mergeAlerts(known: readonly LiveAlert[], changed: readonly LiveAlert[]): readonly LiveAlert[] {
  if (changed.length === 0) return known;
  const byId = new Map(known.map((alert) => [alert.id, alert]));
  for (const alert of changed) byId.set(alert.id, alert);
  return [...byId.values()].sort((a, b) => b.logTimeMs - a.logTimeMs).slice(0, liveLimits.alertsMax);
}

type Minutes = LiveView['minutes'];

function mergeMinutes(known: Minutes, changed: Minutes): Minutes {
  if (changed.length === 0) return known;
  const byStart = new Map(known);
  for (const [startMs, amount] of changed) byStart.set(startMs, amount);
  return [...byStart].sort(([a], [b]) => a - b).slice(-liveLimits.minutesMax);
}

function remember(history: LiveView['history'], outSeq: number, balances: LiveView['balances']): LiveView['history'] {
  const last = history.at(-1);
  if (last?.balances === balances) return history;
  const kept = last?.outSeq === outSeq ? history.slice(0, -1) : history;
  return [...kept, { outSeq, balances }].slice(-liveLimits.historyMax);
}

export type Reconciled =
  | { readonly found: 'equal'; readonly outSeq: number }
  | { readonly found: 'between'; readonly fromSeq: number; readonly toSeq: number }
  | { readonly found: 'differs'; readonly difference: string };

/**
 * Compares a sum from the store, which holds every commit up to `outSeq` and maybe some later ones, with the balances
 * seen from that commit on. Equal to one of them is the proof. Between two neighbours it is consistent with them, no
 * more: several commits come in one message, and the balances in between are not known. Anything else differs.
 */
export function reconcile(view: LiveView, accounts: readonly number[], outSeq: number, total: string): Reconciled {
  const start = view.history.findLastIndex((entry) => entry.outSeq <= outSeq);
  const sums = view.history.slice(Math.max(0, start)).map((entry) => ({
    outSeq: Math.max(outSeq, entry.outSeq),
    order: compareAmounts(sumOf(entry, accounts), total),
    sum: sumOf(entry, accounts),
  }));
  const equal = sums.find(({ order }) => order === 0);
  if (equal !== undefined) return { found: 'equal', outSeq: equal.outSeq };
  const above = sums.findIndex(({ order }) => order > 0);
  const [below, next] = [sums[above - 1], sums[above]];
  if (below !== undefined && next !== undefined) return { found: 'between', fromSeq: below.outSeq, toSeq: next.outSeq };
  const nearest = above === 0 ? sums[0] : sums.at(-1);
  return { found: 'differs', difference: subtractAmounts(total, nearest?.sum ?? '0') };
}

const sumOf = (entry: KnownBalances, accounts: readonly number[]): string =>
  sumAmounts(accounts.map((id) => entry.balances.get(id)?.total ?? '0'));
