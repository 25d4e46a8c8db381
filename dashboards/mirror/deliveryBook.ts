import type { Delivery, DeliveryDetail, DeliverySummary } from '#core/messages/api.ts';
import { deliveryId, type DeliveryRequest } from '#core/messages/delivery.ts';
import type { Alert } from '#core/messages/alert.ts';
import { mirrorLimits } from '../limits.ts';

interface Entry {
  readonly alertId: string;
  readonly target: string;
  /** Oldest first. */
  readonly attempts: Delivery[];
  replays: number;
  /** Of a test; other alerts are in the book of alerts. */
  alert?: Alert;
}

export interface DeliveryFilter {
  readonly target?: string | undefined;
  readonly status?: DeliverySummary['status'] | 'dead' | undefined;
  readonly alert?: string | undefined;
  readonly limit: number;
}

/** A tenant's deliveries, each with its attempts; of those that went through the oldest are let go first. */
export class DeliveryBook {
  readonly #entries = new Map<string, Entry>();
  /** The newest message of `DELIVERIES` that was read, of any tenant. */
  recordSeq = 0;

  add(delivery: Delivery): void {
    const entry = this.#entry(delivery.target, delivery.alertId);
    entry.replays = Math.max(entry.replays, delivery.replay ?? 0);
    // A record whose acknowledgement was lost is there twice; one that was retried may stand after a later one.
    const at = entry.attempts.findLastIndex(({ attempt }) => attempt <= delivery.attempt);
    if (entry.attempts[at]?.attempt === delivery.attempt) return;
    entry.attempts.splice(at + 1, 0, delivery);
    if (entry.attempts.length > mirrorLimits.attemptsPerDeliveryMax) entry.attempts.shift();
  }

  request(request: DeliveryRequest): void {
    if (request.kind === 'test') {
      this.#entry(request.target, request.alert.id).alert = request.alert;
      return;
    }
    for (const { alertId, replay } of request.deliveries) {
      const entry = this.#entry(request.target, alertId);
      entry.replays = Math.max(entry.replays, replay);
    }
  }

  get(id: string): (Pick<DeliveryDetail, 'all' | 'alert'> & { readonly summary: DeliverySummary }) | undefined {
    const entry = this.#entries.get(id);
    const summary = entry && summaryOf(id, entry);
    return summary && { summary, all: entry!.attempts, alert: entry!.alert ?? null };
  }

  /** Newest first. */
  list({ target, status, alert, limit }: DeliveryFilter): DeliverySummary[] {
    const found: DeliverySummary[] = [];
    for (const [id, entry] of this.#entries) {
      if ((target !== undefined && entry.target !== target) || (alert !== undefined && entry.alertId !== alert))
        continue;
      const summary = summaryOf(id, entry);
      if (summary === undefined) continue;
      if (status === undefined || summary.status === status || (status === 'dead' && summary.dead)) found.push(summary);
    }
    return found.toSorted((a, b) => b.atMs - a.atMs || (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  #entry(target: string, alertId: string): Entry {
    const id = deliveryId(target, alertId);
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const made: Entry = { alertId, target, attempts: [], replays: 0 };
    this.#entries.set(id, made);
    if (this.#entries.size > mirrorLimits.deliveriesPerTenantMax) this.#forgetOne();
    return made;
  }

  #forgetOne(): void {
    for (const [id, { attempts }] of this.#entries) {
      if (attempts.at(-1)?.status !== 'delivered') continue;
      this.#entries.delete(id);
      return;
    }
    this.#entries.delete(this.#entries.keys().next().value!);
  }
}

function summaryOf(id: string, { alertId, target, attempts, replays }: Entry): DeliverySummary | undefined {
  const last = attempts.at(-1);
  if (last === undefined) return undefined;
  const { status, reason, attempt, httpStatus, detail, atMs, latencyMs, nextAttemptAtMs, replay = 0 } = last;
  const replayWaits = replays > replay;
  const dead = !replayWaits && nextAttemptAtMs === null && status !== 'delivered';
  return {
    id, alertId, target, status, ...(reason === undefined ? {} : { reason }), dead, attempts: attempt, replays, replayWaits,
    httpStatus, detail, atMs, latencyMs, nextAttemptAtMs,
  }; // prettier-ignore
}
