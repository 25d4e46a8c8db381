/** Closes by itself what an account wants closed so many days after its end, once its whole checklist is green. */
import { sleep } from '#platform/lifecycle.ts';
import { newTraceparent } from '#platform/telemetry.ts';
import { accountsOf, tenantIds, type OwnAccount } from '../accounts/accounts.ts';
import type { Office } from '../change.ts';
import type { BillingEvents } from '../events.ts';
import { periodLimits } from '../limits.ts';
import type { ClosePorts } from './gather.ts';
import { lastEndOf, periodChecklist } from './list.ts';
import { closePeriods, dateOf } from './periods.ts';

const dayMs = 86_400_000;

/** Looks at every account now and then until the signal aborts; what fails is told and tried again with the next look. */
export async function closeByThemselves(
  office: Office,
  ports: ClosePorts,
  events: BillingEvents,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await sleep(periodLimits.autoCloseEveryMs, signal);
    if (signal.aborted) return;
    await closeDue(office, ports, events).catch((error: unknown) => events.closeFailed('', error));
  }
}

/** Closes what is due and green; gives the accounts that it asked the rater to close. */
export async function closeDue(office: Office, ports: ClosePorts, events: BillingEvents): Promise<string[]> {
  const closed: string[] = [];
  for (const tenant of await tenantIds(office.db)) {
    for (const account of await accountsOf(office.db, tenant)) {
      if (account.closeAfterDays == null) continue;
      try {
        if (await closeOne(office, ports, tenant, account)) {
          closed.push(`${tenant}/${account.slug}`);
          events.changed('period.close', `account/${account.slug}`, 'schedule');
        }
      } catch (error) {
        events.closeFailed(`${tenant}/${account.slug}`, error);
      }
    }
  }
  return closed;
}

/** False where nothing is due, or the checklist is not green: whoever looks at it sees why. */
async function closeOne(office: Office, ports: ClosePorts, tenant: string, account: OwnAccount): Promise<boolean> {
  const untilMs = lastEndOf(account, office.now() - account.closeAfterDays! * dayMs);
  const until = dateOf(untilMs, account.timeZone);
  const { green } = await periodChecklist(office, ports, tenant, { account: account.slug, until });
  if (!green) return false;
  const reason = `closed by itself, ${account.closeAfterDays} days after the end of the period`;
  const author = { tenant, actor: 'schedule', trace: newTraceparent() };
  await closePeriods(office, ports, author, { account: account.slug, until, reason });
  return true;
}
