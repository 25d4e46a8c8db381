import type { Delivery, Status } from '#core/messages/api.ts';
import type { TenantRecord } from '#core/messages/control.ts';
import type { DeliveryRequest } from '#core/messages/delivery.ts';
import { activePartitions, streams, type Placement } from '#core/messages/names.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import type { DashboardEvents } from '../events.ts';
import { mirrorLimits } from '../limits.ts';
import type { Ports } from '../ports.ts';
import { DeliveryFigures, followHistory } from './history.ts';
import { PartitionMirror } from './partitionMirror.ts';
import { Raters } from './raters.ts';
import { StoreFigures } from './storeFigures.ts';
import { TenantView } from './tenantView.ts';

export { applyDelta } from './shown.ts';
export type { TenantView } from './tenantView.ts';

export interface MirrorOptions {
  readonly placement: Placement;
  readonly log: Log;
  readonly connection: NatsConnection;
  readonly events: DashboardEvents;
  readonly ports: Pick<Ports, 'master' | 'store' | 'now'>;
}

/** Committed figures of every tenant of this office, kept up to date from the log. */
export interface Mirror {
  /** Undefined while the tenant is unknown or its partition is not synced. */
  view(tenant: string): TenantView | undefined;
  /** Tells the mirror that somebody looks; resolves once figures of the store are fresh or could not be had. */
  look(view: TenantView): Promise<void>;
  /** Calls `listener` after each commit that touched a tenant. */
  onChange(listener: (tenant: string) => void): void;
  readonly partitions: readonly PartitionMirror[];
  readonly raters: Raters;
  readonly deliveries: { readonly delivered: number; latency(): Status['latencyMs']['alert'] };
  /** Partitions that are not synced. */
  waiting(): number[];
  /** Resolves when everything has stopped. */
  run(signal: AbortSignal): Promise<void>;
}

export function createMirror({ placement, log, connection, events, ports }: MirrorOptions): Mirror {
  const views = new Map<string, { readonly view: TenantView; readonly partition: number }>();
  const listeners: ((tenant: string) => void)[] = [];
  const deliveries = new DeliveryFigures();
  const storeFigures = new StoreFigures(ports.store, events);
  const seeded = new Set<string>();
  const stale = new Set<string>();
  let signal = AbortSignal.abort();
  let masterRead = Promise.resolve();

  const changed = (tenant: string) => listeners.forEach((listener) => listener(tenant));

  const mirrors = activePartitions(placement).map((partition): PartitionMirror => {
    const mirror: PartitionMirror = new PartitionMirror({
      partition,
      log,
      connection,
      events,
      views: () => [...views.values()].filter((entry) => entry.partition === partition).map((entry) => entry.view),
      view: (tenant) => views.get(tenant)?.view,
      onControl(tenant, record) {
        if (record !== undefined) know(record, partition);
        refreshMaster(tenant);
      },
      onChange: changed,
      onSynced() {
        for (const entry of views.values()) if (entry.partition === partition) seed(entry.view, mirror);
      },
    });
    return mirror;
  });

  const mirrorOf = (partition: number): PartitionMirror => mirrors[partition - placement.firstPartition]!;

  function know(record: TenantRecord, partition: number): TenantView {
    const known = views.get(record.id)?.view;
    if (known !== undefined) return known;
    const view = new TenantView(record, mirrorOf(partition), ports.now);
    views.set(record.id, { view, partition });
    return view;
  }

  function seed(view: TenantView, mirror: PartitionMirror): void {
    if (seeded.has(view.record.id)) return;
    seeded.add(view.record.id);
    void storeFigures.seedMinutes(view, view.figures.outSeq, mirror.partition, signal);
  }

  /** Master data changed: read it again, one tenant after another, until it could be read. */
  function refreshMaster(tenant: string): void {
    if (stale.has(tenant)) return;
    stale.add(tenant);
    masterRead = masterRead.then(async () => {
      while (!signal.aborted && stale.delete(tenant)) await readMaster(tenant);
    });
  }

  async function readMaster(tenant: string): Promise<void> {
    const view = views.get(tenant)?.view;
    if (view === undefined) return;
    try {
      const [tenants, budgets, producers] = await Promise.all([
        ports.master.tenants(),
        ports.master.budgets(tenant),
        ports.master.producers(tenant),
      ]);
      view.setMaster(tenants.find((record) => record.id === tenant) ?? view.record, budgets, producers);
      changed(tenant);
    } catch (error) {
      events.masterFailed(tenant, error);
      stale.add(tenant);
      await sleep(mirrorLimits.seedRetryMs, signal);
    }
  }

  async function readTenants(): Promise<void> {
    while (!signal.aborted) {
      try {
        for (const record of await ports.master.tenants()) {
          know(record, record.partition);
          refreshMaster(record.id);
        }
        return await masterRead;
      } catch (error) {
        events.masterFailed('', error);
        await sleep(mirrorLimits.seedRetryMs, signal);
      }
    }
  }

  return {
    view(tenant) {
      const entry = views.get(tenant);
      return entry !== undefined && mirrorOf(entry.partition).everSynced ? entry.view : undefined;
    },
    look: (view) => storeFigures.look(view),
    onChange: (listener) => void listeners.push(listener),
    partitions: mirrors,
    raters: new Raters(connection),
    deliveries,
    waiting: () => mirrors.filter((mirror) => !mirror.synced).map((mirror) => mirror.partition),
    async run(life) {
      signal = life;
      await readTenants();
      const handlers = {
        onAlert(alert: Parameters<TenantView['alerts']['add']>[0]) {
          views.get(alert.tenant)?.view.alerts.add(alert, true);
          changed(alert.tenant);
        },
        onDelivery(record: readonly Delivery[] | DeliveryRequest, tenant: string, seq: number) {
          for (const { view } of views.values()) view.deliveries.recordSeq = seq;
          const view = views.get(tenant)?.view;
          if ('kind' in record) view?.deliveries.request(record);
          else
            for (const delivery of record) {
              deliveries.add(delivery);
              view?.deliver(delivery);
            }
          changed(tenant);
        },
      };
      await Promise.all([
        ...mirrors.map((mirror) => mirror.run(signal)),
        followHistory(log, streams.alerts, handlers, events, signal),
        followHistory(log, streams.deliveries, handlers, events, signal),
        storeFigures.run(() => [...views.values()].map((entry) => entry.view), signal),
      ]);
      await masterRead;
    },
  };
}
