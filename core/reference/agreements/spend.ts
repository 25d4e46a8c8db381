/** SPEC §9.2.4: what a root account and all below it are charged in a billing period and currency, price by price. */
import type { AgreementRecord } from '../../messages/agreement.ts';
import { unitOf, unitPeriodAt } from '../billingUnit.ts';
import type { Month } from '../month.ts';
import { zero, type Exact } from '../number.ts';
import type { Outcome, Row, State, Tenant } from '../state.ts';

export interface Spend {
  readonly tenant: string;
  readonly unit: number;
  readonly currency: string;
  readonly month: Month;
  readonly lines: Map<string, SpendLine>;
  /** What nodes carry themselves, as booked so far. */
  rows: readonly NodeRow[];
  /** What drew on each segment in this period, pico. */
  drawn: ReadonlyMap<string, bigint>;
}

export interface SpendLine {
  readonly id: string;
  readonly account: number;
  readonly price: number;
  readonly service: string;
  readonly component: string;
  /** In the meter's unit. */
  quantity: Exact;
  amount: Exact;
}

/** A row that a node carries: the agreement's key, with a slash and the segment for a commitment. Pico. */
export interface NodeRow {
  readonly by: string;
  readonly account: number;
  readonly reason: string;
  readonly amount: bigint;
}

export const spendKey = (tenant: string, unit: number, currency: string, startMs: number): string =>
  `${tenant} ${unit} ${currency} ${startMs}`;

export function spendAt(state: State, tenant: Tenant, unit: number, currency: string, atMs: number): Spend {
  const month = unitPeriodAt(tenant, unit, atMs);
  const key = spendKey(tenant.record.id, unit, currency, month.startMs);
  const known = state.spend.get(key);
  if (known !== undefined) return known;
  const spend = { tenant: tenant.record.id, unit, currency, month, lines: new Map(), rows: [], drawn: new Map() };
  state.spend.set(key, spend);
  return spend;
}

/** All periods of one root account and currency, the oldest first. */
export const spendsOf = (state: State, tenant: string, unit: number, currency: string): Spend[] =>
  [...state.spend.values()]
    .filter((spend) => spend.tenant === tenant && spend.unit === unit && spend.currency === currency)
    .sort((a, b) => a.month.startMs - b.month.startMs);

/** Adds the rows that came since the last call. */
export function noteRows(state: State, outcome: Outcome): void {
  const touched = new Map<string, Spend>();
  for (const row of outcome.rows.slice(outcome.noted ?? 0)) {
    if (row.price === 0 || row.kind === 'agreement') continue;
    const tenant = state.tenants.get(row.tenant)!;
    const unit = unitOf(tenant, row.account);
    const spend = spendAt(state, tenant, unit, row.currency, Math.max(row.startMs, row.closedUntilMs));
    touched.set(spendKey(row.tenant, unit, row.currency, spend.month.startMs), spend);
    const line = lineOf(spend, row);
    line.quantity = line.quantity.plus(row.quantity);
    line.amount = line.amount.plus(row.amount);
  }
  outcome.noted = outcome.rows.length;
  for (const [key, spend] of touched) if (!isUsed(spend)) state.spend.delete(key);
}

function lineOf({ lines }: Spend, { account, price, service, component }: Row): SpendLine {
  const id = `${account}/${price}/${service}/${component}`;
  const known = lines.get(id);
  if (known !== undefined) return known;
  const line = { id, account, price, service, component, quantity: zero, amount: zero };
  lines.set(id, line);
  return line;
}

/** Lines of something. */
export const usedLines = ({ lines }: Spend): SpendLine[] =>
  [...lines.values()].filter(({ quantity, amount }) => !quantity.isZero() || !amount.isZero());

/** A period that came to nothing is as if it had not been looked at. */
export const isUsed = (spend: Spend): boolean => usedLines(spend).length + spend.rows.length + spend.drawn.size > 0;

/** What an advance is paid for, from when to when. */
export function prepaid({
  fromMs,
  toMs,
  terms,
}: AgreementRecord): { readonly fromMs: number; readonly toMs: number }[] {
  if (terms.kind !== 'commitment' || terms.payment !== 'advance') return [];
  return terms.segments
    .map((segment) => ({
      fromMs: Math.max(fromMs, segment.fromMs),
      toMs: Math.min(toMs ?? Infinity, segment.toMs),
    }))
    .filter((span) => span.fromMs < span.toMs);
}
