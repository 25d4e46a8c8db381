/** The followers of this process, a bounded number; each costs the memory of an owner. */
import type { PartitionAt } from '#core/messages/raterAlive.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { Follower, type FollowerDeps } from './follower.ts';
import type { Snapshots } from './snapshots.ts';

export class Standbys {
  readonly #deps: FollowerDeps;
  readonly #countMax: number;
  readonly #followers = new Map<number, Follower>();

  constructor(deps: FollowerDeps, countMax: number) {
    this.#deps = { ...deps, snapshots: oneAtATime(deps.snapshots) };
    this.#countMax = countMax;
  }

  /** Follows these and no others; beyond the bound the last ones are left out. */
  follow(partitions: readonly number[]): void {
    const wanted = new Set(partitions.slice(0, this.#countMax));
    for (const partition of this.#followers.keys()) if (!wanted.has(partition)) void this.take(partition);
    for (const partition of wanted)
      if (!this.#followers.has(partition)) this.#followers.set(partition, new Follower(partition, this.#deps));
  }

  follows(): PartitionAt[] {
    return [...this.#followers.values()].map(({ partition, upTo }) => ({ partition, outSeq: upTo.seq }));
  }

  /** Ends the standby of the partition and hands over its state; undefined where there is none. */
  async take(partition: number): Promise<PartitionState | undefined> {
    const follower = this.#followers.get(partition);
    this.#followers.delete(partition);
    return follower?.stop();
  }
}

/** A snapshot is large while it is being read: one is read after another. */
function oneAtATime(snapshots: Snapshots): Snapshots {
  let earlier: Promise<unknown> = Promise.resolve();
  return {
    ...snapshots,
    newest(...asked) {
      const newest = earlier.then(() => snapshots.newest(...asked));
      earlier = newest.catch(() => undefined);
      return newest;
    },
  };
}
