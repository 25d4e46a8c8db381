/** Which lines a root account's agreements are about: collected as rows are booked, or found from tallies (SPEC §9.2.4). */
import { isWithinOne, unitOf } from '../billingUnit.ts';
import { amountOf, quantityOf, type Group } from '../block.ts';
import type { Changes } from '../changes.ts';
import type { PartitionState, Tenant } from '../state.ts';
import { settle } from '../tally.ts';
import { isNothing, isUsed, lineAt, settlementAt, type Line, type Settlement } from './settlement.ts';
import { unitKey } from './unitKey.ts';
import { seen } from './view.ts';

export interface LinesRun {
  readonly tenant: Tenant;
  readonly changes: Changes;
}

/**
 * Notes what a finished group has charged, in the period in which it is booked. Lines are kept for root accounts that have agreements
 * in the currency. For others that is kept which could not be found later: what fees charge, tallies that reach beyond one billing
 * period, and what is late, which the tally of its own period then has too much.
 */
export function noteLines(run: LinesRun, group: Group, startMs: number): void {
  const { tenant } = run;
  const { price, account, kind, isApart, closedUntilMs } = group;
  if (price === undefined || kind === 'agreement') return;
  const { agreementsByUnit } = tenant.master;
  if (agreementsByUnit.size === 0 && !isApart && closedUntilMs === 0) return;
  const bookedMs = Math.max(startMs, closedUntilMs);
  const { noted } = group;
  if (noted !== undefined && bookedMs >= noted.settlement.period.startMs && bookedMs < noted.settlement.period.endMs)
    return add(run, noted.settlement, noted.line, quantityOf(group), amountOf(group));
  const unit = unitOf(account);
  const { id, service, component, currency } = price.record;
  const isTracked = agreementsByUnit.has(unitKey(unit, currency));
  if (!isTracked && !isApart && closedUntilMs === 0) return;
  const place = { account: account.record.id, price: id, service, component };
  const [quantity, amount] = [quantityOf(group), amountOf(group)];
  const settlement = settlementAt(tenant, unit, currency, bookedMs);
  const line = lineAt(settlement, place);
  add(run, settlement, line, quantity, amount);
  if (isTracked) group.noted = { settlement, line };
  else if (!isApart) {
    const own = settlementAt(tenant, unit, currency, startMs);
    add(run, own, lineAt(own, place), -quantity, -amount);
  }
}

/** A currency of a root account gets its first agreement: what is tallied and was not noted as it came is noted now. */
export function noteTallies(run: LinesRun & { readonly state: PartitionState }, units: ReadonlySet<string>): void {
  const { state, tenant } = run;
  for (const tally of state.tallies) {
    const { entry } = tally;
    const record = entry.tenant === tenant.id ? tenant.master.prices.get(entry.price)?.record : undefined;
    if (record === undefined) continue;
    const unit = unitOf(tenant.master.accounts.get(entry.account)!);
    const period = { startMs: entry.periodStartMs, endMs: entry.periodEndMs };
    if (!units.has(unitKey(unit, record.currency)) || !isWithinOne(unit, period)) continue;
    settle(tally);
    const { service, component } = record;
    const settlement = settlementAt(tenant, unit, record.currency, period.startMs);
    const members = tally.pool?.members ?? [
      [entry.account, { quantity: tally.quantity, amount: tally.charge }] as const,
    ];
    for (const [account, { quantity, amount }] of members) {
      const line = lineAt(settlement, { account, price: entry.price, service, component });
      add(run, settlement, line, quantity, amount);
    }
  }
}

function add({ tenant, changes }: LinesRun, settlement: Settlement, line: Line, quantity: bigint, list: bigint): void {
  line.quantity += quantity;
  line.list += list;
  if (isNothing(line)) settlement.view = undefined;
  else if (settlement.view !== undefined) seen(settlement.view, line, tenant.master, list);
  settlement.freshLines.add(line);
  changes.settlement(settlement);
  if (isUsed(settlement)) tenant.unsettled.add(settlement);
}
