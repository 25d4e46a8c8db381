/** SPEC §9.1.11–9.1.14: fees as rows: what time makes due, and the difference between a version and the one before. */
import type { FeeRecord } from '../../messages/fee.ts';
import { byCodeUnit } from '../attribution.ts';
import { addToBalances } from '../balances.ts';
import { bookingOf } from '../closes.ts';
import { powerOfTen, whole, zero } from '../number.ts';
import { isMore } from '../prices/fraction.ts';
import type { Row, Source, State, Tenant } from '../state.ts';
import { duesBetween, type Due } from './dues.ts';
import type { Rate } from './rate.ts';
import { sharesOf } from './shares.ts';
import { amountIn, ratesOf, unitsOf, type Unit } from './units.ts';

/** Periods, times parts, that are looked at when a version takes the place of another; and of all in one message. */
const duesMax = 4000;
const duesPerMessageMax = 8000;

export const newestFees = (tenant: Tenant): FeeRecord[] => [
  ...new Map([...tenant.fees.values()].map((fee) => [fee.key, fee])).values(),
];

const zoneOf = (tenant: Tenant, fee: FeeRecord): string => tenant.accounts.get(fee.account)!.timeZone;

/** Whether the fees of these keys, as they were and as they are to be, are few enough to be compared at the instant. */
export function areFew(tenants: readonly (Tenant | undefined)[], keys: ReadonlySet<string>, atMs: number): boolean {
  const counts = tenants.flatMap((tenant) => {
    const fees = tenant === undefined ? [] : newestFees(tenant).filter(({ key }) => keys.has(key));
    return fees.map((fee) => {
      const parts = fee.allocation?.length ?? 1;
      return parts * duesBetween(fee, zoneOf(tenant!, fee), -1, atMs, duesMax + 1).dues.length;
    });
  });
  return (
    counts.every((count) => count <= duesMax) && counts.reduce((sum, count) => sum + count, 0) <= duesPerMessageMax
  );
}

/** Up to and with which instant a fee is booked. */
function bookedUntil({ feesTo, logTimeMs }: State, tenant: Tenant, key: string): number {
  if (feesTo === undefined) return logTimeMs;
  const name = tenant.record.id;
  const isDone = name < feesTo.tenant || (name === feesTo.tenant && key <= feesTo.key);
  return feesTo.atMs - (isDone ? 0 : 1);
}

/** Rows after which what is left waits (9.1.11). */
const rowsMax = 250;

/** Log time was `beforeMs`, or something was left: the next of what is due, by instant, tenant and key. */
export function bookDue(state: State, beforeMs: number, source: Source): Row[] {
  const places = [...state.tenants.values()].flatMap((tenant) =>
    newestFees(tenant).flatMap((fee) => {
      const key = `${tenant.record.id} ${fee.key}`;
      if ((state.feesDueMs.get(key) ?? 0) > state.logTimeMs) return [];
      const afterMs = state.feesTo === undefined ? beforeMs : bookedUntil(state, tenant, fee.key);
      const { dues, nextMs } = duesBetween(fee, zoneOf(tenant, fee), afterMs, state.logTimeMs);
      if (dues.length === 0) state.feesDueMs.set(key, nextMs);
      const instants = [...new Set(dues.map((due) => due.atMs))];
      return instants.map((atMs) => ({ atMs, tenant, key: fee.key, dues: dues.filter((due) => due.atMs === atMs) }));
    }),
  );
  places.sort(
    (a, b) => a.atMs - b.atMs || byCodeUnit(a.tenant.record.id, b.tenant.record.id) || byCodeUnit(a.key, b.key),
  );
  const rows: Row[] = [];
  let booked = 0;
  while (booked < places.length && rows.length < rowsMax) {
    const { tenant, dues } = places[booked]!;
    rows.push(...rowsOf(state, tenant, [], dues, source));
    booked += 1;
  }
  const last = places[booked - 1];
  const isDone = last === undefined || booked === places.length;
  state.feesTo = isDone ? undefined : { atMs: last.atMs, tenant: last.tenant.record.id, key: last.key };
  return rows;
}

/** The newest versions of these keys take the place of what was the newest of them. */
export function replaceFees(
  state: State,
  before: Tenant | undefined,
  tenant: Tenant,
  keys: ReadonlySet<string>,
  source: Source,
): Row[] {
  const allOf = (of: Tenant | undefined, key: string) =>
    of === undefined
      ? []
      : newestFees(of)
          .filter((fee) => fee.key === key)
          .flatMap((fee) => duesBetween(fee, zoneOf(of, fee), -1, bookedUntil(state, tenant, key)).dues);
  return [...keys].flatMap((key) => {
    state.feesDueMs.delete(`${tenant.record.id} ${key}`);
    return rowsOf(state, tenant, allOf(before, key), allOf(tenant, key), source);
  });
}

/** What the newest version of each fee owes by now, per period, in 10⁻¹² of the currency: what its rows must add up to. */
export function owedByNow(state: State, tenant: Tenant): Map<string, bigint> {
  const owed = new Map<string, bigint>();
  for (const fee of newestFees(tenant))
    for (const due of duesBetween(fee, zoneOf(tenant, fee), -1, bookedUntil(state, tenant, fee.key)).dues) {
      const key = periodKey(tenant, fee.key, due.period.startMs, due.period.endMs);
      const units = unitsOf([due]);
      const amounts = ratesOf(due, units).map((rate, i) => (rate === undefined ? 0n : amountIn(rate, units[i]!)));
      owed.set(
        key,
        amounts.reduce((sum, amount) => sum + amount, owed.get(key) ?? 0n),
      );
    }
  return owed;
}

export const periodKey = (tenant: Tenant, fee: string, startMs: number, endMs: number): string =>
  JSON.stringify([tenant.record.id, fee, startMs, endMs]);

/** The rows that take back `old` and charge `now`, where they differ; they move the balances. */
function rowsOf(state: State, tenant: Tenant, old: readonly Due[], now: readonly Due[], source: Source): Row[] {
  const pairs = new Map<string, { old?: Due; now?: Due }>();
  for (const due of old) pairs.set(nameOf(due), { old: due });
  for (const due of now) pairs.set(nameOf(due), { ...pairs.get(nameOf(due)), now: due });
  const rows = [...pairs.values()].flatMap((pair) => {
    const units = unitsOf([pair.old, pair.now].filter((due) => due !== undefined));
    const [left, right] = [pair.old && ratesOf(pair.old, units), pair.now && ratesOf(pair.now, units)];
    return joined(units, left, right).flatMap(({ unit, was, is }) => [
      ...(was === undefined ? [] : charged(tenant, pair.old!, unit, 'feeCredit', -amountIn(was, unit), source)),
      ...(is === undefined ? [] : charged(tenant, pair.now!, unit, pair.now!.cell, amountIn(is, unit), source)),
    ]);
  });
  for (const row of rows) addToBalances(state, tenant, row.account, row.startMs, row.currency, row.amount);
  return rows;
}

/** What has one name is the same charge, as two versions know it. */
function nameOf({ fee, period, cell, amount, atMs }: Due): string {
  const { account, service, component, currency, allocation, plan = '', contract = '', terms } = fee;
  const parts = allocation?.map((share) => [share.service, share.component, share.weight]);
  const proration = terms.kind === 'recurring' ? terms.proration : '';
  const what = [account, service, component, currency, parts ?? [], plan, contract, terms.kind, proration];
  return JSON.stringify([what, period.startMs, period.endMs, cell, amount === undefined ? '' : atMs]);
}

/** Neighbouring units in which nothing changes are one; where both sides are the same there is nothing to book. */
function joined(
  units: readonly Unit[],
  old: readonly (Rate | undefined)[] = [],
  now: readonly (Rate | undefined)[] = [],
) {
  const found: { unit: Unit; was: Rate | undefined; is: Rate | undefined }[] = [];
  for (const [i, unit] of units.entries()) {
    const [was, is] = [old[i], now[i]];
    const last = found.at(-1);
    if (last !== undefined && isSame(last.was, was) && isSame(last.is, is))
      last.unit = { ...last.unit, to: unit.to, toMs: unit.toMs };
    else found.push({ unit, was, is });
  }
  return found.filter(({ was, is }) => !isSame(was, is));
}

function isSame(a: Rate | undefined, b: Rate | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const [fewer, more] = [isMore(b.price, a.price) || isMore(b.quantity, a.quantity), isMore(a.price, b.price) || isMore(a.quantity, b.quantity)]; // prettier-ignore
  return !fewer && !more;
}

function charged(tenant: Tenant, due: Due, unit: Unit, cell: string, amount: bigint, source: Source): Row[] {
  const { fee, period } = due;
  const parts = fee.allocation ?? [{ service: fee.service, component: fee.component, weight: '1' }];
  const amounts = sharesOf(amount, parts.map(({ weight }) => weight)); // prettier-ignore
  return parts.flatMap(({ service, component }, i): Row[] => {
    if (amounts[i] === 0n) return [];
    return [
      {
        tenant: tenant.record.id, account: fee.account, service, component, meter: '', price: fee.id, currency: fee.currency,
        kind: 'fee', resource: '', startMs: unit.fromMs, durationMs: unit.toMs - unit.fromMs,
        period, cell, ...bookingOf(tenant, fee.account, unit.fromMs),
        quantity: zero, amount: whole(amounts[i]!).div(powerOfTen(12)), primary: false, source, index: 0,
      },
    ]; // prettier-ignore
  });
}
