/**
 * Brings a partition to its end when the instance is partitioned anew (SPEC §13), with nothing else running: all that its streams hold is
 * taken, no work is left, and its last message says where its tenants go on.
 */
import { streams } from '#core/messages/names.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { workLeft } from '#core/rating/inherit.ts';
import type { PartitionMachine } from '#core/rating/machine.ts';
import type { PartitionState } from '#core/rating/state.ts';
import type { Log } from '#platform/log.ts';
import { CommitSize } from './commitSize.ts';
import type { Committer } from './committer.ts';
import { raterLimits } from './limits.ts';
import { settle, takeOver, type OwnerDeps } from './owner.ts';
import { parseHeader } from './replay.ts';
import { catchUp, restore } from './restore.ts';
import { nextSeq } from './rewound.ts';
import type { Snapshots } from './snapshots.ts';

export interface RetiringDeps extends Pick<OwnerDeps, 'log' | 'incarnations'> {
  readonly snapshots: Snapshots;
}

export class Retiring {
  readonly state: PartitionState;
  readonly #log: Log;
  /** Undefined once it has retired. */
  #owner: { readonly machine: PartitionMachine; readonly committer: Committer } | undefined;
  readonly #signal: AbortSignal;

  private constructor(state: PartitionState, log: Log, signal: AbortSignal) {
    this.state = state;
    this.#log = log;
    this.#signal = signal;
  }

  /** Takes over and takes what waits in the streams; of a partition that has retired before, its state alone. */
  static async begin(partition: number, deps: RetiringDeps, signal: AbortSignal): Promise<Retiring> {
    const { log, snapshots } = deps;
    const state = await restore(partition, snapshots, () => undefined);
    const retiring = new Retiring(state, log, signal);
    const last = await log.last(streams.rated(partition));
    if (last !== undefined && parseHeader(last.data).kind === 'retire') {
      await catchUp(state, log, () => undefined);
      return retiring;
    }
    const events = { stale: () => undefined, logFull: () => undefined };
    retiring.#owner = await takeOver(state, { ...deps, events }, signal);
    for (const stream of ['control', 'usage'] as const) await retiring.#take(stream);
    return retiring;
  }

  get isRetired(): boolean {
    return this.#owner === undefined;
  }

  /** Lets time act up to that instant, and beyond it until no work is left. */
  async rest(atMs: number): Promise<void> {
    const { state } = this;
    for (let nowMs = atMs; state.logTimeMs < atMs || workLeft(state) !== undefined; nowMs = state.logTimeMs + 1) {
      this.#owner!.machine.tick(nowMs);
      await this.#commit('commit');
    }
  }

  /** Its last message. */
  async retire(heirs: NonNullable<CommitHeader['heirs']>): Promise<void> {
    await this.#commit('retire', heirs);
    this.#owner = undefined;
  }

  async #take(stream: 'control' | 'usage'): Promise<void> {
    const { machine } = this.#owner!;
    const { state } = this;
    const name = streams[stream](state.partition);
    const fromSeq = await nextSeq(this.#log, state, stream, () => undefined);
    const { lastSeq } = await this.#log.info(name);
    if (lastSeq < fromSeq) return;
    const size = new CommitSize();
    const reading = new AbortController();
    for await (const message of this.#log.follow(name, fromSeq, AbortSignal.any([reading.signal, this.#signal]))) {
      if (stream === 'control') machine.takeControl(message);
      else machine.takeUsage(message);
      size.took(stream, message.data.length);
      if (size.of(machine.changes) >= raterLimits.commitBytesMax) await this.#commit('commit');
      if (message.seq >= lastSeq) break;
    }
    reading.abort();
    await this.#commit('commit');
  }

  async #commit(kind: 'commit' | 'retire', heirs?: NonNullable<CommitHeader['heirs']>): Promise<void> {
    const { machine, committer } = this.#owner!;
    const place = { ...committer.place(kind), ...(heirs && { heirs }) };
    settle(this.state, await committer.commit(machine.drain(place), this.#signal));
  }
}
