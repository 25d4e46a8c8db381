/** Which periods of which root account are closed, and what is in the way of the next close. */
import type { AccountChecklist, PeriodList, UnitPeriods } from '#core/messages/periods.ts';
import { periodAt } from '#core/time/period.ts';
import { accountsOf, type OwnAccount } from '../accounts/accounts.ts';
import type { Office } from '../change.ts';
import { checklistOf } from './checklist.ts';
import { closeFacts, partitionOf, type ClosePorts } from './gather.ts';
import { borderOf, dateOf, rootOf } from './periods.ts';

/** Every root account. */
export async function listPeriods({ db, now }: Office, ports: ClosePorts, tenant: string): Promise<PeriodList> {
  const rater = await ports.rater(tenant, await partitionOf(db, tenant));
  const closed = new Map(rater?.periods.closed);
  const roots = (await accountsOf(db, tenant)).filter(({ parent }) => parent === 0);
  const accounts = roots.map((account): UnitPeriods => {
    const { slug, name, timeZone, closeAfterDays = null } = account;
    const closedUntilMs = closed.get(account.id) ?? 0;
    const closedUntil = closedUntilMs === 0 ? null : dateOf(closedUntilMs, timeZone);
    const runsFrom = dateOf(lastEndOf(account, now()), timeZone);
    return { account: slug, name, timeZone, closedUntilMs, closedUntil, runsFrom, closeAfterDays };
  });
  return { asOfMs: rater?.logTimeMs ?? null, accounts };
}

/** End of the newest period that has ended. */
export const lastEndOf = ({ timeZone }: OwnAccount, nowMs: number): number => periodAt(nowMs, timeZone).startMs;

/** The checklist of one close; without a date, of all that has ended. Throws what the close would throw for its account and date. */
export async function periodChecklist(
  office: Office,
  ports: ClosePorts,
  tenant: string,
  { account: slug, until }: { readonly account: string; readonly until?: string | undefined },
): Promise<AccountChecklist> {
  const account = await rootOf(office.db, tenant, slug);
  const untilMs = until === undefined ? lastEndOf(account, office.now()) : borderOf(account, until);
  const facts = await closeFacts(office, ports, tenant, { account, untilMs });
  const asOfMs = facts.rater?.logTimeMs ?? null;
  return { account: slug, until: dateOf(untilMs, account.timeZone), untilMs, asOfMs, ...checklistOf(facts) };
}
