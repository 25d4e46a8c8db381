/** The notifier: copies every committed alert to `ALERTS` once and delivers it to its targets as a signed webhook. */
import type { LeaseKeys } from '../lease.ts';
import { register, type Registry } from 'prom-client';
import type { Alert } from '#core/messages/alert.ts';
import { sleep, type Life } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { Lease } from '../lease.ts';
import type { Resolve } from './addresses.ts';
import type { Clock } from './clock.ts';
import { notifierEvents } from './events.ts';
import { notifierLimits } from './limits.ts';
import type { CommitLink } from './ownCommits.ts';
import type { NotifierPorts } from './ports.ts';
import { Session } from './session.ts';
import type { TrimLimits } from './trim.ts';

export interface NotifierDeps extends NotifierPorts {
  readonly log: Log;
  readonly partitions: number;
  readonly registry?: Registry;
  /** The lease bucket: of all raters' notifiers the holder of the lease `notifier` delivers. Without it, this one does. */
  readonly leases?: LeaseKeys;
  readonly clock?: Clock;
  readonly resolve?: Resolve;
  /** Otherwise than `trimLimits`. */
  readonly trim?: Partial<TrimLimits>;
}

export interface NotifierCounts {
  /** Alerts in `ALERTS`. */
  readonly alerts: number;
  /** Attempts of all runs so far, by what came of them. */
  readonly delivered: number;
  readonly failed: number;
  readonly givenUp: number;
  /** Deliveries that wait. */
  readonly pending: number;
}

export interface Notifier {
  /** Runs until the life's signal aborts, then waits for requests under way and their records. */
  run(): Promise<void>;
  /**
   * The fast path: call it after every acknowledged commit and takeover, with the commit's sequence and its alerts,
   * none included; with where a commit stands it need not be read back. Never waits, never throws; what it does not take the follower brings.
   */
  offer(partition: number, outSeq: number, alerts: readonly Alert[], link?: CommitLink): void;
  /** Commit acknowledged → webhook answered, ms, over the newest deliveries that succeeded at once. */
  latency(): { readonly p50: number; readonly p99: number };
  /** All zero while another process's notifier delivers. */
  counts(): NotifierCounts;
}

export function createNotifier(deps: NotifierDeps, life: Life): Notifier {
  const events = notifierEvents(deps.registry ?? register, life.logger);
  let session: Session | undefined;

  async function deliver(signal: AbortSignal): Promise<void> {
    try {
      session = await Session.open(deps, events, signal);
      await session.run(signal);
    } catch (error) {
      if (!signal.aborted) events.failed(error);
    } finally {
      session = undefined;
    }
  }

  return {
    async run() {
      const { signal } = life;
      while (!signal.aborted) {
        await using lease = deps.leases && (await Lease.acquire(deps.leases, 'notifier', signal));
        await deliver(lease === undefined ? signal : AbortSignal.any([signal, lease.lost]));
        await sleep(notifierLimits.logRetryMs, signal);
      }
    },
    offer: (partition, outSeq, alerts, link) => session?.offer(partition, outSeq, alerts, link),
    latency: () => session?.latency() ?? { p50: 0, p99: 0 },
    counts: () => session?.counts() ?? { alerts: 0, delivered: 0, failed: 0, givenUp: 0, pending: 0 },
  };
}
