import type { Delivery, LiveAlert } from '#core/messages/api.ts';
import type { Alert } from '#core/messages/alert.ts';
import { mirrorLimits } from '../limits.ts';

interface Entry {
  readonly alert: Alert;
  /** Copied to ALERTS by the notifier, hence of a commit that stands. */
  confirmed: boolean;
  readonly deliveries: Map<string, Delivery>;
}

/**
 * A tenant's alerts with the newest delivery per target. An alert comes first with its commit and again, under the
 * same id, through ALERTS; deliveries may come before either.
 */
export class AlertBook {
  readonly #entries = new Map<string, Entry>();
  readonly #early = new Map<string, Map<string, Delivery>>();
  readonly #changed = new Set<string>();

  add(alert: Alert, confirmed: boolean): void {
    const known = this.#entries.get(alert.id);
    if (known !== undefined) {
      known.confirmed ||= confirmed;
      return;
    }
    this.#entries.set(alert.id, { alert, confirmed, deliveries: this.#early.get(alert.id) ?? new Map() });
    this.#early.delete(alert.id);
    this.#changed.add(alert.id);
    const dropped = dropOldest(this.#entries, mirrorLimits.alertsPerTenantMax);
    if (dropped !== undefined) this.#changed.delete(dropped);
  }

  deliver({ request: _request, response: _response, ...delivery }: Delivery): void {
    const known = this.#entries.get(delivery.alertId)?.deliveries;
    const deliveries = known ?? this.#early.get(delivery.alertId) ?? new Map<string, Delivery>();
    const newest = deliveries.get(delivery.target);
    if (newest !== undefined && newest.attempt > delivery.attempt) return;
    deliveries.set(delivery.target, delivery);
    if (known !== undefined) this.#changed.add(delivery.alertId);
    else {
      this.#early.set(delivery.alertId, deliveries);
      dropOldest(this.#early, mirrorLimits.alertsPerTenantMax);
    }
  }

  /** Drops alerts of voided commits: those that only a commit brought. The stream brings back what stands. */
  dropUnconfirmed(): void {
    for (const [id, entry] of this.#entries) if (!entry.confirmed) this.#entries.delete(id);
  }

  /** Newest first by log time; of one instant the last of the log first. */
  newest(limit: number): LiveAlert[] {
    return [...this.#entries.values()]
      .reverse()
      .sort((a, b) => b.alert.logTimeMs - a.alert.logTimeMs)
      .slice(0, limit)
      .map(liveAlert);
  }

  get(id: string): Alert | undefined {
    return this.#entries.get(id)?.alert;
  }

  /** Alerts that are new or were delivered since the last call. */
  takeChanged(): LiveAlert[] {
    const changed = [...this.#changed].flatMap((id) => this.#entries.get(id) ?? []).map(liveAlert);
    this.#changed.clear();
    return changed;
  }
}

const liveAlert = (entry: Entry): LiveAlert => ({ ...entry.alert, deliveries: [...entry.deliveries.values()] });

function dropOldest(map: Map<string, unknown>, max: number): string | undefined {
  if (map.size <= max) return undefined;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
  return oldest;
}
