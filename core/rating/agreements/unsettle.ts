/** Which periods are settled anew without a line of theirs having moved (SPEC §9.2.2). */
import { prepaidSpans } from '../../spend/inPeriod.ts';
import { closedUntil, unitOf } from '../billingUnit.ts';
import type { Account, Master } from '../state.ts';
import { noteTallies, type LinesRun } from './lines.ts';
import { inOrder, isUsed, settlementAt } from './settlement.ts';
import { unitKey } from './unitKey.ts';
import type { SettleRun } from './settleUnit.ts';

/** Before anything is charged under new master data: units that have their first agreement in a currency begin to keep lines. */
export function beginLines(run: SettleRun, before: Master | undefined): void {
  const keys = [...run.tenant.master.agreementsByUnit.keys()];
  const fresh = new Set(keys.filter((key) => before?.agreementsByUnit.has(key) !== true));
  if (fresh.size > 0) noteTallies(run, fresh);
}

/**
 * After a control message: units whose agreements it changed, and those of which it closed or opened periods. `before`: the master
 * data until then. Returns for `settleMoved` until when units whose periods it closed were closed before.
 */
export function unsettle(run: SettleRun, before: Master | undefined): Map<number, number> {
  const { master } = run.tenant;
  const lists = [...master.agreementsByUnit];
  unsettleAll(run, lists.flatMap(([key, list]) => (before?.agreementsByUnit.get(key) === list ? [] : [key]))); // prettier-ignore
  const closingFromMs = new Map<number, number>();
  for (const [key, [first]] of lists) {
    const unit = unitOf(master.accounts.get(first!.account)!);
    const fromMs = before?.closes.get(unit.record.id) ?? 0;
    const untilMs = closedUntil(master, unit);
    if (fromMs === untilMs) continue;
    closingFromMs.set(unit.record.id, Math.min(fromMs, untilMs));
    if (untilMs < fromMs) unsettleAll(run, [key]);
    else unsettleClosed(run, unit, first!.currency, fromMs, untilMs);
  }
  return closingFromMs;
}

/** When log time next reaches what is paid in advance; undefined for never. */
export const nextPrepaidMs = ({ prepaidFrom }: Master, afterMs: number): number | undefined =>
  prepaidFrom.find((atMs) => atMs > afterMs);

/** All periods of a root account: what a close that is at work closes is final only when it is through. */
export function unsettleUnit(run: SettleRun, id: number): void {
  const { accounts, agreementsByUnit } = run.tenant.master;
  const isOf = (account: number) => unitOf(accounts.get(account)!).record.id === id;
  unsettleAll(
    run,
    [...agreementsByUnit].flatMap(([key, [first]]) => (isOf(first!.account) ? [key] : [])),
  );
}

/** All periods of these units and currencies, and those that begin with what is paid in advance. */
export function unsettleAll({ tenant, state }: SettleRun, keys: Iterable<string>): void {
  const { master, settlements, unsettled } = tenant;
  for (const key of keys) {
    const agreements = master.agreementsByUnit.get(key)!;
    const { account, currency } = agreements[0]!;
    const unit = unitOf(master.accounts.get(account)!);
    for (const { fromMs, toMs } of prepaidSpans(agreements)) {
      const atMs = Math.max(fromMs, closedUntil(master, unit));
      if (atMs <= state.logTimeMs && atMs < toMs) unsettled.add(settlementAt(tenant, unit, currency, atMs));
    }
    for (const settlement of settlements.get(key)?.values() ?? []) if (isUsed(settlement)) unsettled.add(settlement);
  }
}

/** What is closed is settled for the last time, also where nothing was used; the first time from the first use on. */
function unsettleClosed({ tenant }: LinesRun, unit: Account, currency: string, fromMs: number, untilMs: number): void {
  const known = tenant.settlements.get(unitKey(unit, currency));
  const firstMs = known && inOrder(known).find(isUsed)?.period.startMs;
  let atMs = fromMs > 0 ? fromMs : Math.min(firstMs ?? untilMs - 1, untilMs - 1);
  while (atMs < untilMs) {
    const settlement = settlementAt(tenant, unit, currency, atMs);
    tenant.unsettled.add(settlement);
    atMs = settlement.period.endMs;
  }
}
