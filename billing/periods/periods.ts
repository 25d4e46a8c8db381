/** Closes billing periods and opens them again, by control message. */
import type { AccountRecord, ControlChange } from '#core/messages/control.ts';
import { periodAt } from '#core/time/period.ts';
import { accountsOf } from '../accounts/accounts.ts';
import type { Author, Done, Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { changeOnce } from '../idempotency.ts';
import type { Reader, Tx } from '../schema.ts';

export interface CloseRequest {
  /** Slug of a root account. */
  readonly account: string;
  /** First day of the period that stays open, as an ISO date of the account's zone. */
  readonly until: string;
  readonly reason: string;
  readonly idempotencyKey?: string | undefined;
}

export interface ReopenRequest {
  readonly account: string;
  /** First day of the first period that is to be open again. */
  readonly from: string;
  readonly reason: string;
  /** A user of the tenant, not whoever asks. */
  readonly approvedBy: string;
  readonly idempotencyKey?: string | undefined;
}

/** A border of periods: those before it are closed, or those after it are open again. */
export interface PeriodBorder {
  readonly account: string;
  readonly atMs: number;
}

/** Closes all periods before a date. Throws ACCOUNT_UNKNOWN, ACCOUNT_NOT_ROOT, PERIOD_INVALID, PERIOD_NOT_ENDED. */
export function closePeriods(office: Office, author: Author, asked: CloseRequest): Promise<Done<PeriodBorder>> {
  const { account: slug, until, reason } = asked;
  const request = { key: asked.idempotencyKey, content: ['period.close', slug, until, reason] };
  return changeOnce(office, author, request, async (tx) => {
    const account = await rootOf(tx, author.tenant, slug);
    const untilMs = borderOf(account, until);
    if (untilMs > office.now()) throw billingError('PERIOD_NOT_ENDED', until, { until });
    const change: ControlChange = { kind: 'close', account: account.id, untilMs, reason };
    return recorded('period.close', { account: slug, atMs: untilMs }, reason, { until }, change);
  });
}

/** Opens closed periods again from a date on. Throws besides APPROVER_IS_AUTHOR and USER_UNKNOWN. */
export function reopenPeriods(office: Office, author: Author, asked: ReopenRequest): Promise<Done<PeriodBorder>> {
  const { account: slug, from, reason, approvedBy } = asked;
  const request = { key: asked.idempotencyKey, content: ['period.reopen', slug, from, reason, approvedBy] };
  return changeOnce(office, author, request, async (tx) => {
    const account = await rootOf(tx, author.tenant, slug);
    const fromMs = borderOf(account, from);
    if (approvedBy === author.actor) throw billingError('APPROVER_IS_AUTHOR', approvedBy, { approvedBy });
    await requireUser(tx, author.tenant, approvedBy);
    const change: ControlChange = { kind: 'reopen', account: account.id, fromMs, reason, approvedBy };
    return recorded('period.reopen', { account: slug, atMs: fromMs }, reason, { from, approvedBy }, change);
  });
}

function recorded(
  action: string,
  result: PeriodBorder,
  why: string,
  after: Readonly<Record<string, string>>,
  change: ControlChange,
) {
  return {
    result,
    recorded: { action, subject: `account/${result.account}`, before: {}, after, why, changes: [change] },
  };
}

async function rootOf(db: Reader, tenant: string, slug: string): Promise<AccountRecord> {
  const account = (await accountsOf(db, tenant)).find((record) => record.slug === slug);
  if (account === undefined) throw billingError('ACCOUNT_UNKNOWN', slug, { account: slug });
  if (account.parent !== 0) throw billingError('ACCOUNT_NOT_ROOT', slug, { account: slug });
  return account;
}

/** The first instant of the day, which must be that of a period. */
function borderOf({ timeZone }: AccountRecord, date: string): number {
  const startMs = Temporal.PlainDate.from(date).toZonedDateTime({ timeZone }).epochMilliseconds;
  const period = periodAt(startMs, timeZone);
  if (period.startMs === startMs) return startMs;
  const dayOf = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone).toPlainDate();
  const [before, after] = [dayOf(period.startMs).toString(), dayOf(period.endMs).toString()];
  throw billingError('PERIOD_INVALID', `${date}; nearest are ${before} and ${after}.`, { date, before, after });
}

async function requireUser(tx: Tx, tenant: string, id: string): Promise<void> {
  const user = await tx
    .selectFrom('member')
    .select('enabled')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  if (user?.enabled !== true) throw billingError('USER_UNKNOWN', id, { user: id });
}
