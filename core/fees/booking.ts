/** The rows that book what is due, and those that correct what was booked under the version before (SPEC §9.1.11–9.1.13). */
import { allocate, integerWeights } from '../money/allocate.ts';
import type { AmountPico } from '../money/fixed.ts';
import { partsOfDue, type Due } from './dues.ts';
import { exact } from './exact.ts';
import type { Fee } from './fee.ts';
import { amountOf, type Part } from './prorate.ts';
import { overlaps } from './recurring.ts';
import type { Period } from './records.ts';
import { sameRate } from './timeline.ts';

/** What one row of the log says of a fee. */
export interface Booking {
  /** The version that owed it. */
  readonly fee: Fee;
  readonly service: string;
  readonly component: string;
  readonly period: Period;
  readonly fromMs: number;
  readonly toMs: number;
  readonly cell: Due['cell'] | 'feeCredit';
  /** Of the period: what owes it. */
  readonly part: Part;
  readonly amount: AmountPico;
}

/** What `before` owed and `after` does not is taken back, what `after` owes anew is charged: the sums are those of `after`. */
export function bookingsOf(before: readonly Due[], after: readonly Due[]): Booking[] {
  const old = new Map(before.map((due) => [keyOf(due), due]));
  const fresh = new Map(after.map((due) => [keyOf(due), due]));
  return [
    ...before.flatMap((due) => {
      const now = fresh.get(keyOf(due));
      return now === undefined ? creditsOf(due, partsOfDue(due)) : differences(due, now);
    }),
    ...after.flatMap((due) => (old.has(keyOf(due)) ? [] : chargesOf(due, partsOfDue(due)))),
  ];
}

function differences(old: Due, now: Due): Booking[] {
  return overlaps(partsOfDue(old), partsOfDue(now)).flatMap(([was, is]) =>
    sameRate(was.rate, is.rate) ? [] : [...creditsOf(old, [was]), ...chargesOf(now, [is])],
  );
}

/** Dues are compared part by part when their rows say the same and their parts are shares of the same. */
const keyOf = ({ fee, period, atMs, cell, amount }: Due): string =>
  JSON.stringify([placeOf(fee), cell, period.startMs, period.endMs, amount === undefined ? 0 : atMs]);

function placeOf({ record }: Fee): string {
  const { account, service, component, currency, allocation = [], plan = '', contract = '', terms } = record;
  const shares = allocation.map((share) => [share.service, share.component, share.weight]);
  const unit = terms.kind === 'recurring' ? terms.proration : '';
  return JSON.stringify([account, service, component, currency, shares, plan, contract, terms.kind, unit]);
}

const creditsOf = (due: Due, parts: readonly Part[]): Booking[] =>
  parts.flatMap((part) => shared(due, part, 'feeCredit', -amountOf(part)));
const chargesOf = (due: Due, parts: readonly Part[]): Booking[] =>
  parts.flatMap((part) => shared(due, part, due.cell, amountOf(part)));

/** A row for each part of a bundle that gets something. */
function shared({ fee, period }: Due, part: Part, cell: Booking['cell'], amount: AmountPico): Booking[] {
  const { service, component, allocation = [{ service, component, weight: '1' }] } = fee.record;
  const amounts = allocate(amount, integerWeights(allocation.map(({ weight }) => exact(weight))));
  return allocation.flatMap((share, index) =>
    amounts[index] === 0n
      ? []
      : [{ fee, service: share.service, component: share.component, period, fromMs: part.fromMs, toMs: part.toMs, cell, part, amount: amounts[index]! }],
  ); // prettier-ignore
}
