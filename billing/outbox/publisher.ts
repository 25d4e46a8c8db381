import type { Log } from '#platform/log.ts';
import { sleep } from '#platform/lifecycle.ts';
import { publishCheckKeys, type CheckKeyBucket } from '../access/checkKeys.ts';
import { publishTargets, type TargetBucket } from '../targets/targets.ts';
import type { BillingEvents } from '../events.ts';
import { outboxLimits } from '../limits.ts';
import type { Db } from '../schema.ts';
import { settleOutcomes } from './outcomes.ts';
import { outboxOf, publishWaiting } from './publish.ts';

export interface PublisherDeps {
  readonly db: Db;
  readonly log: Pick<Log, 'append' | 'get' | 'last'>;
  readonly targets: TargetBucket;
  readonly checkKeys: CheckKeyBucket;
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

  /** Runs until the signal aborts; a pass that began is finished. Rejects with OUTBOX_DIVERGED, after which nothing may be published. */
  async run(signal: AbortSignal): Promise<void> {
    const { pollMs, retryMsMin, retryMsMax, settleMsMin, settleMsMax } = outboxLimits;
    let retryMs = 0;
    let settleMs = 0;
    while (!signal.aborted) {
      this.nap = new AbortController();
      const { published, settled } = await this.pass();
      retryMs = published ? 0 : grown(retryMs, retryMsMin, retryMsMax);
      settleMs = settled ? 0 : grown(settleMs, settleMsMin, settleMsMax);
      await sleep(retryMs || settleMs || pollMs, AbortSignal.any([signal, this.nap.signal]));
    }
  }

  /** Targets first: a budget that names one should find it. Says whether all is published, and its outcome known. */
  private async pass(): Promise<{ readonly published: boolean; readonly settled: boolean }> {
    const { db, log, targets, checkKeys, events, now } = this.deps;
    try {
      await publishTargets(db, targets);
      await publishCheckKeys(db, checkKeys);
      const { messages, stuck } = await publishWaiting(outboxOf(db), log, now);
      if (messages > 0) events.published(messages);
      for (const { partition, outcome } of stuck) events.publishRetried(partition, outcome);
      if (messages > 0) this.wake();
      const { rejected, waiting } = await settleOutcomes(db, log, now);
      for (const each of rejected) events.rejected(each);
      return { published: stuck.length === 0, settled: waiting === 0 };
    } catch (error) {
      if ((error as { code?: unknown }).code === 'OUTBOX_DIVERGED') throw error;
      events.publishRetried(-1, error instanceof Error ? error.message : String(error));
      return { published: false, settled: true };
    }
  }
}

const grown = (ms: number, least: number, most: number): number => Math.min(Math.max(ms * 2, least), most);
