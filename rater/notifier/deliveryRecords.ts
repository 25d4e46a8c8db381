/** Every attempt as a message in `DELIVERIES`: what a restart goes on from, and what people read. */
import type { Delivery } from '#core/messages/api.ts';
import {
  deliveriesOf,
  recordOf,
  type DeliveryRecord,
  type DeliveryRequest,
  type ReplayedDelivery,
} from '#core/messages/delivery.ts';
import { streams, subjects } from '#core/messages/names.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { AppendResult, Log } from '#platform/log.ts';
import type { NotifierEvents } from './events.ts';
import { notifierLimits } from './limits.ts';
import { readBack, readJson, writeJson } from './readBack.ts';

export interface DeliveryProgress {
  /** Undefined when it was asked for again and no attempt has followed. */
  readonly last?: Delivery | undefined;
  readonly attempts: number;
  readonly replay: number;
  readonly firstAttemptAtMs: number | null;
}

/** Progress by alert id, then target. */
export type DeliveryIndex = Map<string, Map<string, DeliveryProgress>>;

export const isFinal = (delivery: Delivery | undefined): boolean =>
  delivery?.status === 'delivered' || delivery?.status === 'given_up';

export class DeliveryRecords {
  private readonly log: Log;
  private readonly signal: AbortSignal;
  private readonly events: NotifierEvents;
  private waiting: DeliveryRecord[] = [];
  private underWay: readonly DeliveryRecord[] = [];
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

  /** What earlier runs have done, and what they were asked for; `lastSeq` of it is the end of what was read. */
  async load(
    take: (request: DeliveryRequest, seq: number) => void,
  ): Promise<{ index: DeliveryIndex; lastSeq: number }> {
    const index: DeliveryIndex = new Map();
    const of = (alertId: string): Map<string, DeliveryProgress> => {
      const known = index.get(alertId) ?? new Map<string, DeliveryProgress>();
      index.set(alertId, known);
      return known;
    };
    const lastSeq = await readBack(this.log, streams.deliveries, 1, this.signal, (message) => {
      const record = readJson<DeliveryRecord | DeliveryRequest>(message);
      if (record === undefined) return;
      if ('kind' in record) {
        take(record, message.seq);
        if (record.kind === 'replay')
          for (const asked of record.deliveries) {
            const targets = of(asked.alertId);
            targets.set(record.target, askedAgain(targets.get(record.target), asked));
          }
      } else if (typeof record.alertId === 'string') {
        for (const delivery of deliveriesOf(record)) {
          const targets = of(delivery.alertId);
          const progress = advanced(targets.get(delivery.target), delivery);
          if (progress === undefined) continue;
          this.count(delivery);
          targets.set(delivery.target, progress);
        }
      }
    });
    return { index, lastSeq };
  }

  /** Writes the attempts of one request in the background, in order; the delivery itself does not wait. */
  record(deliveries: readonly [Delivery, ...Delivery[]]): void {
    for (const delivery of deliveries) {
      this.count(delivery);
      this.events.attempted(delivery);
    }
    this.waiting.push(recordOf(deliveries));
    if (this.waiting.length > notifierLimits.recordsWaitingMax) this.waiting.shift();
    if (!this.active) this.writing = this.write();
  }

  /** Alerts of which an attempt is not in the log yet. */
  unwritten(): string[] {
    return [...this.underWay, ...this.waiting].flatMap((record) => deliveriesOf(record).map(({ alertId }) => alertId));
  }

  /** Resolves when everything recorded so far is written, or was left because the signal aborted. */
  async flush(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    this.active = true;
    while (this.waiting.length > 0) {
      const window = this.waiting.splice(0, notifierLimits.recordWindowMax);
      this.underWay = window;
      const results = await Promise.all(window.map((record) => this.append(record)));
      const left = window.filter((_, index) => results[index]!.kind !== 'stored');
      this.underWay = [];
      if (left.length === 0) continue;
      if (this.signal.aborted) break;
      this.events.logRetried('delivery', results.find(({ kind }) => kind !== 'stored')!.kind);
      this.waiting = [...left, ...this.waiting];
      await sleep(notifierLimits.logRetryMs, this.signal);
    }
    this.active = false;
  }

  private append(record: DeliveryRecord): Promise<AppendResult> {
    const subject = subjects.deliveries(record.tenant, record.target);
    return this.log
      .append(streams.deliveries, subject, writeJson(record))
      .catch((): AppendResult => ({ kind: 'unknown' }));
  }

  private count(delivery: Delivery): void {
    if (delivery.status === 'delivered') this.totals.delivered++;
    else if (delivery.status === 'given_up') this.totals.givenUp++;
    else this.totals.failed++;
  }
}

/** What was done before counts no more, but as attempts. */
function askedAgain(known: DeliveryProgress | undefined, { attempts, replay }: ReplayedDelivery): DeliveryProgress {
  if (known !== undefined && known.replay >= replay) return known;
  return { attempts: Math.max(attempts, known?.attempts ?? 0), replay, firstAttemptAtMs: null };
}

/** Undefined for what is there twice because its acknowledgement was lost, or stands behind a later one because it was retried. */
function advanced(known: DeliveryProgress | undefined, record: Delivery): DeliveryProgress | undefined {
  const { attempt, replay = 0, atMs } = record;
  if (known === undefined) return { last: record, attempts: attempt, replay, firstAttemptAtMs: atMs };
  // An attempt that was under way when it was asked for again says nothing of what was asked for.
  if (replay < known.replay) return { ...known, attempts: Math.max(known.attempts, attempt) };
  if (replay === known.replay && attempt <= known.attempts && known.last !== undefined) return undefined;
  return { last: record, attempts: attempt, replay, firstAttemptAtMs: known.firstAttemptAtMs ?? atMs };
}
