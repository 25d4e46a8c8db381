/** Owns a partition whenever its lease can be had, for as long as the process lives. */
import { sleep, type Life } from '#platform/lifecycle.ts';
import { StreamRewound } from '#platform/log.ts';
import { Fenced } from './committer.ts';
import { Lease, type LeaseKeys } from './lease.ts';
import { raterLimits } from './limits.ts';
import { own, type OwnerDeps } from './owner.ts';
import { Rewound } from './rewound.ts';

export interface KeepDeps extends OwnerDeps {
  readonly leases: LeaseKeys;
  /** The lease is held; answers may be given from what is owned while it is valid. */
  readonly leased: (lease: Lease) => void;
  /** Ownership has ended. */
  readonly left: () => void;
}

/** Until the signal aborts; then drains. Whatever ends an ownership, another one is sought. */
export async function keepPartition(partition: number, deps: KeepDeps, signal: Life['signal']): Promise<void> {
  const { events } = deps;
  while (!signal.aborted) {
    await using lease = await Lease.acquire(deps.leases, partition, signal);
    if (lease === undefined) return;
    deps.leased(lease);
    try {
      await own(partition, deps, AbortSignal.any([signal, lease.lost]));
      events.released(partition, signal.aborted ? 'shutdown' : 'lease lost');
    } catch (error) {
      if (error instanceof Fenced) events.fenced(partition, 'Fenced', error.message);
      else if (error instanceof Rewound || error instanceof StreamRewound)
        events.fenced(partition, 'Rewound', error.message);
      else events.failed(partition, error);
      await sleep(raterLimits.ownRetryMs, signal);
    } finally {
      deps.left();
    }
  }
}
