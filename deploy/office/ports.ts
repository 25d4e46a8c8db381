/** Joins the parts of the office: what each asks of the others, answered by the others. */
import type { Aggregator } from '#aggregator/main.ts';
import { storePort, type MasterFacts } from '#aggregator/queries/port.ts';
import { billingError } from '#billing/errors.ts';
import type { Billing } from '#billing/main.ts';
import type { Status } from '#core/messages/api.ts';
import { tallyUnit } from '#core/units/pricedUnits.ts';
import type { Ports, RaterLatency } from '#dashboards/index.ts';

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

export function dashboardPorts(aggregator: Aggregator, billing: Billing, pressure: Ports['pressure']): Ports {
  return {
    access: billing.access,
    master: billing.master,
    store: storePort(aggregator, masterFacts(billing)),
    desk: billing.desk,
    raterLatency,
    pressure,
    now: Date.now,
  };
}

/** From the raters' own ports; one that does not answer has none. */
const raterLatency: RaterLatency = async (urls) => {
  const answers = await Promise.all(
    urls.map(async (url) => {
      const signal = AbortSignal.timeout(raterStatusTimeoutMs);
      const answer = await fetch(`${url}/status`, { signal }).catch(() => undefined);
      return ((await answer?.json().catch(() => undefined)) as Pick<Status, 'latencyMs'> | undefined)?.latencyMs.commit;
    }),
  );
  const known = answers.filter((answer) => answer !== undefined);
  return { p50: Math.max(0, ...known.map(({ p50 }) => p50)), p99: Math.max(0, ...known.map(({ p99 }) => p99)) };
};
