import type { BalanceReply } from '#core/messages/balances.ts';
import type { BudgetState } from '#core/messages/budget.ts';
import type { BalanceEntry, CommitHeader, ProducerState, SampleCounts } from '#core/messages/rated.ts';
import { parseAmount, type AmountPico } from '#core/money/fixed.ts';
import { mirrorLimits } from '../limits.ts';
import { MinuteSeries } from './minuteSeries.ts';
import { RateWindow } from './rateWindow.ts';

export type Changes = Pick<CommitHeader, 'balances' | 'budgets' | 'producers'>;

/**
 * A tenant's committed figures: what the rater answered, and every commit since. All values are absolute, so applying
 * a commit is replacing; only rates and minutes are increments, taken as the difference to the value before.
 */
export class TenantFigures {
  /** Commit up to which the figures hold. */
  outSeq = 0;
  logTimeMs = 0;
  /** By account and currency; a handful of periods each. */
  readonly #balances = new Map<string, Map<number, BalanceEntry>>();
  readonly #budgets = new Map<string, BudgetState>();
  readonly producers = new Map<string, ProducerState>();
  /** Smoothed time between two signs of life, per producer. */
  readonly intervals = new Map<string, number>();
  readonly minutes = new MinuteSeries();
  readonly #rates = new Map<string, RateWindow>();
  readonly #currency: string;
  #startedAtMs = 0;
  #samples: SampleCounts | undefined;

  /** The minutes are counted in `currency`, the tenant's own. */
  constructor(currency: string) {
    this.#currency = currency;
  }

  /** Replaces everything by the rater's answer. Rates and minutes go on; what was void is taken back from them. */
  sync(reply: BalanceReply, tenant: string): void {
    const first = this.#startedAtMs === 0;
    const gone = new Set(this.#entries());
    this.outSeq = reply.outSeq;
    this.logTimeMs = reply.logTimeMs;
    const mine = <T extends { readonly tenant: string }>(entries: readonly T[]) =>
      entries.filter((entry) => entry.tenant === tenant);
    for (const entry of mine(reply.balances)) {
      const before = this.#put(entry);
      if (before !== undefined) gone.delete(before);
      if (!first) this.#count(before, entry);
    }
    for (const entry of gone) {
      const periods = this.#balances.get(balanceKey(entry));
      periods?.delete(entry.periodStartMs);
      if (periods?.size === 0) this.#balances.delete(balanceKey(entry));
      this.#count(entry, { ...entry, own: '0', total: '0' });
    }
    if (first) this.#startedAtMs = reply.logTimeMs;
    this.#budgets.clear();
    for (const state of mine(reply.budgets)) this.#budgets.set(state.budget, state);
    this.producers.clear();
    for (const state of mine(reply.producers)) this.#replaceProducer(state);
  }

  /** Applies the tenant's part of a commit that chains; one that the rater's answer already held changes nothing. */
  apply(changes: Changes, outSeq: number, logTimeMs: number): void {
    if (outSeq <= this.outSeq) return;
    this.outSeq = outSeq;
    this.logTimeMs = Math.max(this.logTimeMs, logTimeMs);
    if (this.#startedAtMs === 0) this.#startedAtMs = logTimeMs;
    for (const entry of changes.balances) this.#count(this.#put(entry), entry);
    for (const state of changes.budgets) this.#budgets.set(state.budget, state);
    for (const state of changes.producers) this.#replaceProducer(state);
  }

  /** Takes note that commits went by which did not concern the tenant. */
  advance(position: { readonly outSeq: number; readonly logTimeMs: number }): void {
    this.outSeq = Math.max(this.outSeq, position.outSeq);
    this.logTimeMs = Math.max(this.logTimeMs, position.logTimeMs);
    if (this.#startedAtMs === 0) this.#startedAtMs = this.logTimeMs;
  }

  /** Amount per hour of an account's subtree. */
  perHour(account: number, currency: string): AmountPico {
    return this.#rates.get(`${account}:${currency}`)?.perHour(this.logTimeMs) ?? 0n;
  }

  /** The account's balance of the period that holds `instantMs`. */
  balanceAt(account: number, currency: string, instantMs: number): BalanceEntry | undefined {
    for (const entry of this.#balances.get(`${account}:${currency}`)?.values() ?? [])
      if (covers(entry, instantMs)) return entry;
    return undefined;
  }

  /** The budget as the rater told it last; undefined before it did. */
  budget(id: string): BudgetState | undefined {
    return this.#budgets.get(id);
  }

  /** Accounts that have a balance in the currency. */
  accounts(currency: string): number[] {
    return [...this.#balances.keys()]
      .filter((key) => key.endsWith(`:${currency}`))
      .map((key) => Number(key.split(':')[0]));
  }

  /** Charges per minute of the time before the mirror began. */
  seedMinutes(minutes: readonly (readonly [number, string])[]): void {
    for (const [minute, text] of minutes) this.minutes.add(toAmount(text), minute);
  }

  samples(): SampleCounts {
    return (this.#samples ??= addSamples([...this.producers.values()].map((state) => state.samples)));
  }

  /** Forgets balances of long ended periods. */
  forget(): void {
    const fromMs = this.logTimeMs - mirrorLimits.balancesKeptMs;
    for (const periods of this.#balances.values()) {
      for (const [start, entry] of periods) if (entry.periodEndMs < fromMs) periods.delete(start);
    }
  }

  *#entries(): Iterable<BalanceEntry> {
    for (const periods of this.#balances.values()) yield* periods.values();
  }

  /** Stores the balance; returns the one it replaces. */
  #put(entry: BalanceEntry): BalanceEntry | undefined {
    const key = balanceKey(entry);
    const periods = this.#balances.get(key) ?? new Map<number, BalanceEntry>();
    this.#balances.set(key, periods);
    const before = periods.get(entry.periodStartMs);
    periods.set(entry.periodStartMs, entry);
    return before;
  }

  #count(before: BalanceEntry | undefined, entry: BalanceEntry): void {
    const key = balanceKey(entry);
    const increment = toAmount(entry.total) - toAmount(before?.total ?? '0');
    if (increment !== 0n) {
      const window = this.#rates.get(key) ?? new RateWindow(this.#startedAtMs);
      this.#rates.set(key, window);
      window.add(increment, this.logTimeMs);
    }
    // By TREE the roots' totals are the sum of all nodes' own charges, so the series needs no tree.
    if (entry.currency === this.#currency)
      this.minutes.add(toAmount(entry.own) - toAmount(before?.own ?? '0'), this.logTimeMs);
  }

  #replaceProducer(state: ProducerState): void {
    const before = this.producers.get(state.producer);
    if (before !== undefined && state.lastSeenMs > before.lastSeenMs) {
      const gapMs = state.lastSeenMs - before.lastSeenMs;
      const known = this.intervals.get(state.producer);
      this.intervals.set(state.producer, known === undefined ? gapMs : Math.round(known + (gapMs - known) / 8));
    }
    this.producers.set(state.producer, state);
    this.#samples = undefined;
  }
}

const covers = (period: { readonly periodStartMs: number; readonly periodEndMs: number }, instantMs: number): boolean =>
  period.periodStartMs <= instantMs && instantMs < period.periodEndMs;

function addSamples(counts: readonly SampleCounts[]): SampleCounts {
  const sum = { received: 0, rated: 0, duplicates: 0, refused: 0 };
  for (const count of counts) {
    sum.received += count.received;
    sum.rated += count.rated;
    sum.duplicates += count.duplicates;
    sum.refused += count.refused;
  }
  return sum;
}

const balanceKey = (entry: BalanceEntry): string => `${entry.account}:${entry.currency}`;

/** The rater's own decimal text; what is not one is a broken commit, and better a crash than a wrong figure. */
export function toAmount(text: string): AmountPico {
  const value = parseAmount(text);
  if (value === undefined) throw new RangeError(`"${text}" is not an amount`);
  return value;
}
