/** Owns a partition whenever it is this process's turn and its lease can be had, for as long as the process lives. */
import { sleep, type Life } from '#platform/lifecycle.ts';
import { StreamRewound } from '#platform/log.ts';
import { Fenced } from './committer.ts';
import { Lease, type LeaseKeys } from './lease.ts';
import { raterLimits } from './limits.ts';
import { own, type OwnerDeps } from './owner.ts';
import { Rewound } from './rewound.ts';
import type { Spread } from './spread/spread.ts';
import type { Standbys } from './standbys.ts';

export interface KeepDeps extends OwnerDeps {
  readonly leases: LeaseKeys;
  readonly spread: Pick<Spread, 'turn' | 'hold' | 'release'>;
  readonly standbys: Pick<Standbys, 'take'>;
  /** The lease is held; answers may be given from what is owned while it is valid. */
  readonly leased: (lease: Lease) => void;
  /** Ownership has ended. */
  readonly left: () => void;
}

/** Until the signal aborts; then drains. Whatever ends an ownership, another one is sought. */
export async function keepPartition(partition: number, deps: KeepDeps, signal: Life['signal']): Promise<void> {
  let failures = 0;
  const owned: KeepDeps['owned'] = (...known) => {
    failures = 0;
    deps.owned(...known);
  };
  while (!signal.aborted) {
    const lease = await Lease.acquire(deps.leases, partition, signal, deps.spread.turn(partition));
    if (lease === undefined) return;
    // Before others hear that the lease is held, for what is held here is not followed here.
    const standby = deps.standbys.take(partition);
    const handOver = deps.spread.hold(partition, lease);
    const isLeft = await ownWhile(partition, { ...deps, owned }, { lease, handOver, standby, signal });
    deps.spread.release(partition);
    if (!isLeft) await sleep(pauseMs(failures++), signal);
  }
}

/** Doubled each time until the partition is owned: what fails at once fails often, and each try reads the snapshots. */
const pauseMs = (failures: number): number =>
  Math.min(raterLimits.ownRetryMs * 2 ** failures, raterLimits.ownRetryMsMax);

interface Holding {
  readonly lease: Lease;
  /** Aborts when another rater is to own the partition. */
  readonly handOver: AbortSignal;
  readonly standby: ReturnType<Standbys['take']>;
  readonly signal: AbortSignal;
}

/** Owns until one of the signals aborts; commits what it has, then gives the lease back. False when something else ended it. */
async function ownWhile(
  partition: number,
  deps: KeepDeps,
  { lease: held, handOver, standby, signal }: Holding,
): Promise<boolean> {
  const { events } = deps;
  await using lease = held;
  deps.leased(lease);
  try {
    await own(partition, deps, AbortSignal.any([signal, lease.lost, handOver]), await standby);
    events.released(partition, signal.aborted ? 'shutdown' : handOver.aborted ? 'handed over' : 'lease lost');
    return true;
  } catch (error) {
    if (error instanceof Fenced) events.fenced(partition, 'Fenced', error.message);
    else if (error instanceof Rewound || error instanceof StreamRewound)
      events.fenced(partition, 'Rewound', error.message);
    else events.failed(partition, error);
    return false;
  } finally {
    deps.left();
  }
}
