/**
 * A state that follows `RATED_<p>`: the newest snapshot once, then each commit as it comes. It only reads. A take-over that
 * starts from it loads nothing; it costs the memory of an owner.
 */
import type { ChainLink } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { RaterEvents } from './events.ts';
import { raterLimits } from './limits.ts';
import { Replay } from './replay.ts';
import { restore } from './restore.ts';
import type { Snapshots } from './snapshots.ts';

export interface FollowerDeps {
  readonly log: Log;
  readonly snapshots: Snapshots;
  readonly events: Pick<RaterEvents, 'followFailed' | 'snapshotPassedOver'>;
}

export class Follower {
  readonly partition: number;
  readonly #deps: FollowerDeps;
  readonly #reading = new AbortController();
  readonly #ended: Promise<void>;
  #replay: Replay | undefined;

  /** Starts to follow; whatever breaks it, it begins anew, until it is stopped. */
  constructor(partition: number, deps: FollowerDeps) {
    this.partition = partition;
    this.#deps = deps;
    this.#ended = this.#follow();
  }

  /** As of `upTo`, and complete whenever no code of the follower runs; undefined before the snapshot is loaded. */
  get state(): PartitionState | undefined {
    return this.#replay?.state;
  }

  /** The commit that the state is of; sequence 0 before the first. */
  get upTo(): ChainLink {
    return { seq: this.state?.outSeq ?? 0, hash: this.state?.outHash ?? '' };
  }

  /** Ends it and hands over its state, which it changes no more; undefined, at once, where it has none that it trusts. */
  async stop(): Promise<PartitionState | undefined> {
    this.#reading.abort();
    if (this.#replay === undefined) return undefined;
    await this.#ended;
    return this.state;
  }

  async #follow(): Promise<void> {
    const { partition } = this;
    const { log, snapshots, events } = this.#deps;
    const { signal } = this.#reading;
    while (!signal.aborted) {
      try {
        const state = await restore(partition, snapshots, events.snapshotPassedOver);
        // The owner tells of stale messages.
        const replay = new Replay(state, log, () => undefined);
        this.#replay = replay;
        for await (const message of log.follow(streams.rated(partition), state.outSeq + 1, signal))
          await replay.take(message);
        if (!signal.aborted) throw new Error(`reading ${streams.rated(partition)} ended by itself`);
      } catch (error) {
        this.#replay = undefined;
        events.followFailed(partition, error);
        await sleep(raterLimits.followRetryMs, signal);
      }
    }
  }
}
