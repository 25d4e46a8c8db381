/** Whose agreements are settled, and whose periods are closed, together: a root account and all below it. */
import { periodAt, type Period } from '../time/period.ts';
import type { Account, Master } from './state.ts';

/** The account that is billed for another one. */
export const unitOf = (account: Account): Account => account.chain.at(-1)!;

/** The unit's billing period that holds the instant. */
export const unitPeriodAt = (unit: Pick<Account, 'record'>, atMs: number): Period =>
  periodAt(atMs, unit.record.timeZone);

/** End of the periods that the account's unit has closed; 0 for none. */
export const closedUntil = ({ closes }: Master, account: Account): number => closes.get(unitOf(account).record.id) ?? 0;
/** Whether a span, as that of a tally, lies in one billing period of the unit. */
export const isWithinOne = (unit: Account, { startMs, endMs }: Period): boolean =>
  unitPeriodAt(unit, startMs).endMs >= endMs;
