/** What is committed of a partition, for answers: fed with headers whose values are absolute, never speculative. */
import type { BalanceReply } from '#core/messages/balances.ts';
import type { CorrectedBlock, CorrectionEffect } from '#core/messages/correction.ts';
import type { MarkMessage } from '#core/messages/mark.ts';
import type { BudgetState } from '#core/messages/budget.ts';
import {
  epochText,
  type BalanceEntry,
  type CommitHeader,
  type ProducerState,
  type Totals,
} from '#core/messages/rated.ts';
import { budgetState } from '#core/budgets/entries.ts';
import { balanceEntry, producerState, totalsOf } from '#core/rating/commit.ts';
import { previewReversal } from '#core/rating/corrections/preview.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { ClosedPeriods } from './closedPeriods.ts';
import { CommittedCredits } from './committedCredits.ts';
import { raterLimits } from './limits.ts';

export class CommittedView {
  readonly #partition: number;
  readonly #state: PartitionState;
  readonly #producers = new Map<string, ProducerState>();
  readonly #refusals = new Map<string, MarkMessage['refusal']>();
  readonly #balances = new Map<string, Map<string, BalanceEntry>>();
  readonly #budgets = new Map<string, BudgetState>();
  readonly #periods: ClosedPeriods;
  readonly #credits: CommittedCredits;
  #totals: Totals;
  #incarnation: number;
  #outSeq: number;
  #hash: string;
  #logTimeMs: number;
  #usageSeq: number;
  /** Rating stands still until RATED has room. */
  waits = false;
  /** Tallies that points of series have still to charge anew. */
  repriced: number;

  constructor(state: PartitionState) {
    this.#state = state;
    this.#partition = state.partition;
    this.#periods = new ClosedPeriods(state);
    this.#credits = new CommittedCredits(state);
    this.repriced = state.repriced.length;
    this.#totals = totalsOf(state);
    this.#incarnation = state.incarnation;
    this.#outSeq = state.outSeq;
    this.#hash = state.outHash;
    this.#logTimeMs = state.logTimeMs;
    this.#usageSeq = state.usage.seq;
    for (const tenant of state.tenants.values()) {
      for (const producer of tenant.producers.values()) this.#producer(producerState(tenant.id, producer, 0));
      for (const balance of tenant.balancesByKey.values()) if (balance.written) this.#balance(balanceEntry(balance));
      for (const budget of tenant.budgetStates.values()) this.#budget(budgetState(tenant, budget));
    }
  }

  /** What a correction would come to, on tallies that may be a commit ahead. Throws ControlFault. */
  preview(tenant: string, blocks: readonly CorrectedBlock[]): CorrectionEffect[] {
    return previewReversal(this.#state, tenant, blocks);
  }

  get outSeq(): number {
    return this.#outSeq;
  }

  get totals(): Totals {
    return this.#totals;
  }

  get logTimeMs(): number {
    return this.#logTimeMs;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  /** Takes a stored commit; returns the marks to tell. */
  apply(header: CommitHeader, seq: number, hash: string): MarkMessage[] {
    this.#incarnation = header.incarnation;
    this.#outSeq = seq;
    this.#hash = hash;
    this.#logTimeMs = header.logTimeMs;
    this.#usageSeq = header.inputs.usage.seq;
    this.#totals = header.totals;
    for (const record of header.producers) {
      this.#producer({ ...record, hashes: [] });
      this.#refusals.delete(`${record.tenant}/${record.producer}`);
    }
    for (const refusal of header.refusals) {
      if (refusal.stream !== 'usage' || refusal.index >= 0) continue;
      const { epoch, seq: refused, reason, detail } = refusal;
      this.#refusals.set(`${refusal.tenant}/${refusal.producer}`, { epoch, seq: refused, reason, detail });
    }
    this.#periods.apply(header);
    this.#credits.apply(header);
    for (const entry of header.balances) this.#balance(entry);
    for (const entry of header.budgets) this.#budget(entry);
    return header.producers.map(({ tenant, producer }) => this.mark(tenant, producer));
  }

  /** All that is kept of a tenant. */
  balancesOf(tenant: string): Iterable<BalanceEntry> {
    return this.#balances.get(tenant)?.values() ?? [];
  }

  mark(tenant: string, producer: string): MarkMessage {
    const known = this.#producers.get(`${tenant}/${producer}`);
    return {
      tenant,
      producer,
      partition: this.#partition,
      epoch: known?.epoch == null ? '' : epochText(known.epoch),
      mark: known?.mark ?? 0,
      logTimeMs: this.#logTimeMs,
      refusal: this.#refusals.get(`${tenant}/${producer}`) ?? null,
      ...(this.waits ? { waits: 'rated_full' as const } : {}),
    };
  }

  /** Everything of one tenant as of `outSeq`; balances of periods long past are left to ClickHouse. */
  reply(tenant: string): BalanceReply {
    const oldest = this.#logTimeMs - raterLimits.balanceAgeMsMax;
    return {
      partition: this.#partition,
      incarnation: this.#incarnation,
      outSeq: this.#outSeq,
      hash: this.#hash,
      logTimeMs: this.#logTimeMs,
      usageSeq: this.#usageSeq,
      totals: this.#totals,
      producers: [...this.#producers.values()].filter((record) => tenant === '' || record.tenant === tenant),
      balances: [...(this.#balances.get(tenant)?.values() ?? [])].filter((entry) => entry.periodEndMs >= oldest),
      budgets: [...this.#budgets.values()].filter((entry) => entry.tenant === tenant),
      periods: { ...this.#periods.of(tenant), repriced: this.repriced },
      credits: this.#credits.of(tenant),
    };
  }

  #producer(record: ProducerState): void {
    this.#producers.set(`${record.tenant}/${record.producer}`, record);
  }

  #balance(entry: BalanceEntry): void {
    let entries = this.#balances.get(entry.tenant);
    if (entries === undefined) this.#balances.set(entry.tenant, (entries = new Map()));
    entries.set(`${entry.account}|${entry.periodStartMs}|${entry.currency}`, entry);
  }

  #budget(entry: BudgetState): void {
    this.#budgets.set(`${entry.tenant}/${entry.budget}`, entry);
  }
}
