/** What a partition answers from committed state: beside its books what producers and closes have come to, from headers whose values are absolute. */
import type { BalanceReply, CreditsReply } from '#core/messages/balances.ts';
import type { CorrectionPreviewReply, CorrectionPreviewRequest } from '#core/messages/correction.ts';
import type { MarkMessage } from '#core/messages/mark.ts';
import {
  epochText,
  type ClosingState,
  type CommitHeader,
  type ProducerState,
  type Totals,
} from '#core/messages/rated.ts';
import { heldUnder } from '#core/holds/held.ts';
import { formatAmount } from '#core/money/fixed.ts';
import { producerState, totalsOf } from '#core/rating/commit.ts';
import { previewReversal } from '#core/rating/corrections/preview.ts';
import { recipesOf } from '#core/rating/corrections/recipe.ts';
import { allCredits } from '#core/rating/credits/values.ts';
import { budgetsOf } from '#core/rating/snapshot.ts';
import type { PartitionState, Tenant } from '#core/rating/state.ts';
import type { Books } from './checks/books.ts';
import { raterLimits } from './limits.ts';

export class CommittedView {
  readonly #partition: number;
  readonly #state: PartitionState;
  readonly #producers = new Map<string, ProducerState>();
  readonly #refusals = new Map<string, MarkMessage['refusal']>();
  readonly #books: Books;
  #closings: readonly ClosingState[];
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

  constructor(state: PartitionState, books: Books) {
    this.#state = state;
    this.#books = books;
    this.#partition = state.partition;
    this.#closings = state.closings;
    this.repriced = state.repriced.length;
    this.#totals = totalsOf(state);
    this.#incarnation = state.incarnation;
    this.#outSeq = state.outSeq;
    this.#hash = state.outHash;
    this.#logTimeMs = state.logTimeMs;
    this.#usageSeq = state.usage.seq;
    for (const tenant of state.tenants.values())
      for (const producer of tenant.producers.values()) this.#producer(producerState(tenant.id, producer, 0));
  }

  /** What a correction would come to, on tallies that may be a commit ahead. Throws ControlFault. */
  preview({ tenant, recipes = [], ...asked }: CorrectionPreviewRequest): CorrectionPreviewReply {
    return { effects: previewReversal(this.#state, tenant, asked), recipes: recipesOf(this.#state, tenant, recipes) };
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

  /** Takes a stored commit that the books have; returns the marks to tell. */
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
    this.#closings = header.closings ?? this.#closings;
    return header.producers.map(({ tenant, producer }) => this.mark(tenant, producer));
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
    const known = this.#books.tenant(tenant);
    return {
      partition: this.#partition,
      incarnation: this.#incarnation,
      outSeq: this.#outSeq,
      hash: this.#hash,
      logTimeMs: this.#logTimeMs,
      usageSeq: this.#usageSeq,
      totals: this.#totals,
      producers: [...this.#producers.values()].filter((record) => tenant === '' || record.tenant === tenant),
      balances: this.#books.balancesOf(tenant).filter((entry) => entry.periodEndMs >= oldest),
      budgets: known === undefined ? [] : [...budgetsOf([known])],
      held: known === undefined ? [] : heldIn(known),
      periods: {
        closed: [...(known?.master.closes ?? [])].filter(([, untilMs]) => untilMs > 0),
        closings: this.#closings.filter((closing) => closing.tenant === tenant),
        repriced: this.repriced,
      },
      credits: creditsOf(known),
    };
  }

  #producer(record: ProducerState): void {
    this.#producers.set(`${record.tenant}/${record.producer}`, record);
  }
}

function heldIn(tenant: Tenant): Required<BalanceReply>['held'] {
  return [...tenant.master.budgets.values()].flatMap((record): [string, string][] => {
    const held = heldUnder(tenant, record);
    return held === 0n ? [] : [[record.id, formatAmount(held)]];
  });
}

function creditsOf(tenant: Tenant | undefined): CreditsReply {
  if (tenant === undefined) return { grants: [], lines: [], wallets: [] };
  const { creditGrants: grants, creditLines: lines, wallets } = allCredits(tenant);
  return { grants, lines, wallets };
}
