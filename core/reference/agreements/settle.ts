/** SPEC §9.2: after each input, every open period from its lines, and the difference to what is booked as rows of nodes. */
import type { AgreementRecord } from '../../messages/agreement.ts';
import { monthAt } from '../month.ts';
import { powerOfTen, whole, zero } from '../number.ts';
import { balanceOf, pathUp, type Outcome, type Row, type Source, type State, type Tenant } from '../state.ts';
import { settledPeriod, type Earlier } from './period.ts';
import { isUsed, noteRows, prepaid, spendAt, spendKey, spendsOf, type NodeRow, type Spend } from './spend.ts';
import { agreementsOf, unitsWithAgreements } from './together.ts';

/** After rows of the tenant; `closing`: those of a close. */
export function settleRows(
  state: State,
  tenant: Tenant,
  outcome: Outcome,
  source: Source,
  closing?: { readonly account: number; readonly fromMs: number },
): void {
  noteRows(state, outcome);
  for (const { unit, currency } of unitsWithAgreements(tenant))
    settleUnit(state, tenant, unit, currency, finalUntil(tenant, unit, closing), outcome, source);
}

/** What is closed is final, but for what a close that is at work closes. */
const finalUntil = (tenant: Tenant, unit: number, closing?: { readonly account: number; readonly fromMs: number }) =>
  Math.min(closedUntil(tenant, unit), closing?.account === unit ? closing.fromMs : Infinity);

/** After a control message: all of them, and what it has closed for the last time. */
export function settleAll(
  state: State,
  tenant: Tenant,
  before: Tenant | undefined,
  outcome: Outcome,
  source: Source,
): void {
  noteRows(state, outcome);
  for (const { unit, currency } of unitsWithAgreements(tenant)) {
    const agreements = agreementsOf(tenant, unit, currency);
    const [wasClosed, isClosed] = [before?.closes.get(unit) ?? 0, closedUntil(tenant, unit)];
    beginPrepaid(state, tenant, unit, currency, agreements);
    const [used] = spendsOf(state, tenant.record.id, unit, currency).filter(isUsed);
    const firstMs = Math.min(used?.month.startMs ?? Infinity, isClosed - 1);
    for (let atMs = wasClosed > 0 ? wasClosed : firstMs; wasClosed < isClosed && atMs < isClosed;)
      atMs = spendAt(state, tenant, unit, currency, atMs).month.endMs;
    settleUnit(state, tenant, unit, currency, Math.min(wasClosed, isClosed), outcome, source);
  }
}

/** Log time has moved from an instant: what is paid in advance and begins until now is booked, and fees that fell due count. */
export function settleBegun(state: State, tenant: Tenant, fromMs: number, outcome: Outcome, source: Source): void {
  noteRows(state, outcome);
  for (const { unit, currency } of unitsWithAgreements(tenant)) {
    const agreements = agreementsOf(tenant, unit, currency);
    const isBegun = agreements.flatMap(prepaid).some((span) => span.fromMs > fromMs && span.fromMs <= state.logTimeMs);
    if (isBegun) beginPrepaid(state, tenant, unit, currency, agreements);
  }
  settleRows(state, tenant, outcome, source);
}

const nobody = { producer: '', epoch: '', seq: 0, inputSeq: 0, trace: '' };

const closedUntil = (tenant: Tenant, unit: number): number => tenant.closes.get(unit) ?? 0;

function beginPrepaid(
  state: State,
  tenant: Tenant,
  unit: number,
  currency: string,
  agreements: readonly AgreementRecord[],
): void {
  for (const { fromMs, toMs } of agreements.flatMap(prepaid)) {
    const atMs = Math.max(fromMs, closedUntil(tenant, unit));
    if (atMs <= state.logTimeMs && atMs < toMs) spendAt(state, tenant, unit, currency, atMs);
  }
}

/** Periods that end by `finalUntilMs` stay as they are. */
function settleUnit(
  state: State,
  tenant: Tenant,
  unit: number,
  currency: string,
  finalUntilMs: number,
  outcome: Outcome,
  source: Source,
): void {
  const agreements = agreementsOf(tenant, unit, currency);
  const taken = new Map<string, { readonly periods: number; readonly amount: bigint }>();
  const drawn = new Map<string, bigint>();
  const rows = new Map<string, readonly NodeRow[]>();
  const earlier: Earlier = { taken, drawn, rows };
  for (const spend of spendsOf(state, tenant.record.id, unit, currency)) {
    if (spend.month.endMs > finalUntilMs) {
      const isClosed = spend.month.endMs <= closedUntil(tenant, unit);
      const settled = settledPeriod(tenant, spend, agreements, earlier, isClosed);
      for (const row of differences(spend.rows, settled.rows))
        book(state, tenant, spend, row, agreements, outcome, source);
      Object.assign(spend, settled);
    }
    for (const row of spend.rows) {
      if (row.by.includes('/')) rows.set(row.by, [...(rows.get(row.by) ?? []), row]);
      if (row.reason !== 'discount') continue;
      const { periods, amount } = taken.get(row.by) ?? { periods: 0, amount: 0n };
      taken.set(row.by, { periods: periods + 1, amount: amount - row.amount });
    }
    for (const [by, amount] of spend.drawn) drawn.set(by, (drawn.get(by) ?? 0n) + amount);
    if (!isUsed(spend)) state.spend.delete(spendKey(tenant.record.id, unit, currency, spend.month.startMs));
  }
}

/** Of one agreement, account and reason there is one row at a time. */
function differences(before: readonly NodeRow[], after: readonly NodeRow[]): NodeRow[] {
  const places = new Map([...before, ...after].map((row) => [JSON.stringify([row.by, row.account, row.reason]), row]));
  const amountOf = (rows: readonly NodeRow[], { by, account, reason }: NodeRow) =>
    rows.find((row) => row.by === by && row.account === account && row.reason === reason)?.amount ?? 0n;
  return [...places.values()]
    .map((row) => ({ ...row, amount: amountOf(after, row) - amountOf(before, row) }))
    .filter(({ amount }) => amount !== 0n);
}

/** At log time, or at the nearest instant of the period; each node's month that holds it. */
function book(
  state: State,
  tenant: Tenant,
  { month, currency }: Spend,
  { by, account, reason, amount: pico }: NodeRow,
  agreements: readonly AgreementRecord[],
  outcome: Outcome,
  source: Source,
): void {
  const startMs = Math.min(Math.max(state.logTimeMs, month.startMs), month.endMs - 1);
  const monthOf = (node: number) => monthAt(startMs, tenant.accounts.get(node)!.timeZone);
  const { id: price, service, component } = agreements.find(({ key }) => by === key || by.startsWith(`${key}/`))!;
  const amount = whole(pico).div(powerOfTen(12));
  const row: Row = {
    tenant: tenant.record.id, account, service, component, meter: '', price, currency, kind: 'agreement', resource: '',
    startMs, durationMs: 0, period: month, cell: reason, bookedMs: monthOf(account).startMs, closedUntilMs: 0,
    quantity: zero, amount, primary: false, source: { ...nobody, trace: source.trace, logTimeMs: state.logTimeMs }, index: 0,
  }; // prettier-ignore
  outcome.rows.push(row);
  for (const node of pathUp(tenant, account)) {
    const balance = balanceOf(state, tenant.record.id, node, monthOf(node), currency);
    balance.total = balance.total.plus(amount);
    if (node === account) balance.own = balance.own.plus(amount);
  }
}
