import type { BalanceReply, BalanceRequest } from '#core/messages/balances.ts';
import type { TenantRecord } from '#core/messages/control.ts';
import { splitCommit, type CommitHeader, type Totals } from '#core/messages/rated.ts';
import { streams, subjects } from '#core/messages/names.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import type { DashboardEvents } from '../events.ts';
import { mirrorLimits } from '../limits.ts';
import { follows, type ChainHead } from './chain.ts';
import { byTenant } from './commitParts.ts';
import type { Position, TenantView } from './tenantView.ts';

export interface PartitionMirrorOptions {
  readonly partition: number;
  readonly log: Log;
  readonly connection: NatsConnection;
  readonly events: DashboardEvents;
  /** The partition's tenants as of now. */
  views(): readonly TenantView[];
  view(tenant: string): TenantView | undefined;
  /** A control message of the tenant was committed; `record` when it says who the tenant is. */
  onControl(tenant: string, record: TenantRecord | undefined): void;
  /** A tenant's figures changed. */
  onChange(tenant: string): void;
  onSynced(): void;
}

const noSamples = { received: 0, rated: 0, duplicates: 0, refused: 0 };
const noTotals: Totals = { samples: noSamples, batches: noSamples, alerts: 0, blocks: 0 };

/** Follows the commits of one partition: asks its owner for the state, then applies what chains after it. */
export class PartitionMirror implements Position {
  readonly partition: number;
  /** Whether the owner answered when last asked. */
  owner = false;
  synced = false;
  /** Figures from before an interruption are shown, with their age, until the next sync. */
  everSynced = false;
  logTimeMs = 0;
  totals = noTotals;
  #head: ChainHead = { seq: 0, hash: '', incarnation: 0 };
  /** No answer of an older incarnation is believed. */
  #incarnationMin = 0;
  readonly #options: PartitionMirrorOptions;

  constructor(options: PartitionMirrorOptions) {
    this.partition = options.partition;
    this.#options = options;
  }

  get outSeq(): number {
    return this.#head.seq;
  }

  get incarnation(): number {
    return this.#head.incarnation;
  }

  /** Runs until the signal aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isVoid = (await this.#sync()) && (await this.#follow(signal));
      this.synced = false;
      if (!isVoid) await sleep(mirrorLimits.syncRetryMs, signal);
    }
  }

  /** Applies commits until the mirror must sync anew; true when commits were void, so that it must at once. */
  async #follow(signal: AbortSignal): Promise<boolean> {
    const session = new AbortController();
    const both = AbortSignal.any([signal, session.signal]);
    const watch = this.#watch(session, both);
    let isVoid = false;
    try {
      for await (const message of this.#options.log.follow(streams.rated(this.partition), this.#head.seq + 1, both)) {
        isVoid = !this.#take(message);
        if (isVoid || both.aborted) break;
      }
    } catch (error) {
      if (!both.aborted) this.#options.events.mirrorBroke(this.partition, error);
    }
    session.abort();
    await watch;
    return isVoid;
  }

  /** Asks for every tenant's state; the reading goes on from the oldest answer. False when it must be tried again. */
  async #sync(): Promise<boolean> {
    const views = this.#options.views();
    const replies: BalanceReply[] = [];
    for (const tenant of views.length === 0 ? [''] : views.map((view) => view.record.id)) {
      const reply = await this.#ask(tenant);
      if (reply === undefined || reply.incarnation < this.#incarnationMin) return false;
      replies.push(reply);
    }
    const oldest = replies.reduce((a, b) => (b.outSeq < a.outSeq ? b : a));
    if (replies.some((reply) => reply.incarnation !== oldest.incarnation)) return false;
    this.#head = { seq: oldest.outSeq, hash: oldest.hash, incarnation: oldest.incarnation };
    this.#incarnationMin = oldest.incarnation;
    this.logTimeMs = oldest.logTimeMs;
    this.totals = oldest.totals;
    views.forEach((view, index) => view.sync(replies[index]!));
    this.synced = true;
    this.everSynced = true;
    this.#options.events.mirrorSynced(this.partition, this.#head.seq);
    this.#options.onSynced();
    for (const view of views) this.#options.onChange(view.record.id);
    return true;
  }

  async #ask(tenant: string): Promise<BalanceReply | undefined> {
    const request: BalanceRequest = { tenant };
    try {
      const reply = await this.#options.connection.request(
        subjects.balanceGet(this.partition),
        JSON.stringify(request),
        {
          timeout: mirrorLimits.balanceTimeoutMs,
        },
      );
      const body = reply.json<BalanceReply>();
      this.owner = body.partition === this.partition;
      return this.owner ? body : undefined;
    } catch {
      this.owner = false;
      return undefined;
    }
  }

  /** Applies a message, or ignores it; false when the mirror must sync anew. */
  #take(message: LogMessage): boolean {
    const header = JSON.parse(new TextDecoder().decode(splitCommit(message.data).header)) as CommitHeader;
    const verdict = follows(this.#head, header);
    this.#options.events.commitSeen(this.partition, verdict);
    if (verdict === 'ignore') return true;
    if (verdict === 'resync') {
      this.#incarnationMin = Math.max(this.#incarnationMin, header.incarnation);
      return false;
    }
    this.#head = { seq: message.seq, hash: sha256(message.data), incarnation: header.incarnation };
    this.owner = true;
    this.logTimeMs = header.logTimeMs;
    this.totals = header.totals;
    this.#incarnationMin = header.incarnation;
    for (const control of header.control) {
      const record = control.changes.find((change) => change.kind === 'tenant');
      this.#options.onControl(control.tenant, record);
    }
    for (const [tenant, changes] of byTenant(header)) {
      const view = this.#options.view(tenant);
      if (view === undefined) continue;
      for (const alert of changes.alerts) view.alerts.add(alert, false);
      view.apply(changes, message.seq, header.logTimeMs);
      this.#options.onChange(tenant);
    }
    return true;
  }

  /** Notices what following cannot: an owner that fell silent, a rewound stream, a consumer that stands still. */
  async #watch(session: AbortController, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // A commit may arrive here before its owner has heard that it is stored: what was seen an interval ago is not ahead of it.
      const seen = this.#head;
      await sleep(mirrorLimits.watchIntervalMs, signal);
      if (signal.aborted) return;
      const reply = await this.#ask(this.#options.views()[0]?.record.id ?? '');
      if (reply === undefined) continue;
      const rewound = reply.incarnation >= seen.incarnation && reply.outSeq < seen.seq;
      if (!rewound && reply.outSeq > this.#head.seq) await sleep(mirrorLimits.stuckAfterMs, signal);
      if (!signal.aborted && (rewound || reply.outSeq > this.#head.seq)) {
        this.#options.events.mirrorBroke(
          this.partition,
          new Error(rewound ? 'the stream was rewound' : 'no commits arrive'),
        );
        session.abort();
      }
    }
  }
}
