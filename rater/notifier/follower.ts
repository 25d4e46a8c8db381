/** Follows one partition's commits and hands on their alerts, each partition by itself, from where the last run was. */
import { streams } from '#core/messages/names.ts';
import type { AlertRecord } from '#core/messages/delivery.ts';
import type { Alert } from '#core/messages/alert.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import type { AlertCopies } from './alertCopies.ts';
import { chainNext, chainStart, type ChainTip } from './chain.ts';
import { scanCommit, type CommitScan } from './commitScan.ts';
import type { Courier } from './courier.ts';
import type { NotifierEvents } from './events.ts';
import { notifierLimits } from './limits.ts';
import { OwnCommits, type CommitLink } from './ownCommits.ts';
import { Offers, type OfferedCommit } from './offers.ts';
import type { Positions } from './positions.ts';

export interface FollowerDeps {
  readonly partition: number;
  readonly log: Log;
  readonly copies: AlertCopies;
  readonly courier: Courier;
  readonly positions: Positions;
  readonly events: NotifierEvents;
  readonly signal: AbortSignal;
}

export class Follower {
  private readonly deps: FollowerDeps;
  private readonly stream: string;
  private tip: ChainTip;
  /** The stream was trimmed: its first message cannot be checked against one before. */
  private anchored: boolean;
  private readonly offers: Offers;
  private readonly own = new OwnCommits();
  /** Resolves when the alerts of every message so far are in `ALERTS`, or the signal has aborted. */
  private copied: Promise<void> = Promise.resolve();

  private constructor(deps: FollowerDeps, tip: ChainTip, anchored: boolean) {
    this.deps = deps;
    this.stream = streams.rated(deps.partition);
    this.tip = tip;
    this.anchored = anchored;
    this.offers = new Offers(tip.seq);
  }

  static async at(deps: FollowerDeps): Promise<Follower> {
    const stream = streams.rated(deps.partition);
    const [tip, { firstSeq }] = await Promise.all([deps.positions.read(deps.partition), deps.log.info(stream)]);
    const trimmed = firstSeq > tip.seq + 1;
    if (trimmed || tip.seq === 0 || (await isStored(deps.log, stream, tip))) return new Follower(deps, tip, !trimmed);
    deps.events.rewound(deps.partition, tip.seq);
    deps.positions.move(deps.partition, chainStart);
    return new Follower(deps, chainStart, firstSeq <= 1);
  }

  /** The fast path; see offers.ts. */
  offer(commit: OfferedCommit, link?: CommitLink): void {
    this.deliver(this.offers.offer(commit));
    if (link !== undefined) this.own.tell({ ...link, seq: commit.outSeq, hasAlerts: commit.alerts.length > 0 });
  }

  /** Runs until the signal aborts. */
  async run(): Promise<void> {
    const { signal, log, events, partition, positions } = this.deps;
    while (!signal.aborted) {
      await this.read();
      if (signal.aborted || (await this.isSound())) continue;
      events.rewound(partition, this.tip.seq);
      this.tip = chainStart;
      positions.move(partition, chainStart);
      this.anchored = (await log.info(this.stream)).firstSeq <= 1;
      this.offers.rewound(0);
      this.own.clear();
    }
  }

  /** Takes messages until the log turns out to be another, or cannot be read for now. */
  private async read(): Promise<void> {
    const { signal, events } = this.deps;
    const reading = new AbortController();
    const watching = this.watchForRewind(reading);
    try {
      const ending = AbortSignal.any([signal, reading.signal]);
      while (!ending.aborted && (await this.takeOwn(ending)) && (await this.takeRead(ending)));
    } catch (error) {
      events.logRetried('commit', String(error));
      await sleep(notifierLimits.logRetryMs, signal);
    }
    reading.abort();
    await watching;
  }

  /** What this process commits, for as long as it does. False when the log is no longer the one that we have read. */
  private async takeOwn(ending: AbortSignal): Promise<boolean> {
    const { log } = this.deps;
    const waitUntilMs = () => performance.now() + notifierLimits.ownPauseMs;
    for (let untilMs = 0; this.anchored && !ending.aborted;) {
      const commit = this.own.after(this.tip.seq);
      if (commit === undefined) {
        const restMs = untilMs - performance.now();
        if (restMs <= 0) break;
        await this.own.wait(restMs, ending);
        continue;
      }
      if (commit.hasAlerts || commit.prev.seq !== this.tip.seq || commit.prev.hash !== this.tip.hash) {
        const message = await log.get(this.stream, commit.seq);
        if (message !== undefined && !(await this.take(message))) return false;
        // Gone, or of another history: the log tells.
        if (this.tip.seq < commit.seq) this.own.clear();
      } else {
        this.tip = { seq: commit.seq, hash: commit.hash, incarnation: this.tip.incarnation };
        this.deliver(this.offers.followed(commit.seq));
        void this.move();
      }
      untilMs = waitUntilMs();
    }
    return true;
  }

  /** What comes in the log, until this process commits what is next. False as above. */
  private async takeRead(ending: AbortSignal): Promise<boolean> {
    const own = new AbortController();
    const isNext = () => this.anchored && this.own.after(this.tip.seq) !== undefined;
    this.own.listen(() => {
      if (isNext()) own.abort();
    });
    if (isNext()) return true;
    const until = AbortSignal.any([ending, own.signal]);
    for await (const message of this.deps.log.follow(this.stream, this.tip.seq + 1, until)) {
      if (!(await this.take(message))) return false;
      if (isNext()) return true;
    }
    return true;
  }

  /** False when the log is no longer the one that we have read. */
  private async take(message: LogMessage): Promise<boolean> {
    const { partition, courier, copies, positions, events } = this.deps;
    const scan = scanCommit(message.data);
    const next = scan === undefined ? undefined : this.chain(message, scan);
    if (scan === undefined || next === undefined) {
      if (!(await this.isSound())) return false;
      events.ignored(partition, message.seq);
      return true;
    }
    this.tip = next;
    this.anchored = true;
    // What was settled and has left the stream since is read again where the log is read from its beginning.
    const alerts = scan.alerts.filter(
      ({ id, logTimeMs }) => copies.has(id) || !positions.isTrimmed(partition, logTimeMs),
    );
    for (const alert of alerts) courier.takeFollowed(alert, message.timeMs);
    this.deliver(this.offers.followed(message.seq));
    if (alerts.length > 0) {
      const added = copies.add(alerts.map((alert) => this.record(alert, message)));
      this.copied = this.copied.then(() => added);
    }
    const moved = this.move();
    if (copies.backlog > notifierLimits.copiesWaitingMax) await moved;
    return true;
  }

  /** The position follows once the alerts up to the tip are in `ALERTS`. */
  private move(): Promise<void> {
    const { partition, positions, signal } = this.deps;
    const { tip } = this;
    this.copied = this.copied.then(() => {
      if (!signal.aborted) positions.move(partition, tip);
    });
    return this.copied;
  }

  private chain(message: LogMessage, scan: CommitScan): ChainTip | undefined {
    const hash = sha256(message.data);
    if (this.anchored) return chainNext(this.tip, message.seq, hash, scan);
    return { seq: message.seq, hash, incarnation: scan.takeover?.incarnation ?? 0 };
  }

  private record(alert: Alert, message: LogMessage): AlertRecord {
    return { ...alert, partition: this.deps.partition, outSeq: message.seq, committedAtMs: message.timeMs };
  }

  private deliver(commits: readonly OfferedCommit[]): void {
    for (const { alerts, atMonotonicMs } of commits) {
      for (const alert of alerts) this.deps.courier.takeOffered(alert, atMonotonicMs);
    }
  }

  /** A log that has lost its tail sends nothing until it has grown again; so it is asked from time to time. */
  private async watchForRewind(reading: AbortController): Promise<void> {
    while (!reading.signal.aborted) {
      await sleep(notifierLimits.checkpointIntervalMs, AbortSignal.any([this.deps.signal, reading.signal]));
      const lastSeq = await this.deps.log.info(this.stream).then(
        (info) => info.lastSeq,
        () => Infinity,
      );
      if (this.deps.signal.aborted || lastSeq < this.tip.seq) reading.abort();
    }
  }

  private async isSound(): Promise<boolean> {
    const { log, events, signal } = this.deps;
    while (!signal.aborted) {
      try {
        return this.tip.seq === 0 || (await isStored(log, this.stream, this.tip));
      } catch (error) {
        events.logRetried('commit', String(error));
        await sleep(notifierLimits.logRetryMs, signal);
      }
    }
    return true;
  }
}

async function isStored(log: Log, stream: string, tip: ChainTip): Promise<boolean> {
  const message = await log.get(stream, tip.seq);
  if (message !== undefined) return sha256(message.data) === tip.hash;
  return (await log.info(stream)).firstSeq > tip.seq;
}
