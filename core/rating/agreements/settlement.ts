/** What is remembered of the agreements of a root account in one period and currency (SPEC §9.2). */
import type { SettlementEntry } from '../../messages/rated.ts';
import type { Period } from '../../time/period.ts';
import { rowKey, type BookedRow, type NodeReason } from '../../spend/lines.ts';
import { compareText } from '../attribution.ts';
import { unitPeriodAt } from '../billingUnit.ts';
import type { Account, Tenant } from '../state.ts';
import { unitKey } from './unitKey.ts';
import type { View } from './view.ts';

export interface Settlement {
  readonly tenant: string;
  readonly unit: Account;
  readonly period: Period;
  readonly currency: string;
  readonly lines: Map<string, Line>;
  /** Rows booked so far, by `rowKey`; none of amount 0. */
  readonly booked: Map<string, BookedRow>;
  /** What drew on segments in this period. */
  drawn: ReadonlyMap<string, bigint>;
  dirty: boolean;
  /** Since the last commit; of rows the keys. */
  readonly freshLines: Set<Line>;
  readonly freshRows: Map<string, BookedRow>;
  /** Derived, never stored. */
  view: View | undefined;
}

/** What one price or fee has charged an account in the period. */
export interface Line {
  /** Ties are settled by it, by code unit. */
  readonly id: string;
  readonly account: number;
  readonly price: number;
  readonly service: string;
  readonly component: string;
  /** At the scale of the price's meter. */
  quantity: bigint;
  /** Pico. */
  list: bigint;
}

export type LinePlace = Pick<Line, 'account' | 'price' | 'service' | 'component'>;

const lineId = ({ account, price, service, component }: LinePlace): string =>
  `${account}/${price}/${service}/${component}`;

/** The root account's settlement of the period that holds the instant, made when there is none. */
export function settlementAt({ id, settlements }: Tenant, unit: Account, currency: string, atMs: number): Settlement {
  const key = unitKey(unit, currency);
  let periods = settlements.get(key);
  if (periods === undefined) settlements.set(key, (periods = new Map()));
  const period = unitPeriodAt(unit, atMs);
  let settlement = periods.get(period.startMs);
  if (settlement === undefined) {
    settlement = {
      tenant: id, unit, period, currency, lines: new Map(), booked: new Map(), drawn: new Map(),       dirty: false, freshLines: new Set(), freshRows: new Map(), view: undefined,
    }; // prettier-ignore
    periods.set(period.startMs, settlement);
  }
  return settlement;
}

/** The line at a place, made when there is none; whoever adds to it tells the view. */
export function lineAt({ lines }: Settlement, place: LinePlace): Line {
  const id = lineId(place);
  let line = lines.get(id);
  if (line === undefined) lines.set(id, (line = { id, ...place, quantity: 0n, list: 0n }));
  return line;
}

/** A line of nothing is none. */
export const isNothing = ({ quantity, list }: Line): boolean => quantity === 0n && list === 0n;

/** Whether there is anything in it. One without is as if it were not there: it may have been forgotten by a restart. */
export const isUsed = ({ lines, booked, drawn }: Settlement): boolean =>
  booked.size + drawn.size > 0 || !lines.values().every(isNothing);

export const inOrder = (settlements: ReadonlyMap<number, Settlement>): Settlement[] =>
  [...settlements.values()].sort((a, b) => a.period.startMs - b.period.startMs);

/** Whether anything was ever noted of it; others are not part of the state. */
export const isWritten = ({ lines, booked, drawn }: Settlement): boolean => lines.size + booked.size + drawn.size > 0;

/** What changed since the last commit, or with `whole` all of it. */
export function settlementEntry(settlement: Settlement, whole: boolean): SettlementEntry {
  const { tenant, unit, period, currency, drawn } = settlement;
  const lines = [...(whole ? settlement.lines.values() : settlement.freshLines)];
  const rows = [...(whole ? settlement.booked : settlement.freshRows)];
  return {
    tenant, unit: unit.record.id, periodStartMs: period.startMs, periodEndMs: period.endMs, currency,
    lines: lines
      .sort((a, b) => compareText(a.id, b.id))
      .map(({ account, price, service, component, quantity, list }) => [account, price, service, component, quantity.toString(), list.toString()]),
    rows: rows
      .sort(([a], [b]) => compareText(a, b))
      .map(([, { by, account, reason, amount }]) => [by, account, reason, amount.toString()]),
    drawn: [...drawn].sort(([a], [b]) => compareText(a, b)).map(([by, amount]) => [by, amount.toString()]),
  }; // prettier-ignore
}

export function applySettlement(tenant: Tenant, entry: SettlementEntry): void {
  const unit = tenant.master.accounts.get(entry.unit)!;
  const settlement = settlementAt(tenant, unit, entry.currency, entry.periodStartMs);
  for (const [account, price, service, component, quantity, list] of entry.lines)
    Object.assign(lineAt(settlement, { account, price, service, component }), {
      quantity: BigInt(quantity),
      list: BigInt(list),
    });
  for (const [by, account, reason, amount] of entry.rows) {
    const row = { by, account, reason: reason as NodeReason, amount: BigInt(amount) };
    if (row.amount === 0n) settlement.booked.delete(rowKey(row));
    else settlement.booked.set(rowKey(row), row);
  }
  settlement.drawn = new Map(entry.drawn.map(([by, amount]) => [by, BigInt(amount)]));
  settlement.view = undefined;
}
