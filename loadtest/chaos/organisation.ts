/** The organisations that are charged, and which of their budgets' thresholds the usage must cross, worked out from the usage alone. */
import { placeOf } from '#core/messages/names.ts';

export interface Tenant {
  readonly id: string;
  readonly partition: number;
  readonly agents: readonly ChaosAgent[];
}

export interface ChaosAgent {
  readonly tenant: string;
  readonly producer: string;
  readonly partition: number;
  /** Bytes that its machine's counters move by in the whole run. */
  readonly bytes: bigint;
}

/** A tenant's id that is placed on the partition. */
export function tenantIdOn(partition: number, partitions: number): string {
  for (let number = 1; ; number++) {
    const id = `chaos-${partition}-${number}`;
    if (placeOf(id, { firstPartition: 0, partitions }) === partition) return id;
  }
}

/** Percent of each budget: some crossed early, some late, the last two never. */
const percents = [2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 110, 115, 120, 124, 126, 500];
const target = 'chaos';
/** Bytes up to which a tier reaches, and what a byte in it costs, in 10⁻¹² EUR: 0.05, 0.02 and 0.01 a megabyte. */
const tiers = [
  { upToBytes: 20_000_000n, picoPerByte: 50_000n },
  { upToBytes: 200_000_000n, picoPerByte: 20_000n },
  { upToBytes: undefined, picoPerByte: 10_000n },
] as const;
const cent = 10n ** 10n;

function chargePico(bytes: bigint): bigint {
  let pico = 0n;
  let below = 0n;
  for (const { upToBytes, picoPerByte } of tiers) {
    const end = upToBytes === undefined || bytes < upToBytes ? bytes : upToBytes;
    if (end > below) pico += (end - below) * picoPerByte;
    below = upToBytes ?? bytes;
  }
  return pico;
}

/** Accounts with a budget: each machine's own, and the organisation above them. */
function accountsOf(tenant: Tenant): { readonly slug: string; readonly spentPico: bigint }[] {
  const machines = tenant.agents.map(({ producer, bytes }) => ({ slug: producer, spentPico: chargePico(bytes) }));
  const all = machines.reduce((sum, { spentPico }) => sum + spentPico, 0n);
  return [{ slug: tenant.id, spentPico: all }, ...machines];
}

/** Four fifths of what will be spent, in whole cents: the budget is used up to 125 %. */
const limitCents = (spentPico: bigint): bigint => (spentPico * 4n) / 5n / cent;

/** What the tenant will have been charged in the end, 10⁻¹² EUR. */
export const spentPico = (tenant: Tenant): bigint => accountsOf(tenant)[0]!.spentPico;

/** An account that uses nothing, whose cap is there to be held. */
export const holdsAccount = (tenant: string): string => `${tenant}-holds`;
export const holdsCap = '100';

/** Ids of the alerts that must fire, each once; `month` as in 2026-11. */
export function expectedAlerts(tenant: Tenant, month: string): string[] {
  return accountsOf(tenant).flatMap(({ slug, spentPico: spent }) =>
    percents
      .filter((percent) => spent * 100n >= limitCents(spent) * cent * BigInt(percent))
      .map((percent) => `${tenant.id}:budget-${slug}:${month}:${percent}:0`),
  );
}

/** The organisation file; `keys` are the producers' public keys. */
export function organisationFile(
  tenant: Tenant,
  timeZone: string,
  keys: ReadonlyMap<string, string>,
  webhookUrl: string,
): string {
  const { id, agents } = tenant;
  const document = {
    version: 1,
    tenant: { id, name: `Chaos ${tenant.partition}`, currency: 'EUR', timeZone },
    users: [{ id: 'admin', name: 'Administrator', role: 'admin' }],
    accounts: [
      {
        slug: id, name: 'All machines', type: 'organisation',
        children: [
          ...agents.map(({ producer }) => ({ slug: producer, name: producer, type: 'host' })),
          { slug: holdsAccount(id), name: 'Holds', type: 'project' },
          { slug: 'suspense', name: 'Suspense', type: 'suspense' },
        ],
      },
    ],
    ownership: agents.flatMap(({ producer }) =>
      [producer, `${producer}/*`].map((resource) => ({ resource, account: producer })),
    ),
    producers: agents.map(({ producer }) => ({ id: producer, type: 'agent', keys: [keys.get(producer)] })),
    meters: [{ id: 'traffic', metric: 'host.network.io', unit: 'By', aggregation: 'sum' }],
    prices: [{
      key: 'traffic', service: 'Network', component: 'Traffic', meter: 'traffic', per: 'MB',
      tiers: tiers.map(({ upToBytes, picoPerByte }) => ({
        upTo: upToBytes === undefined ? null : String(upToBytes / 1_000_000n), unitPrice: `0.${String(picoPerByte / 10_000n).padStart(2, '0')}`,
      })),
    }],
    targets: [{ id: target, url: webhookUrl }],
    budgets: [...accountsOf(tenant).map(({ slug, spentPico: spent }) => ({
      id: `budget-${slug}`, account: slug, name: slug, amount: decimalCents(limitCents(spent)),
      thresholds: percents.map((percent) => ({ percent: String(percent), action: 'notify' })), targets: [target],
    })), { id: 'holds', account: holdsAccount(id), name: 'Holds', amount: holdsCap, thresholds: [{ percent: '100', action: 'block' }], targets: [target] }],
  }; // prettier-ignore
  return JSON.stringify(document, null, 2);
}

const decimalCents = (cents: bigint): string => `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
