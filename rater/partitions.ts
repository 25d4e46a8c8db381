/** All partitions in this process: those that it owns, those that it follows, and what it knows of the other raters. */
import { activePartitions, type Placement } from '#core/messages/names.ts';
import type { RaterAlive } from '#core/messages/raterAlive.ts';
import { sleep, type Life } from '#platform/lifecycle.ts';
import type { Desk } from './checks/desk.ts';
import type { CommittedView } from './committedView.ts';
import { keepPartition } from './keep.ts';
import type { Lease, LeaseKeys } from './lease.ts';
import { raterLimits } from './limits.ts';
import type { OwnerDeps } from './owner.ts';
import type { SpreadEvents } from './spread/events.ts';
import { Spread } from './spread/spread.ts';
import { Standbys } from './standbys.ts';

export interface PartitionsDeps extends Omit<OwnerDeps, 'owned'>, Placement {
  /** One life of this process, and the base URL of its port. */
  readonly rater: string;
  readonly url: string;
  readonly standbysMax: number;
  readonly leases: LeaseKeys;
  readonly spreadEvents: SpreadEvents;
  /** To all raters. */
  readonly tell: (message: RaterAlive) => void;
}

export class Partitions {
  readonly spread: Spread;
  readonly standbys: Standbys;
  readonly #deps: PartitionsDeps;
  readonly #views = new Map<number, CommittedView>();
  readonly #desks = new Map<number, Desk>();
  readonly #leases = new Map<number, Lease>();

  constructor(deps: PartitionsDeps) {
    this.#deps = deps;
    this.standbys = new Standbys(deps, deps.standbysMax);
    this.spread = new Spread({
      ...deps,
      events: deps.spreadEvents,
      committed: (partition) => this.#views.get(partition)?.outSeq,
      follows: () => this.standbys.follows(),
      follow: (partitions) => this.standbys.follow(partitions),
    });
  }

  /** What is owned, by partition. */
  get owned(): ReadonlyMap<number, CommittedView> {
    return this.#views;
  }

  /** What may be answered from: a process that was stopped for longer than its lease must not tell what may be old. */
  viewOf(partition: number): CommittedView | undefined {
    return this.#leases.get(partition)?.isValid() === true ? this.#views.get(partition) : undefined;
  }

  /** Where checks and holds of a partition are asked, likewise. */
  deskOf(partition: number): Desk | undefined {
    return this.#leases.get(partition)?.isValid() === true ? this.#desks.get(partition) : undefined;
  }

  /** Partitions without an owner, as far as is known here. */
  waiting(): number[] {
    return activePartitions(this.#deps).filter(
      (partition) => !this.#views.has(partition) && !this.spread.isElsewhere(partition),
    );
  }

  /** Owns its share until the signal aborts; then drains and gives everything back. */
  async run(signal: Life['signal']): Promise<void> {
    const { spread, standbys } = this;
    const talking = new AbortController();
    const said = spread.run(talking.signal);
    await sleep(raterLimits.memberAnswerMs, signal);
    signal.addEventListener('abort', () => spread.leave(), { once: true });
    await Promise.all(
      activePartitions(this.#deps).map((partition) =>
        keepPartition(
          partition,
          {
            ...this.#deps,
            spread,
            standbys,
            leased: (lease) => this.#leases.set(partition, lease),
            owned: (view, desk) => {
              this.#views.set(partition, view);
              this.#desks.set(partition, desk);
            },
            left: () => {
              this.#views.delete(partition);
              this.#desks.delete(partition);
            },
          },
          signal,
        ),
      ),
    );
    standbys.follow([]);
    talking.abort();
    await said;
  }
}
