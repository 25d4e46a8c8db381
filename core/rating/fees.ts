/** Books fees (SPEC §9.1.10–9.1.13): what time brings due, and what a new version corrects. */
import { bookingsOf, type Booking } from '../fees/booking.ts';
import { duesUntil } from '../fees/dues.ts';
import type { Fee } from '../fees/fee.ts';
import { compareText } from './attribution.ts';
import { periodAt } from '../time/period.ts';
import { Groups, officeSource, type Charging } from './block.ts';
import type { Changes } from './changes.ts';
import { closeBlocks } from './closeBlocks.ts';
import { bookingOf } from './plan.ts';
import type { Rows } from './rows.ts';
import type { Balance, PartitionState, Tenant } from './state.ts';

export interface FeeRun {
  readonly state: PartitionState;
  readonly tenant: Tenant;
  readonly changes: Changes;
  readonly rows: Rows;
}

/** Rows after which the rest waits for the next input or tick: what one of them adds to a commit stays far below what it takes. */
export const feeRowsPerInputMax = 250;

/** Up to and with which instant the fee is booked: log time, unless others are still to come. */
export function bookedUntil({ feesTo, logTimeMs }: PartitionState, tenant: string, key: string): number {
  if (feesTo === undefined) return logTimeMs;
  const isDone = (compareText(tenant, feesTo.tenant) || compareText(key, feesTo.key)) <= 0;
  return isDone ? feesTo.atMs : feesTo.atMs - 1;
}

/** What is due of a fee at an instant: the balances that moved, and how many rows that took. */
export function bookDue(
  run: FeeRun,
  fee: Fee,
  atMs: number,
): { readonly balances: Set<Balance>; readonly rows: number } {
  const bookings = bookingsOf([], duesUntil(fee, atMs - 1, atMs));
  return { balances: book(run, bookings), rows: bookings.length };
}

/** A version takes the place of another, or of none, as far as it is booked. */
export function replaceFee(run: FeeRun, before: Fee | undefined, after: Fee): Set<Balance> {
  const untilMs = bookedUntil(run.state, run.tenant.id, after.record.key);
  return book(run, bookingsOf(before === undefined ? [] : duesUntil(before, -1, untilMs), duesUntil(after, -1, untilMs))); // prettier-ignore
}

function book({ state, tenant, changes, rows }: FeeRun, bookings: readonly Booking[]): Set<Balance> {
  // Periods come and go: groups of their own are not kept. A block's rows begin within one month, which its offsets can hold.
  const groupsByMonth = new Map<number, Groups>();
  for (const { fee, service, component, period, fromMs, toMs, cell, amount } of bookings) {
    const { id, currency, account: owes } = fee.record;
    const account = tenant.master.accounts.get(owes)!;
    const price: Charging = { record: { id, service, component, currency } };
    const monthMs = periodAt(fromMs, fee.timeZone).startMs;
    const groups = groupsByMonth.get(monthMs) ?? new Groups();
    groupsByMonth.set(monthMs, groups);
    const booking = bookingOf({ tenant, groups }, account, price, fromMs);
    const group = groups.of({
      account,
      period,
      kind: 'fee',
      meter: '',
      scale: 0,
      price,
      cell,
      pool: undefined,
      ...booking,
    });
    rows.addWide(group, 0, 0, fromMs, toMs - fromMs, { quantity: 0n, amount }, false);
  }
  return closeBlocks({ state, tenant, changes, rows, source: officeSource(tenant.id, state.logTimeMs) });
}
