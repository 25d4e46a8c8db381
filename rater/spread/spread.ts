/**
 * This process's part of all partitions: which it may ask the lease of, which it hands over, which it follows. Every
 * rater works it out for itself from what all of them say; that they agree is needed for balance only, never for safety.
 */
import { allPartitions, type Placement } from '#core/messages/names.ts';
import type { PartitionAt, RaterAlive } from '#core/messages/raterAlive.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Lease, Turn } from '../lease.ts';
import { raterLimits } from '../limits.ts';
import { assign } from './assignment.ts';
import type { SpreadEvents } from './events.ts';
import { HandOvers } from './handOvers.ts';
import { isSettled, Members, type Member } from './members.ts';

export interface SpreadDeps extends Placement {
  /** Of this life of the process. */
  readonly rater: string;
  readonly url: string;
  /** Says it to all raters, this one may be among them; nobody need hear it. */
  readonly tell: (message: RaterAlive) => void;
  readonly events: SpreadEvents;
  /** The last commit of what is owned here; undefined while it is taken over. */
  readonly committed: (partition: number) => number | undefined;
  /** What is followed here, and what is to be. */
  readonly follows: () => readonly PartitionAt[];
  readonly follow: (partitions: readonly number[]) => void;
}

export class Spread {
  readonly #deps: SpreadDeps;
  readonly #members = new Members();
  readonly #held = new Map<number, Lease>();
  readonly #handOvers: HandOvers;
  #isLeaving = false;
  #changed = new AbortController();
  #holders: readonly (string | undefined)[] = [];
  #targets: readonly (string | undefined)[] = [];
  /** Monotonic ms since when nobody holds a partition. */
  readonly #orphanedMs: (number | undefined)[];
  #basis = '';

  constructor(deps: SpreadDeps) {
    this.#deps = deps;
    this.#handOvers = new HandOvers(deps);
    this.#orphanedMs = allPartitions(deps).map(() => performance.now());
  }

  /** Asks who is there, then says twice a second that this process lives, until the signal aborts: then it owns nothing. */
  async run(signal: AbortSignal): Promise<void> {
    this.#tell(true);
    while (!signal.aborted) {
      await sleep(raterLimits.memberTellMs, signal);
      this.#say();
    }
  }

  hear(message: RaterAlive): void {
    if (message.rater === this.#deps.rater) return;
    this.#members.take(message);
    if (message.isAsking) this.#tell();
    this.#judge();
  }

  /** Everybody else that is heard of, for people. */
  others(): readonly Member[] {
    return this.#members.others();
  }

  /** Whether another rater says that it holds the partition. */
  isElsewhere(partition: number): boolean {
    const holder = this.#holders[partition];
    return holder !== undefined && holder !== this.#deps.rater;
  }

  turn(partition: number): Turn {
    return {
      mayAsk: () => this.#mayAsk(partition),
      wait: (ms, signal) => sleep(ms, AbortSignal.any([signal, this.#changed.signal])),
    };
  }

  /** The lease is held from now on; the answer aborts when the partition is to be handed over. */
  hold(partition: number, lease: Lease): AbortSignal {
    this.#held.set(partition, lease);
    const signal = this.#handOvers.hold(partition);
    this.#say();
    return signal;
  }

  /** The lease has been given back. */
  release(partition: number): void {
    this.#held.delete(partition);
    this.#handOvers.release(partition);
    this.#say();
  }

  /** Takes nothing more; what is held is still to be given back. */
  leave(): void {
    this.#isLeaving = true;
    this.#say();
  }

  #say(): void {
    this.#tell();
    this.#judge();
  }

  #tell(isAsking = false): void {
    this.#deps.tell({ ...this.#self(), isAsking });
  }

  #self(): RaterAlive {
    const { rater, url, committed, follows } = this.#deps;
    const held = [...this.#held].filter(([, lease]) => lease.isValid());
    return {
      rater,
      url,
      ageMs: Math.round(this.#members.ageMs),
      isAsking: false,
      isLeaving: this.#isLeaving,
      owns: held.map(([partition]) => ({ partition, outSeq: committed(partition) ?? 0 })),
      follows: follows(),
    };
  }

  #mayAsk(partition: number): boolean {
    if (this.#isLeaving) return false;
    const orphanedMs = this.#orphanedMs[partition];
    if (orphanedMs === undefined) return false;
    return this.#targets[partition] === this.#deps.rater || performance.now() - orphanedMs >= raterLimits.orphanMsMax;
  }

  /** Works out from what is known now who is to own and who is to follow what. */
  #judge(): void {
    const self = this.#self();
    const all: Member[] = [{ ...self, isSettled: isSettled(self.ageMs) }, ...this.#members.others()];
    this.#setHolders(all);
    const counted = countedOf(all).map(({ rater }) => rater).sort(); // prettier-ignore
    const basis = JSON.stringify([counted, this.#holders]);
    if (basis !== this.#basis) {
      this.#basis = basis;
      this.#targets = this.#assign(counted, this.#holders);
      this.#deps.follow(this.#heirloom(counted));
      this.#deps.events.spread(all.length, this.#targets.filter((target) => target === self.rater).length);
      const changed = this.#changed;
      this.#changed = new AbortController();
      changed.abort();
    }
    if (!this.#isLeaving) this.#handOvers.judge(this.#targets, this.#holders, all);
  }

  /** Retired partitions are nobody's. */
  #assign(members: readonly string[], holders: readonly (string | undefined)[]): readonly (string | undefined)[] {
    const { firstPartition, partitions } = this.#deps;
    const owners = assign(partitions, members, holders.slice(firstPartition));
    return [...Array.from<undefined>({ length: firstPartition }), ...owners];
  }

  #setHolders(all: readonly Member[]): void {
    const holders = Array.from<string | undefined>({ length: allPartitions(this.#deps).length });
    for (const { rater, owns } of all) for (const { partition } of owns) holders[partition] ??= rater;
    this.#holders = holders;
    for (const [partition, holder] of holders.entries())
      this.#orphanedMs[partition] =
        holder === undefined ? (this.#orphanedMs[partition] ?? performance.now()) : undefined;
  }

  /** What this process is to own or would own if its owner were gone, and does not hold. */
  #heirloom(counted: readonly string[]): number[] {
    const { rater } = this.#deps;
    const without = new Map<string | undefined, readonly (string | undefined)[]>([[undefined, this.#targets]]);
    const ownersWithout = (gone: string | undefined) => {
      const known = without.get(gone);
      if (known !== undefined) return known;
      const rest = this.#holders.map((holder) => (holder === gone ? undefined : holder));
      const owners = this.#assign(counted.filter((one) => one !== gone), rest); // prettier-ignore
      without.set(gone, owners);
      return owners;
    };
    return this.#holders.flatMap((holder, partition) => {
      const isMoving = this.#targets[partition] !== holder;
      const heir = ownersWithout(isMoving ? undefined : holder)[partition];
      return holder !== rater && heir === rater ? [partition] : [];
    });
  }
}

/** Who counts when partitions are spread: who stays and is settled or holds something; while nobody is settled, all who stay. */
function countedOf(all: readonly Member[]): readonly Member[] {
  const staying = all.filter(({ isLeaving }) => !isLeaving);
  if (!staying.some((member) => member.isSettled)) return staying;
  return staying.filter((member) => member.isSettled || member.owns.length > 0);
}
