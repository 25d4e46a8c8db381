/** How the samples of one series are rated while nothing changes: resolved once, used for every sample in the window. */
import type { Cell, CompiledPrice } from '../pricing/compiled.ts';
import type { BlockKind } from '../messages/rated.ts';
import type { MeterRecord } from '../messages/control.ts';
import type { BatchMetric } from '../metering/batch.ts';
import { periodAt, type Period } from '../time/period.ts';
import { metersOf, ownerAt, pricesAt, Window } from './attribution.ts';
import { closedUntil } from './billingUnit.ts';
import { noBalances, type Charging, type Group, type GroupKey, type Groups } from './block.ts';
import { balanceKey, tallyKey, type Account, type Balance, type Resource, type Tally, type Tenant } from './state.ts';
import { adds } from './measures.ts';
import { directionOf, slotAt } from './slots.ts';
import { periodWithin, tallyAccountOf } from './tallyPlace.ts';
import { newTally } from './tally.ts';

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
  /** Whether the series is a counter whose samples may not overlap. */
  readonly isGuarded: boolean;
  /** Whether the fast path may follow: every lane only adds. */
  readonly isSimple: boolean;
  /** Whether a lane's meter takes levels that go on. */
  readonly recurs: boolean;
}

export interface Lane {
  readonly kind: BlockKind;
  readonly meter: MeterRecord | undefined;
  readonly price: CompiledPrice | undefined;
  /** Where in the price the samples belong; absent without a price. */
  readonly cell: Cell | undefined;
  /** Absent for `unmetered`. */
  readonly tally: Tally | undefined;
  readonly group: Group;
  /** Whether a level is weighed by its time. */
  readonly weighs: boolean;
  /** What a `unique` meter counts; undefined for resources. */
  readonly distinct: string | undefined;
  /** Which of the two directions of a `percentile`. */
  readonly direction: 0 | 1;
}

/** Why a series cannot be rated at all. */
export type PlanFault = { readonly reason: 'unit_mismatch' | 'unowned'; readonly detail: string };

export interface PlanContext {
  readonly tenant: Tenant;
  readonly groups: Groups;
  /** Of all rows, whether something charges them or not; absent: as the price says. */
  readonly kind?: BlockKind;
}

export interface PlanRun extends PlanContext {
  readonly guardsOverlap: boolean;
}

/** The plan for a series, shared by all series of the same owner, metric and dimensions unless a tally is a resource's own. */
export function resolvePlan(
  context: PlanRun,
  resource: Resource,
  metric: BatchMetric,
  dims: Readonly<Record<string, string>>,
  atMs: number,
): Plan | PlanFault {
  const { tenant, groups, guardsOverlap } = context;
  const misfit = metersOf(tenant.master, metric.name, dims).find((meter) => !meterTakes(meter, metric));
  if (misfit !== undefined) {
    const wants = `${misfit.unit}, scale ${misfit.scale}, ${misfit.aggregation === 'sum' ? 'delta' : 'level'}`;
    return {
      reason: 'unit_mismatch',
      detail: `meter ${misfit.id} wants ${wants}; ${metric.name} came as ${metric.unit}, scale ${metric.scale}, ${metric.kind}`,
    };
  }
  const window = new Window(atMs);
  const account = ownerAt(tenant.master, resource.name, window);
  if (account === undefined) return { reason: 'unowned', detail: resource.name };
  const key = JSON.stringify([
    account.record.id, window.fromMs, window.toMs, metric.kind, metric.name, metric.unit, metric.scale, guardsOverlap, dims,
  ]); // prettier-ignore
  const known = groups.plans.get(key);
  if (known !== undefined && atMs >= known.fromMs && atMs < known.toMs) return known;
  const plan = planOf(context, resource, account, metric, dims, window);
  const isShared = plan.lanes.every(({ tally }) => tally === undefined || tally.entry.resource === 0);
  if (isShared) groups.plans.set(key, plan);
  return plan;
}

function planOf(
  context: PlanRun,
  resource: Resource,
  account: Account,
  metric: BatchMetric,
  dims: Readonly<Record<string, string>>,
  window: Window,
): Plan {
  const { master } = context.tenant;
  const { atMs } = window;
  for (const timeZone of new Set(account.chain.map((node) => node.record.timeZone))) {
    const { startMs, endMs } = periodAt(atMs, timeZone);
    window.boundary(startMs);
    window.boundary(endMs);
  }
  const period = periodAt(atMs, account.record.timeZone);
  const boundary = (ms: number): void => window.boundary(ms);
  const lanes = metersOf(master, metric.name, dims).flatMap((meter): Lane[] => {
    const lane = (tallied: Tallied): Lane => {
      if (meter.slots !== undefined) {
        const slot = slotAt(meter, tallied.period.startMs, atMs);
        window.boundary(slot.startMs);
        window.boundary(slot.endMs);
      }
      return laneOf(context, { account, resource, meter, atMs, dims, ...tallied });
    };
    const priced = pricesAt(master, meter.id, account, window).flatMap((price) => {
      const tallyAccount = tallyAccountOf(price.record, account);
      const within = periodWithin(price.record, tallyAccount, window);
      const cell = price.cellAt({ dims, atMs, timeZone: tallyAccount.record.timeZone, boundary });
      if (cell === undefined || within === undefined) return [];
      return [lane({ price, cell, tallyAccount, period: within })];
    });
    if (priced.length > 0) return priced;
    return [lane({ price: undefined, cell: undefined, tallyAccount: account, period })];
  });
  if (lanes.length === 0) lanes.push(unmeteredLane(context, account, period, metric, atMs));
  return {
    masterVersion: master.version,
    unit: metric.unit,
    scale: metric.scale,
    fromMs: window.fromMs,
    toMs: window.toMs,
    lanes,
    isGuarded: context.guardsOverlap && metric.kind === 'delta',
    isSimple: lanes.every(({ meter }) => meter === undefined || adds(meter)),
    recurs: lanes.some(({ meter }) => meter?.aggregation === 'recurring'),
  };
}

/** `sum` and `percentile` take deltas, `timeWeighted` levels, the others both. */
export function meterTakes({ aggregation, unit, scale }: MeterRecord, metric: BatchMetric): boolean {
  const takesKind =
    aggregation === 'sum' || aggregation === 'percentile'
      ? metric.kind === 'delta'
      : (aggregation !== 'timeWeighted' && aggregation !== 'recurring') || metric.kind === 'level';
  const counts = aggregation === 'count' || aggregation === 'unique';
  return takesKind && (counts || (unit === metric.unit && scale === metric.scale));
}

function unmeteredLane(
  context: PlanContext,
  account: Account,
  period: Period,
  metric: BatchMetric,
  atMs: number,
): Lane {
  const group = context.groups.of({
    account,
    period,
    kind: 'unmetered',
    meter: metric.name,
    scale: metric.scale,
    price: undefined,
    cell: '',
    ...bookingOf(context, account, undefined, atMs),
    pool: undefined,
  });
  return {
    kind: 'unmetered',
    meter: undefined,
    price: undefined,
    cell: undefined,
    tally: undefined,
    group,
    weighs: false,
    distinct: undefined,
    direction: 0,
  };
}

/** What a lane tallies for, and where. */
interface Tallied {
  readonly price: CompiledPrice | undefined;
  readonly cell: Cell | undefined;
  /** Whose the tally is, and its period. */
  readonly tallyAccount: Account;
  readonly period: Period;
}

export interface LanePlace extends Tallied {
  /** The owner. */
  readonly account: Account;
  readonly resource: Resource | undefined;
  readonly meter: MeterRecord;
  readonly atMs: number;
  readonly dims: Readonly<Record<string, string>>;
}

/** The lane of one meter and price. */
export function laneOf({ tenant, groups, kind: told }: PlanContext, place: LanePlace): Lane {
  const { account, period, meter, price, cell, atMs } = place;
  const kind = told ?? (price === undefined ? 'unpriced' : 'usage');
  const tally = tallyOf(tenant, place);
  const group = groups.of({
    account,
    period,
    kind,
    meter: meter.id,
    scale: meter.scale,
    price,
    cell: cell?.key ?? '',
    ...bookingOf({ tenant, groups }, account, price, atMs),
    pool: poolOf(price, tally),
  });
  const weighs = meter.aggregation === 'timeWeighted';
  const directions = meter.slots?.directions;
  const direction = (directions && directionOf(directions, place.dims)) ?? 0;
  const distinct = (meter.distinct ?? '') === '' ? undefined : (place.dims[meter.distinct!] ?? '');
  return { kind, meter, price, cell, tally, group, weighs, distinct, direction };
}

/** The tally, where several accounts share it. */
export const poolOf = (price: CompiledPrice | undefined, tally: Tally): Tally | undefined =>
  price?.record.tallyScope === 'subtree' ? tally : undefined;

/**
 * Where something at the instant is booked (SPEC §6.1, §12): at the instant itself or, where the account's unit has closed it, in the
 * open period. The balances of the account and its ancestors move; none where nothing is charged.
 */
export function bookingOf(
  { tenant, groups }: PlanContext,
  account: Account,
  price: Charging | undefined,
  atMs: number,
  closedMs = closedUntil(tenant.master, account),
): Pick<GroupKey, 'bookedMs' | 'monthMs' | 'closedUntilMs' | 'chain'> {
  const isLate = atMs < closedMs;
  const bookedAtMs = isLate ? closedMs : atMs;
  const { timeZone } = account.record;
  const bookedMs = periodAt(bookedAtMs, timeZone).startMs;
  return {
    bookedMs,
    monthMs: isLate ? periodAt(atMs, timeZone).startMs : bookedMs,
    closedUntilMs: isLate ? closedMs : 0,
    chain:
      price === undefined
        ? noBalances
        : groups.chainOf(account.chain.map((node) => balanceOf(tenant, node, bookedAtMs, price.record.currency))),
  };
}

function tallyOf(tenant: Tenant, { tallyAccount, period, resource, meter, price, cell }: LanePlace): Tally {
  const key = {
    account: tallyAccount.record.id,
    resource: price?.record.tallyScope === 'resource' ? (resource?.id ?? 0) : 0,
    price: price?.record.id ?? 0,
    meter: meter.id,
    periodStartMs: period.startMs,
    ...(cell === undefined || cell.key === '' ? {} : { cell: cell.key }),
  };
  let tally = tenant.talliesByKey.get(tallyKey(key));
  if (tally === undefined) {
    tally = newTally({ id: 0, tenant: tenant.id, ...key, periodEndMs: period.endMs, firstMs: 0, carried: '0' });
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
