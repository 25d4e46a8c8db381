/** Follows what people ask the notifier for: deliveries to be attempted again, tests of targets. */
import type { DeliveryRecord, DeliveryRequest } from '#core/messages/delivery.ts';
import { streams } from '#core/messages/names.ts';
import type { Alert } from '#core/messages/alert.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import type { AlertCopies } from './alertCopies.ts';
import type { Courier } from './courier.ts';
import type { NotifierEvents } from './events.ts';
import { notifierLimits } from './limits.ts';
import { readJson } from './readBack.ts';

export interface RequestsDeps {
  readonly log: Log;
  readonly copies: Pick<AlertCopies, 'find'>;
  readonly courier: Pick<Courier, 'takeFollowed' | 'replay'>;
  readonly events: NotifierEvents;
}

export class Requests {
  private readonly deps: RequestsDeps;
  /** Where the tests stand in the stream, by the ids of their alerts, which `ALERTS` does not have. */
  private readonly tests: Map<string, number>;
  private nextSeq: number;

  /** `tests`: what was read up to `readSeq`. */
  constructor(deps: RequestsDeps, readSeq: number, tests: ReadonlyMap<string, number>) {
    this.deps = deps;
    this.tests = new Map(tests);
    this.nextSeq = readSeq + 1;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, events } = this.deps;
    while (!signal.aborted) {
      try {
        // A log that has lost its tail has lost what was asked for with it.
        this.nextSeq = Math.min(this.nextSeq, (await log.info(streams.deliveries)).lastSeq + 1);
        for await (const message of log.follow(streams.deliveries, this.nextSeq, signal)) {
          await this.take(message);
          this.nextSeq = message.seq + 1;
        }
      } catch (error) {
        events.logRetried('delivery', String(error));
      }
      await sleep(notifierLimits.logRetryMs, signal);
    }
  }

  private async take(message: LogMessage): Promise<void> {
    const request = readJson<DeliveryRequest | DeliveryRecord>(message);
    if (request === undefined || !('kind' in request)) return;
    const { courier, events } = this.deps;
    if (request.kind === 'test') {
      this.tests.set(request.alert.id, message.seq);
      courier.takeFollowed(request.alert, request.atMs);
    } else {
      for (const asked of request.deliveries) {
        const alert = await this.find(asked.alertId);
        if (alert === undefined || alert.tenant !== request.tenant) events.replayIgnored(asked.alertId, request.target);
        else courier.replay(alert, request.target, asked, request.atMs);
      }
    }
    events.asked(request);
  }

  private async find(alertId: string): Promise<Alert | undefined> {
    const seq = this.tests.get(alertId);
    if (seq === undefined) return this.deps.copies.find(alertId);
    const message = await this.deps.log.get(streams.deliveries, seq);
    const request = message && readJson<DeliveryRequest>(message);
    return request?.kind === 'test' ? request.alert : undefined;
  }
}
