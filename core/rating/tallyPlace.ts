/** Where a price tallies what the resources of an account use: whose the tally is, and of which period (SPEC §5.1). */
import type { PriceRecord } from '../messages/price.ts';
import { periodAt, type Period } from '../time/period.ts';
import { edgesOf, tallyPeriodAt } from '../time/tallyPeriod.ts';
import type { Window } from './attribution.ts';
import type { Account } from './state.ts';

type Terms = Pick<PriceRecord, 'account' | 'tallyScope' | 'period'>;

/** The owner, or for a pool the account of the price, which is one of those above it. */
export function tallyAccountOf({ tallyScope, account }: Terms, owner: Account): Account {
  return tallyScope === 'subtree' ? owner.chain.find(({ record }) => record.id === account)! : owner;
}

/** The period of the price that holds the instant, in the zone of the account; undefined where the price has none. */
export function periodOf({ period: calendar }: Terms, account: Account, atMs: number): Period | undefined {
  const { timeZone } = account.record;
  if (calendar === undefined) return periodAt(atMs, timeZone);
  return tallyPeriodAt(atMs, timeZone, calendar, startOf(account));
}

/** The same, and the window hears when it ends. */
export function periodWithin(terms: Terms, account: Account, window: Window): Period | undefined {
  const period = periodOf(terms, account, window.atMs);
  const ends = period === undefined ? edgesOf(terms.period!, account.record.timeZone) : [period.startMs, period.endMs];
  for (const instant of ends) window.boundary(instant);
  return period;
}

/** The day that an account's own anniversaries count from: its own, or that of the nearest account above. */
export const startOf = ({ chain }: Account): string | undefined =>
  chain.find(({ record }) => record.startsOn !== undefined)?.record.startsOn;
