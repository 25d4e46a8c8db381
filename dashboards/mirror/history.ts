import type { Delivery, Status } from '#core/messages/api.ts';
import { deliveriesOf, type AlertRecord, type DeliveryRecord, type DeliveryRequest } from '#core/messages/delivery.ts';
import { streams } from '#core/messages/names.ts';
import type { Alert } from '#core/messages/alert.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { DashboardEvents } from '../events.ts';
import { mirrorLimits } from '../limits.ts';

export interface HistoryHandlers {
  onAlert(alert: Alert): void;
  /** Attempts of one request, or what the notifier is asked for; `seq` of its message. */
  onDelivery(record: readonly Delivery[] | DeliveryRequest, tenant: string, seq: number): void;
}

/** Reads ALERTS or DELIVERIES, from its newest messages on, for as long as the signal lasts; never throws. */
export async function followHistory(
  log: Log,
  stream: typeof streams.alerts | typeof streams.deliveries,
  handlers: HistoryHandlers,
  events: DashboardEvents,
  signal: AbortSignal,
): Promise<void> {
  let next = 0;
  while (!signal.aborted) {
    try {
      if (next === 0) next = Math.max(1, (await log.info(stream)).lastSeq - mirrorLimits.historyMessagesMax + 1);
      for await (const message of log.follow(stream, next, signal)) {
        next = message.seq + 1;
        const tenant = message.subject.split('.')[1];
        const body = JSON.parse(new TextDecoder().decode(message.data)) as { readonly tenant: string };
        // The broker vouches for the subject; a body that names another tenant is nobody's.
        if (body.tenant !== tenant) continue;
        if (stream === streams.alerts) handlers.onAlert(alertOf(body as AlertRecord));
        else
          handlers.onDelivery(
            'kind' in body ? (body as DeliveryRequest) : deliveriesOf(body as DeliveryRecord),
            tenant,
            message.seq,
          );
      }
    } catch (error) {
      if (!signal.aborted) events.historyBroke(stream, error);
    }
    await sleep(mirrorLimits.syncRetryMs, signal);
  }
}

/** The alert as its commit carried it, without what the notifier notes beside it. */
function alertOf({
  partition: _partition,
  outSeq: _outSeq,
  committedAtMs: _committedAtMs,
  ...alert
}: AlertRecord): Alert {
  return alert;
}

/** Delivered webhooks so far, and how long the newest took from commit to the receiver's answer. */
export class DeliveryFigures {
  delivered = 0;
  readonly #latencies: number[] = [];

  add(delivery: Delivery): void {
    if (delivery.status !== 'delivered') return;
    this.delivered++;
    this.#latencies.push(delivery.latencyMs);
    if (this.#latencies.length > mirrorLimits.latencySamplesMax) this.#latencies.shift();
  }

  latency(): Status['latencyMs']['alert'] {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const rank = (percent: number) => sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
    return { p50: rank(50), p99: rank(99) };
  }
}
