/** Joins the parts of the office: what each asks of the others, answered by the others. */
import type { Aggregator } from '#aggregator/main.ts';
import { storePort, type MasterFacts } from '#aggregator/queries/port.ts';
import { billingError } from '#billing/errors.ts';
import type { Billing } from '#billing/main.ts';
import type { Status } from '#core/messages/api.ts';
import { tallyUnit } from '#core/units/pricedUnits.ts';
import type { Ports, RaterLatency } from '#dashboards/index.ts';
import type { Config } from '#platform/config.ts';

/** How long the rater's own status may take. */
const raterStatusTimeoutMs = 1000;

export function masterFacts({ master }: Pick<Billing, 'master'>): MasterFacts {
  return {
    async tenant(tenant) {
      const found = (await master.tenants()).find((record) => record.id === tenant);
      if (found === undefined) throw billingError('TENANT_UNKNOWN', tenant, { tenant });
      return found;
    },
    async units(tenant) {
      const meters = await master.meters(tenant);
      return new Map(meters.map(({ id, unit, aggregation }) => [id, tallyUnit(unit, aggregation)]));
    },
    pricingUnits: (tenant) => master.pricingUnits(tenant),
    async suspenseAccounts(tenant) {
      return (await master.accounts(tenant))
        .filter((account) => account.type === 'suspense')
        .map((account) => account.id);
    },
  };
}

export function dashboardPorts(
  config: Config,
  aggregator: Aggregator,
  billing: Billing,
  pressure: Ports['pressure'],
): Ports {
  return {
    access: billing.access,
    master: billing.master,
    store: storePort(aggregator, masterFacts(billing)),
    raterLatency: raterLatencyOf(config),
    pressure,
    now: Date.now,
  };
}

/** From the rater's own port; zeros while it does not answer. */
const raterLatencyOf =
  ({ rater }: Config): RaterLatency =>
  async () => {
    try {
      const signal = AbortSignal.timeout(raterStatusTimeoutMs);
      const answer = await fetch(`http://${rater.host}:${rater.port}/status`, { signal });
      return ((await answer.json()) as Pick<Status, 'latencyMs'>).latencyMs.commit;
    } catch {
      return { p50: 0, p99: 0 };
    }
  };
