import type { Log } from '#platform/log.ts';
import { sleep } from '#platform/lifecycle.ts';
import { publishTargets, type TargetBucket } from '../targets/targets.ts';
import type { BillingEvents } from '../events.ts';
import { outboxLimits } from '../limits.ts';
import type { Db } from '../schema.ts';
import { publishWaiting } from './publish.ts';

export interface PublisherDeps {
  readonly db: Db;
  readonly log: Pick<Log, 'append'>;
  readonly targets: TargetBucket;
  readonly events: BillingEvents;
  readonly now: () => number;
}

/** Publishes for ever what the office's changes leave in the database; `wake` cuts its wait short. */
export class Publisher {
  private readonly deps: PublisherDeps;
  private nap = new AbortController();

  constructor(deps: PublisherDeps) {
    this.deps = deps;
  }

  readonly wake = (): void => this.nap.abort();

  /** Runs until the signal aborts; a pass that began is finished. */
  async run(signal: AbortSignal): Promise<void> {
    let retryMs = 0;
    while (!signal.aborted) {
      this.nap = new AbortController();
      const clean = await this.pass();
      retryMs = clean ? 0 : Math.min(Math.max(retryMs * 2, outboxLimits.retryMsMin), outboxLimits.retryMsMax);
      await sleep(clean ? outboxLimits.pollMs : retryMs, AbortSignal.any([signal, this.nap.signal]));
    }
  }

  /** Targets first: a budget that names one should find it. True when nothing is left but what came in meanwhile. */
  private async pass(): Promise<boolean> {
    const { db, log, targets, events, now } = this.deps;
    try {
      await publishTargets(db, targets);
      const { messages, stuck } = await publishWaiting(db, log, now);
      if (messages > 0) events.published(messages);
      for (const { partition, outcome } of stuck) events.publishRetried(partition, outcome);
      if (messages > 0) this.wake();
      return stuck.length === 0;
    } catch (error) {
      events.publishRetried(-1, error instanceof Error ? error.message : String(error));
      return false;
    }
  }
}
