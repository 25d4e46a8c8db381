import { sleep } from '#platform/lifecycle.ts';
import type { DashboardEvents } from '../events.ts';
import { mirrorLimits } from '../limits.ts';
import type { StorePort } from '../ports.ts';
import type { TenantView } from './tenantView.ts';

/** Reads the store's figures for tenants that somebody looks at, and for nobody else: an unwatched office is idle. */
export class StoreFigures {
  readonly #store: StorePort;
  readonly #events: DashboardEvents;
  readonly #lookedAtMs = new Map<string, number>();
  readonly #reading = new Map<string, Promise<void>>();
  /** Earliest next reading of a tenant's figures: the longer one takes, the rarer it is. */
  readonly #dueAtMs = new Map<string, number>();

  constructor(store: StorePort, events: DashboardEvents) {
    this.#store = store;
    this.#events = events;
  }

  /** Somebody looks at the tenant. Resolves once its figures are fresh, or could not be had in a moment. */
  async look(view: TenantView): Promise<void> {
    const tenant = view.record.id;
    this.#lookedAtMs.set(tenant, performance.now());
    if (performance.now() < (this.#dueAtMs.get(tenant) ?? 0)) return;
    await Promise.race([this.#readOnce(view), sleep(mirrorLimits.storeWaitMs)]);
  }

  /** Refreshes what was looked at lately, until the signal aborts. */
  async run(views: () => Iterable<TenantView>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(mirrorLimits.storeRefreshMs, signal);
      for (const view of views()) {
        if (signal.aborted) return;
        const tenant = view.record.id;
        const isWatched = performance.now() - (this.#lookedAtMs.get(tenant) ?? -Infinity) < mirrorLimits.storeIdleMs;
        if (isWatched && performance.now() >= (this.#dueAtMs.get(tenant) ?? 0)) await this.#readOnce(view);
      }
    }
  }

  /** The charges per minute before the mirror began, once the store has loaded that far. */
  async seedMinutes(view: TenantView, outSeqMax: number, partition: number, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; attempt < mirrorLimits.seedAttemptsMax && !signal.aborted; attempt++) {
      const fromMs = view.figures.logTimeMs - (mirrorLimits.minutes - 1) * 60_000;
      try {
        const minutes = await this.#store.minutes(view.record.id, {
          partition,
          outSeqMax,
          fromMs: fromMs - (fromMs % 60_000),
        });
        if (minutes !== undefined) return view.figures.seedMinutes(minutes);
      } catch (error) {
        this.#events.storeFailed(view.record.id, error);
      }
      await sleep(mirrorLimits.seedRetryMs, signal);
    }
  }

  #readOnce(view: TenantView): Promise<void> {
    const tenant = view.record.id;
    const running = this.#reading.get(tenant) ?? this.#read(view).finally(() => this.#reading.delete(tenant));
    this.#reading.set(tenant, running);
    return running;
  }

  async #read(view: TenantView): Promise<void> {
    const tenant = view.record.id;
    const startedAtMs = performance.now();
    try {
      const [trust, top] = await Promise.all([
        this.#store.trust(tenant),
        this.#store.topResources(tenant, view.period()),
      ]);
      view.setStore(trust, top);
    } catch (error) {
      this.#events.storeFailed(tenant, error);
    }
    const tookMs = performance.now() - startedAtMs;
    const restMs = Math.max(mirrorLimits.storeRefreshMs, tookMs * mirrorLimits.storeRestFactor);
    this.#dueAtMs.set(tenant, performance.now() + restMs);
  }
}
