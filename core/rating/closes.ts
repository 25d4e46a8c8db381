/** Which periods close and open again (SPEC §12). */
import type { CloseRecord, ReopenRecord } from '../messages/control.ts';
import { closedUntil, unitPeriodAt } from './billingUnit.ts';
import { require } from './controlFault.ts';
import type { Account, Master } from './state.ts';

/** SPEC §12.1. */
export function applyClose(master: Master, { account, untilMs }: CloseRecord, logTimeMs: number): void {
  const unit = rootOf(master, account);
  require(untilMs <= logTimeMs, `the period that ends at ${untilMs} has not ended, log time is ${logTimeMs}`);
  const period = unitPeriodAt(unit, untilMs - 1);
  require(period.endMs === untilMs, `a period of account ${account} ends at ${period.endMs}, not at ${untilMs}`);
  const closedMs = closedUntil(master, unit);
  require(untilMs > closedMs, `account ${account} is closed until ${closedMs}`);
  master.closes.set(account, untilMs);
}

/** SPEC §12.4. */
export function applyReopen(master: Master, { account, fromMs }: ReopenRecord): void {
  const unit = rootOf(master, account);
  const closedMs = closedUntil(master, unit);
  require(fromMs < closedMs, `account ${account} is closed until ${closedMs}, so ${fromMs} is open`);
  const period = unitPeriodAt(unit, fromMs);
  require(period.startMs === fromMs, `a period of account ${account} begins at ${period.startMs}, not at ${fromMs}`);
  if (fromMs === 0) master.closes.delete(account);
  else master.closes.set(account, fromMs);
}

function rootOf({ accounts }: Master, id: number): Account {
  const account = accounts.get(id);
  require(account !== undefined, `account ${id} is not known`);
  require(account!.record.parent === 0, `account ${id} is not a root: periods close for a whole tree`);
  return account!;
}
