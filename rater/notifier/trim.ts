/**
 * Keeps `ALERTS` and `DELIVERIES` from filling up: from their beginning goes what is settled and old, or settled and in the way where a
 * stream fills. Nothing that a restart, a take-over or a reading of `RATED` from its beginning would need goes:
 * - an alert stays while a target waits for it, or its commit has not been copied whole;
 * - up to which log time a partition's alerts are gone is written down first, so that none of them is taken for a new one;
 * - an attempt stays as long as its alert does, else a restart would make it again, and until the office has archived it.
 */
import { deliveriesOf, type DeliveryRecord, type DeliveryRequest } from '#core/messages/delivery.ts';
import { streams } from '#core/messages/names.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log, LogInfo, LogMessage } from '#platform/log.ts';
import type { AlertCopies } from './alertCopies.ts';
import type { Clock } from './clock.ts';
import type { Courier } from './courier.ts';
import type { DeliveryRecords } from './deliveryRecords.ts';
import type { NotifierEvents } from './events.ts';
import { trimLimits } from './limits.ts';
import type { Positions } from './positions.ts';
import { readJson } from './readBack.ts';

export type TrimLimits = { readonly [Name in keyof typeof trimLimits]: number };

export interface TrimmerDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly copies: AlertCopies;
  readonly courier: Courier;
  readonly records: DeliveryRecords;
  readonly positions: Positions;
  readonly events: NotifierEvents;
  readonly limits: TrimLimits;
  /** Removes every message of the stream before that sequence. */
  purge(stream: string, beforeSeq: number): Promise<void>;
}

export class Trimmer {
  private readonly deps: TrimmerDeps;

  constructor(deps: TrimmerDeps) {
    this.deps = deps;
  }

  /** Until the signal aborts; what fails is told and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.trimAlerts();
        await this.trimDeliveries(signal);
      } catch (error) {
        if (!signal.aborted) this.deps.events.logRetried('trim', String(error));
      }
      await sleep(this.deps.limits.everyMs, signal);
    }
  }

  private async trimAlerts(): Promise<void> {
    const { log, copies, courier, records, positions, limits, events, purge } = this.deps;
    const info = await log.info(streams.alerts);
    // An outcome that is not written down yet is none for the next run.
    const unsettled = courier.unsettled().union(new Set(records.unwritten()));
    const mayGo = this.mayGo(info, copies.count);
    const gone: string[] = [];
    const goneUntil = new Map<number, number>();
    let lastSeq = 0;
    for (const [id, { seq, atMs, partition, outSeq, logTimeMs }] of copies.oldest()) {
      if (gone.length >= limits.alertsMax || !mayGo(atMs)) break;
      if (unsettled.has(id) || outSeq > positions.copiedUpTo(partition)) break;
      gone.push(id);
      lastSeq = seq;
      goneUntil.set(partition, Math.max(goneUntil.get(partition) ?? 0, logTimeMs));
    }
    if (gone.length === 0) return;
    await positions.trimmed(goneUntil);
    copies.forget(gone);
    courier.forget(gone);
    await purge(streams.alerts, lastSeq + 1);
    events.trimmed('alerts', gone.length);
  }

  private async trimDeliveries(signal: AbortSignal): Promise<void> {
    const { log, courier, positions, limits, events, purge } = this.deps;
    const info = await log.info(streams.deliveries);
    const untilSeq = Math.min(info.lastSeq, await positions.archived());
    if (untilSeq === 0 || info.firstSeq > untilSeq) return;
    const mayGoNow = () => this.mayGo(info, info.lastSeq - info.firstSeq + 1);
    const first = await log.get(streams.deliveries, info.firstSeq);
    if (first === undefined || !mayGoNow()(first.timeMs)) return;
    const mayGo = mayGoNow();
    const unsettled = courier.unsettled();
    const tests: string[] = [];
    let goneSeq = 0;
    const reading = new AbortController();
    for await (const message of log.follow(
      streams.deliveries,
      info.firstSeq,
      AbortSignal.any([signal, reading.signal]),
    )) {
      if (message.seq > untilSeq || message.seq - info.firstSeq >= limits.recordsMax || !mayGo(message.timeMs)) break;
      const test = testIn(message);
      const ids = test === undefined ? alertsIn(message) : [test];
      if (ids.some((id) => unsettled.has(id) || (id !== test && courier.has(id) && !tests.includes(id)))) break;
      if (test !== undefined) tests.push(test);
      goneSeq = message.seq;
      if (goneSeq === untilSeq) break;
    }
    reading.abort();
    if (goneSeq === 0) return;
    await purge(streams.deliveries, goneSeq + 1);
    courier.forget(tests);
    events.trimmed('deliveries', goneSeq - info.firstSeq + 1);
  }

  /** Whether what came then may go: it is old, or the stream fills and it is not quite new. Asked once a message, in order. */
  private mayGo({ bytes, bytesMax = Infinity }: LogInfo, messages: number): (atMs: number) => boolean {
    const { clock, limits } = this.deps;
    const nowMs = clock.nowMs();
    let excessBytes = bytes > limits.beginShare * bytesMax ? bytes - limits.endShare * bytesMax : 0;
    return (atMs) => {
      const isInTheWay = excessBytes > 0;
      excessBytes -= bytes / messages;
      return atMs <= nowMs - (isInTheWay ? limits.keepAtLeastMs : limits.keepMs);
    };
  }
}

function testIn(message: LogMessage): string | undefined {
  const request = readJson<DeliveryRequest | DeliveryRecord>(message);
  return request !== undefined && 'kind' in request && request.kind === 'test' ? request.alert.id : undefined;
}

/** Alerts that an attempt, or a wish for one, is about. */
function alertsIn(message: LogMessage): string[] {
  const record = readJson<DeliveryRequest | DeliveryRecord>(message);
  if (record === undefined) return [];
  if ('kind' in record) return record.kind === 'replay' ? record.deliveries.map(({ alertId }) => alertId) : [];
  return typeof record.alertId === 'string' ? deliveriesOf(record).map(({ alertId }) => alertId) : [];
}
