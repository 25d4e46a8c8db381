/** Every attempt as a message in `DELIVERIES`: what a restart goes on from, and what people read. */
import type { Delivery } from '#core/messages/api.ts';
import { streams, subjects } from '#core/messages/names.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { AppendResult, Log } from '#platform/log.ts';
import type { NotifierEvents } from './events.ts';
import { notifierLimits } from './limits.ts';
import { readBack, readJson, writeJson } from './readBack.ts';

export interface DeliveryProgress {
  readonly last: Delivery;
  readonly firstAttemptAtMs: number;
}

/** Progress by alert id, then target. */
export type DeliveryIndex = Map<string, Map<string, DeliveryProgress>>;

export const isFinal = (delivery: Delivery): boolean =>
  delivery.status === 'delivered' || delivery.status === 'given_up';

export class DeliveryRecords {
  private readonly log: Log;
  private readonly signal: AbortSignal;
  private readonly events: NotifierEvents;
  private waiting: Delivery[] = [];
  private writing: Promise<void> = Promise.resolve();
  private active = false;
  private readonly totals = { delivered: 0, failed: 0, givenUp: 0 };

  /** `signal` ends the retries: after it, what the log does not take at once is left to the next start. */
  constructor(log: Log, signal: AbortSignal, events: NotifierEvents) {
    this.log = log;
    this.signal = signal;
    this.events = events;
  }

  /** Attempts so far, those of earlier runs included. */
  get counts(): { readonly delivered: number; readonly failed: number; readonly givenUp: number } {
    return this.totals;
  }

  async load(): Promise<DeliveryIndex> {
    const index: DeliveryIndex = new Map();
    await readBack(this.log, streams.deliveries, 1, this.signal, (message) => {
      const delivery = readJson<Delivery>(message);
      if (typeof delivery?.alertId !== 'string') return;
      const targets = index.get(delivery.alertId) ?? new Map<string, DeliveryProgress>();
      const known = targets.get(delivery.target);
      // A record whose acknowledgement was lost is there twice; one that was retried may stand after a later one.
      if (known !== undefined && known.last.attempt >= delivery.attempt) return;
      this.count(delivery);
      targets.set(delivery.target, { last: delivery, firstAttemptAtMs: known?.firstAttemptAtMs ?? delivery.atMs });
      index.set(delivery.alertId, targets);
    });
    return index;
  }

  /** Writes in the background, in order; the delivery itself does not wait. */
  record(delivery: Delivery): void {
    this.count(delivery);
    this.events.attempted(delivery);
    this.waiting.push(delivery);
    if (this.waiting.length > notifierLimits.recordsWaitingMax) this.waiting.shift();
    if (!this.active) this.writing = this.write();
  }

  /** Resolves when everything recorded so far is written, or was left because the signal aborted. */
  async flush(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    this.active = true;
    while (this.waiting.length > 0) {
      const window = this.waiting.splice(0, notifierLimits.copyWindowMax);
      const results = await Promise.all(window.map((delivery) => this.append(delivery)));
      const left = window.filter((_, index) => results[index]!.kind !== 'stored');
      if (left.length === 0) continue;
      if (this.signal.aborted) break;
      this.events.logRetried('delivery', results.find(({ kind }) => kind !== 'stored')!.kind);
      this.waiting = [...left, ...this.waiting];
      await sleep(notifierLimits.logRetryMs, this.signal);
    }
    this.active = false;
  }

  private append(delivery: Delivery): Promise<AppendResult> {
    const subject = subjects.deliveries(delivery.tenant, delivery.target);
    return this.log
      .append(streams.deliveries, subject, writeJson(delivery))
      .catch((): AppendResult => ({ kind: 'unknown' }));
  }

  private count(delivery: Delivery): void {
    if (delivery.status === 'delivered') this.totals.delivered++;
    else if (delivery.status === 'given_up') this.totals.givenUp++;
    else this.totals.failed++;
  }
}
