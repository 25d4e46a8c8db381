/** How the samples of one series are rated while nothing changes: resolved once, used for every sample in the window. */
import type { CompiledPrice } from '../pricing/compile.ts';
import type { BlockKind } from '../messages/rated.ts';
import type { MeterRecord } from '../messages/control.ts';
import type { BatchMetric } from '../metering/batch.ts';
import { periodAt, type Period } from '../time/period.ts';
import { metersOf, ownerAt, pricesAt, Window } from './attribution.ts';
import type { Group, Groups } from './block.ts';
import { balanceKey, tallyKey, type Account, type Balance, type Resource, type Tally, type Tenant } from './state.ts';

export interface Plan {
  readonly masterVersion: number;
  /** The plan was made for samples in this unit and scale. */
  readonly unit: string;
  readonly scale: number;
  /** Holds for samples within [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  /** One row a sample for each lane; the first lane's row is the one that counts the sample. */
  readonly lanes: readonly Lane[];
}

export interface Lane {
  readonly kind: BlockKind;
  readonly meter: MeterRecord | undefined;
  readonly price: CompiledPrice | undefined;
  /** Absent for `unmetered`. */
  readonly tally: Tally | undefined;
  readonly group: Group;
}

/** Why a series cannot be rated at all. */
export type PlanFault = { readonly reason: 'unit_mismatch' | 'unowned'; readonly detail: string };

export interface PlanContext {
  readonly tenant: Tenant;
  readonly groups: Groups;
}

export function resolvePlan(
  context: PlanContext,
  resource: Resource,
  metric: BatchMetric,
  dims: Readonly<Record<string, string>>,
  atMs: number,
): Plan | PlanFault {
  const { master } = context.tenant;
  const window = new Window(atMs);
  const meters = metersOf(master, metric.name, dims);
  const misfit = meters.find((meter) => !meterTakes(meter, metric));
  if (misfit !== undefined) {
    const wants = `${misfit.unit}, scale ${misfit.scale}, ${misfit.aggregation === 'sum' ? 'delta' : 'level'}`;
    return {
      reason: 'unit_mismatch',
      detail: `meter ${misfit.id} wants ${wants}; ${metric.name} came as ${metric.unit}, scale ${metric.scale}, ${metric.kind}`,
    };
  }
  const account = ownerAt(master, resource.name, window);
  if (account === undefined) return { reason: 'unowned', detail: resource.name };
  for (const timeZone of new Set(account.chain.map((node) => node.record.timeZone))) {
    const { startMs, endMs } = periodAt(atMs, timeZone);
    window.boundary(startMs);
    window.boundary(endMs);
  }
  const period = periodAt(atMs, account.record.timeZone);
  const lanes = meters.flatMap((meter): Lane[] => {
    const prices = pricesAt(master, meter.id, account, window);
    return prices.length === 0
      ? [laneOf(context, account, period, resource, meter, undefined, atMs)]
      : prices.map((price) => laneOf(context, account, period, resource, meter, price, atMs));
  });
  if (lanes.length === 0) lanes.push(unmeteredLane(context, account, period, metric));
  return {
    masterVersion: master.version,
    unit: metric.unit,
    scale: metric.scale,
    fromMs: window.fromMs,
    toMs: window.toMs,
    lanes,
  };
}

export function meterTakes(meter: MeterRecord, metric: BatchMetric): boolean {
  const kind = meter.aggregation === 'sum' ? 'delta' : 'level';
  return meter.unit === metric.unit && meter.scale === metric.scale && kind === metric.kind;
}

function unmeteredLane(context: PlanContext, account: Account, period: Period, metric: BatchMetric): Lane {
  const group = context.groups.of({
    account,
    period,
    kind: 'unmetered',
    meter: metric.name,
    scale: metric.scale,
    price: undefined,
    balances: [],
  });
  return { kind: 'unmetered', meter: undefined, price: undefined, tally: undefined, group };
}

/** The lane of one meter and price. */
export function laneOf(
  { tenant, groups }: PlanContext,
  account: Account,
  period: Period,
  resource: Resource | undefined,
  meter: MeterRecord,
  price: CompiledPrice | undefined,
  atMs: number,
): Lane {
  const kind = price === undefined ? 'unpriced' : 'usage';
  const balances = balancesOf(tenant, account, price, atMs);
  const group = groups.of({ account, period, kind, meter: meter.id, scale: meter.scale, price, balances });
  return { kind, meter, price, tally: tallyOf(tenant, account, period, resource, meter, price), group };
}

/** Balances of the account and its ancestors that a charge at the instant moves; none where nothing is charged. */
export function balancesOf(
  tenant: Tenant,
  account: Account,
  price: CompiledPrice | undefined,
  atMs: number,
): Balance[] {
  return price === undefined ? [] : account.chain.map((node) => balanceOf(tenant, node, atMs, price.record.currency));
}

function tallyOf(
  tenant: Tenant,
  account: Account,
  period: Period,
  resource: Resource | undefined,
  meter: MeterRecord,
  price: CompiledPrice | undefined,
): Tally {
  const scoped = price?.record.tallyScope === 'resource' ? (resource?.id ?? 0) : 0;
  const key = {
    account: account.record.id,
    resource: scoped,
    price: price?.record.id ?? 0,
    meter: meter.id,
    periodStartMs: period.startMs,
  };
  let tally = tenant.talliesByKey.get(tallyKey(key));
  if (tally === undefined) {
    const entry = { id: 0, tenant: tenant.id, ...key, periodEndMs: period.endMs, firstMs: 0, carried: '0' };
    tally = { entry, carried: 0n, carriedCharge: 0n, quantity: 0n, charge: 0n, dirty: false };
    tenant.talliesByKey.set(tallyKey(key), tally);
  }
  return tally;
}

export function balanceOf(tenant: Tenant, account: Account, atMs: number, currency: string): Balance {
  const period = periodAt(atMs, account.record.timeZone);
  const key = balanceKey(account.record.id, period.startMs, currency);
  let balance = tenant.balancesByKey.get(key);
  if (balance === undefined) {
    balance = { tenant: tenant.id, account, period, currency, own: 0n, total: 0n, dirty: false, written: false };
    tenant.balancesByKey.set(key, balance);
  }
  return balance;
}
