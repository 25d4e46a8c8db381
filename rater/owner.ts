/** The owner of one partition: restore, fence, then inputs → machine → commit, one commit in flight (architecture §3). */
import type { Alert } from '#core/messages/alert.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import { PartitionMachine } from '#core/rating/machine.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { Books, type Masters } from './checks/books.ts';
import { Desk } from './checks/desk.ts';
import { CommittedView } from './committedView.ts';
import { CommitSize } from './commitSize.ts';
import { Committer, Fenced, type Committed } from './committer.ts';
import type { RaterEvents } from './events.ts';
import type { CommitLink } from './notifier/ownCommits.ts';
import { tellingGap } from './gap.ts';
import { nextIncarnation, type Incarnations } from './incarnations.ts';
import { Inputs } from './inputs.ts';
import { raterLimits } from './limits.ts';
import { corePorts } from './ports.ts';
import { catchUp, restore } from './restore.ts';
import { nextSeq } from './rewound.ts';
import { Room } from './room.ts';
import { SnapshotDue, type SnapshotDeps } from './snapshotDue.ts';
import { isConfirmed } from './snapshots.ts';
import type { MarkMessage } from '#core/messages/mark.ts';

export interface OwnerDeps extends SnapshotDeps {
  readonly incarnations: Incarnations;
  readonly events: RaterEvents;
  /** Broker-comparable wall clock, UTC ms, for ticks. */
  readonly nowMs: () => number;
  readonly owned: (view: CommittedView, desk: Desk) => void;
  readonly tellMark: (mark: MarkMessage) => void;
  readonly offerAlerts: (partition: number, outSeq: number, alerts: readonly Alert[], link?: CommitLink) => void;
  readonly committed: (latencyMs: number) => void;
}

/**
 * Owns the partition until the signal aborts (drains and returns) or ownership is lost (throws Fenced or Rewound).
 * A `standby` that the log confirms saves loading a snapshot; it is this owner's from now on.
 */
export async function own(
  partition: number,
  deps: OwnerDeps,
  signal: AbortSignal,
  standby?: PartitionState,
): Promise<void> {
  const startedAt = performance.now();
  const isWarm = standby !== undefined && standby.outSeq > 0 && (await isConfirmed(deps.log, standby));
  const state = isWarm ? standby : await restore(partition, deps.snapshots, deps.events.snapshotPassedOver);
  const { machine, committer, lastSeq } = await takeOver(state, deps, signal);
  const books = new Books(state);
  const view = new CommittedView(state, books);
  const desk = new Desk(books);
  deps.owned(view, desk);
  deps.events.takeover(state, isWarm ? 'warm' : 'cold', performance.now() - startedAt);
  deps.offerAlerts(partition, state.outSeq, []);
  const committed = tellingGap(deps, partition, lastSeq);
  try {
    await new Owner(partition, { ...deps, committed }, machine, committer, { view, desk }).run(signal);
  } finally {
    desk.close();
  }
}

/** Fences older owners: the take-over is stored right behind the last commit that the state holds, or tried again. */
export async function takeOver(
  state: PartitionState,
  deps: Pick<OwnerDeps, 'log' | 'incarnations'> & { readonly events: Pick<RaterEvents, 'stale' | 'logFull'> },
  signal: AbortSignal,
): Promise<{ machine: PartitionMachine; committer: Committer; lastSeq: number }> {
  let incarnation = 0;
  for (;;) {
    const end = await catchUp(state, deps.log, (seq) => deps.events.stale(state.partition, seq));
    // What falls due is worked out from the state once: made before, the machine would not know what the log has just told.
    const machine = new PartitionMachine(state, corePorts());
    // One that was refused is stored nowhere, and its number still free.
    if (incarnation <= state.incarnation)
      incarnation = await nextIncarnation(deps.incarnations, state.partition, state.incarnation);
    const committer = new Committer(deps.log, state, incarnation, end, () => deps.events.logFull(state.partition));
    const base = { incarnation: state.incarnation, outSeq: state.outSeq, hash: state.outHash };
    try {
      settle(state, await committer.commit(machine.drain(committer.place('takeover', base)), signal));
      return { machine, committer, lastSeq: base.outSeq };
    } catch (error) {
      // The owner before us committed once more in between: its commit is good, and we start behind it.
      if (!(error instanceof Fenced) || signal.aborted) throw error;
    }
  }
}

/** The state is level with the log again. */
export function settle(state: PartitionState, { header, seq, hash }: Committed): void {
  state.incarnation = header.incarnation;
  state.outSeq = seq;
  state.outHash = hash;
}

class Owner {
  readonly #partition: number;
  readonly #deps: OwnerDeps;
  readonly #machine: PartitionMachine;
  readonly #committer: Committer;
  readonly #view: CommittedView;
  readonly #desk: Desk;
  readonly #size = new CommitSize();
  readonly #room: Room;
  readonly #snapshotDue: SnapshotDue;
  #oldestInputMs: number | undefined;

  constructor(
    partition: number,
    deps: OwnerDeps,
    machine: PartitionMachine,
    committer: Committer,
    { view, desk }: { readonly view: CommittedView; readonly desk: Desk },
  ) {
    this.#partition = partition;
    this.#deps = deps;
    this.#machine = machine;
    this.#committer = committer;
    this.#view = view;
    this.#desk = desk;
    this.#room = new Room(deps.log, partition, (isShort, bytes, bytesMax) => {
      view.waits = isShort;
      desk.isHeld = isShort;
      deps.events.ratingHeld(partition, isShort, bytes, bytesMax);
    });
    this.#snapshotDue = new SnapshotDue(machine.state, deps);
    committer.onFull = () => {
      deps.events.logFull(partition);
      void this.#room.look();
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#room.look();
    const reading = new AbortController();
    const inputs = new Inputs(
      this.#deps.log,
      {
        control: [streams.control(this.#partition), await this.#nextSeq('control')],
        usage: [streams.usage(this.#partition), await this.#nextSeq('usage')],
      },
      (await this.#deps.log.info(streams.control(this.#partition))).lastSeq,
      reading.signal,
    );
    try {
      await this.#loop(inputs, signal);
    } finally {
      reading.abort();
    }
  }

  /** While one commit travels, the next fills. */
  async #loop(inputs: Inputs, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => inputs.wake(), { once: true });
    this.#desk.onAsk = () => inputs.wake();
    let travelling: Promise<void> | undefined;
    let failure: { readonly error: unknown } | undefined;
    for (;;) {
      if (failure !== undefined) throw failure.error;
      if (!signal.aborted) this.#fill(inputs);
      if (travelling === undefined) {
        const tell = this.#decideRequests();
        if (!this.#machine.changes.isEmpty) {
          travelling = this.#commit(tell, signal.aborted ? AbortSignal.timeout(raterLimits.drainMsMax) : signal).then(
            () => (travelling = undefined),
            (error: unknown) => {
              failure = { error };
              travelling = undefined;
            },
          );
          continue;
        }
        tell();
        if (signal.aborted) return;
        const timer = setTimeout(() => inputs.wake(), this.#untilDueMs());
        if (!this.#desk.isWaiting) await inputs.arrival();
        clearTimeout(timer);
        if (this.#room.isShort) await this.#room.look();
        this.#tick();
      } else {
        await (this.#isFull() || signal.aborted ? travelling : Promise.race([travelling, inputs.arrival()]));
      }
    }
  }

  #isFull(): boolean {
    return this.#size.of(this.#machine.changes) >= raterLimits.commitBytesMax;
  }

  #isTicked(): boolean {
    const { changes } = this.#machine;
    return changes.timeMoved && changes.taken.length === 0;
  }

  #fill(inputs: Inputs): void {
    inputs.isUsageHeld = this.#room.isShort;
    // A tick is a commit of its own: inputs and log times alone replay it.
    while (!this.#isFull() && !this.#isTicked()) {
      const input = inputs.next();
      if (input === undefined) return;
      this.#oldestInputMs ??= input.message.timeMs;
      if (input.stream === 'control') this.#machine.takeControl(input.message);
      else this.#machine.takeUsage(input.message);
      this.#size.took(input.stream, input.message.data.length);
    }
  }

  /** Time acts without an input only when a dated effect is due: an idle partition writes nothing. */
  #tick(): void {
    const due = this.#machine.nextDueMs();
    const nowMs = this.#deps.nowMs();
    if (due !== undefined && nowMs >= due) this.#machine.tick(nowMs);
  }

  #untilDueMs(): number {
    const due = this.#machine.nextDueMs() ?? Number.MAX_SAFE_INTEGER;
    return Math.min(Math.max(due - this.#deps.nowMs(), 1), this.#room.isShort ? raterLimits.roomLookMs : 60_000);
  }

  /** The last step before a commit is written: it takes nothing after them. An idle partition first lets time act. */
  #decideRequests(): () => void {
    const { state, changes } = this.#machine;
    if (!this.#desk.isWaiting) return () => undefined;
    if (changes.isEmpty) this.#tick();
    return this.#desk.decide(state, this.#machine.changes, this.#deps.nowMs());
  }

  async #commit(tell: () => void, signal: AbortSignal): Promise<void> {
    const oldest = this.#oldestInputMs;
    this.#oldestInputMs = undefined;
    const before = this.#view.totals;
    const encoded = this.#machine.drain(this.#committer.place('commit'));
    const masters = this.#mastersOf(encoded.header);
    const committed = await this.#committer.commit(encoded, signal);
    this.#desk.books.take(committed.header, committed.seq, masters);
    this.#announce(committed, before, oldest);
    tell();
    await this.#room.took(committed.bytes);
  }

  /** As they are now: the machine goes on to newer versions while the commit travels. */
  #mastersOf({ control }: CommitHeader): Masters {
    const { tenants } = this.#machine.state;
    return new Map(control.map(({ tenant }) => [tenant, tenants.get(tenant)!.master]));
  }

  #announce(committed: Committed, before: CommitHeader['totals'], oldestInputMs: number | undefined): void {
    const { header, seq, hash } = committed;
    settle(this.#machine.state, committed);
    this.#snapshotDue.committed(committed.bytes);
    this.#deps.offerAlerts(this.#partition, seq, header.alerts, { prev: header.prev, hash });
    this.#view.repriced = this.#machine.state.repriced.length;
    for (const mark of this.#view.apply(header, seq, hash)) this.#deps.tellMark(mark);
    const latencyMs = oldestInputMs === undefined ? undefined : Math.max(0, this.#deps.nowMs() - oldestInputMs);
    if (latencyMs !== undefined) this.#deps.committed(latencyMs);
    this.#deps.events.committed(header, before, latencyMs);
  }

  #nextSeq(stream: 'usage' | 'control'): Promise<number> {
    const { log, events } = this.#deps;
    return nextSeq(log, this.#machine.state, stream, (seq) => events.inputRewound(this.#partition, stream, seq));
  }
}
