/**
 * Streams, subjects and id shapes: the one place where names of the log are spelled.
 *
 * | stream | subjects | written by | read by |
 * |---|---|---|---|
 * | `USAGE_<p>` | `usage.<p>.<tenant>.<producer>` | producers | rater, verify, "why" |
 * | `CONTROL_<p>` | `control.<p>.<tenant>` | billing's outbox | rater, verify |
 * | `RATED_<p>` | `rated.<p>` | the owner of p | loader, notifier, dashboards, standby, verify |
 * | `ALERTS` | `alerts.<tenant>` | notifier | notifier, dashboards |
 * | `DELIVERIES` | `deliveries.<tenant>.<target>` | notifier; the office, what it asks for | notifier, dashboards |
 *
 * Core NATS, nothing kept: `mark.<tenant>.<producer>` (a producer's watermark, pushed after each commit) and its
 * request form `mark.get.<p>.<tenant>.<producer>`; `balance.get.<p>` (the rater answers from committed state);
 * `checks.<tenant>.<verb>` (services ask) and `rater.checks.<p>` (a rater hands on what it was asked to the owner).
 * `correction.preview.<p>` (the rater answers what a correction would come to).
 */
export const streams = {
  usage: (partition: number) => `USAGE_${partition}`,
  control: (partition: number) => `CONTROL_${partition}`,
  rated: (partition: number) => `RATED_${partition}`,
  alerts: 'ALERTS',
  deliveries: 'DELIVERIES',
} as const;

export const subjects = {
  usage: (partition: number, tenant: string, producer: string) => `usage.${partition}.${tenant}.${producer}`,
  usageOf: (partition: number) => `usage.${partition}.*.*`,
  control: (partition: number, tenant: string) => `control.${partition}.${tenant}`,
  controlOf: (partition: number) => `control.${partition}.*`,
  rated: (partition: number) => `rated.${partition}`,
  alerts: (tenant: string) => `alerts.${tenant}`,
  alertsAll: 'alerts.*',
  deliveries: (tenant: string, target: string) => `deliveries.${tenant}.${target}`,
  deliveriesAll: 'deliveries.*.*',
  mark: (tenant: string, producer: string) => `mark.${tenant}.${producer}`,
  markGet: (partition: number, tenant: string, producer: string) => `mark.get.${partition}.${tenant}.${producer}`,
  markGetOf: (partition: number) => `mark.get.${partition}.*.*`,
  balanceGet: (partition: number) => `balance.get.${partition}`,
  /** Core NATS: a service asks about its tenant (`checkVerbs`); one of all raters takes it. */
  checks: (tenant: string, verb: string) => `checks.${tenant}.${verb}`,
  checksAll: 'checks.*.*',
  /** Core NATS: what another rater was asked, handed on to the owner of the partition. */
  raterChecks: (partition: number) => `rater.checks.${partition}`,
  correctionPreview: (partition: number) => `correction.preview.${partition}`,
  /** Core NATS: every rater's word that it lives (`raterAlive.ts`). */
  raterAlive: 'rater.alive',
} as const;

/** In the bucket `NOTIFIER`: up to which log times, by partition, settled alerts have left `ALERTS`; what of `DELIVERIES` the office has archived. */
export const notifierKeys = { trimmed: 'trimmed', archived: 'archived' } as const;

/** Key-value buckets and object stores. */
export const buckets = {
  /** Leases, key = partition or `notifier`; TTL 2 s. */
  lease: 'LEASE',
  /** Numbers that take-overs were given, key = partition. */
  incarnations: 'INCARNATIONS',
  /** Loader intents, key = partition. */
  load: 'LOAD',
  /** Webhook targets with sealed secrets, key = `<tenant>.<target>`. */
  targets: 'TARGETS',
  /** Keys that may ask for checks and holds, key = SHA-256 of the credential, base64url. */
  checkKeys: 'CHECK_KEYS',
  /** How far the notifier has copied alerts, key = partition; and `notifierKeys`. */
  notifier: 'NOTIFIER',
  /** Object store of snapshots, name = `<partition>/<outSeq>`. */
  snapshots: 'SNAPSHOTS',
} as const;

/** Tenants, producers and webhook targets: immutable, safe in a subject. */
export const idPattern = /^[a-z0-9-]{1,36}$/;

/** Resources as producers name them: `host`, `host/ctr-3f2a`, `db:orders`. */
export const resourcePattern = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}$/;

/** Metrics and meters: `host.cpu.time`. */
export const metricPattern = /^[a-z][a-z0-9_.]{0,99}$/;
/** Meters may have hyphens besides. */
export const meterPattern = /^[a-z][a-z0-9._-]{0,99}$/;

/** Which partitions take inputs: so many from the first on. Those before it are retired (SPEC §13). */
export interface Placement {
  readonly firstPartition: number;
  readonly partitions: number;
}

export const activePartitions = ({ firstPartition, partitions }: Placement): number[] =>
  Array.from({ length: partitions }, (_, i) => firstPartition + i);

/** With those that are retired. */
export const allPartitions = ({ firstPartition, partitions }: Placement): number[] =>
  Array.from({ length: firstPartition + partitions }, (_, partition) => partition);

/** Where a tenant is placed: its record keeps what was decided when it was created, or when the instance was partitioned anew. */
export function placeOf(tenant: string, { firstPartition, partitions }: Placement): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < tenant.length; i++) hash = Math.imul(hash ^ tenant.charCodeAt(i), 0x01000193) >>> 0;
  return firstPartition + (hash % partitions);
}
