/** Closes billing periods and opens them again, by control message. */
import type { AccountRecord, ControlChange } from '#core/messages/control.ts';
import { periodAt } from '#core/time/period.ts';
import { accountsOf, type OwnAccount } from '../accounts/accounts.ts';
import type { Author, Done, Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { changeOnce } from '../idempotency.ts';
import type { JsonValue, Reader, Tx } from '../schema.ts';
import { checklistOf } from './checklist.ts';
import { closeFacts, type ClosePorts } from './gather.ts';

export interface CloseRequest {
  /** Slug of a root account. */
  readonly account: string;
  /** First day of the period that stays open, as an ISO date of the account's zone. */
  readonly until: string;
  readonly reason: string;
  /** Producers that it does not wait for. */
  readonly without?: readonly string[] | undefined;
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

/**
 * Closes all periods before a date, if nothing that its checklist waits for is missing. Throws ACCOUNT_UNKNOWN, ACCOUNT_NOT_ROOT,
 * PERIOD_INVALID, PERIOD_NOT_ENDED, PERIOD_CLOSED, PRODUCER_UNKNOWN, CLOSE_GOES_ON and CLOSE_WAITS, which names all that it waits for.
 */
export async function closePeriods(
  office: Office,
  ports: ClosePorts,
  author: Author,
  asked: CloseRequest,
): Promise<Done<PeriodBorder>> {
  const { account: slug, until, reason, without = [] } = asked;
  const request = { key: asked.idempotencyKey, content: ['period.close', slug, until, reason, ...without.toSorted()] };
  const judged = await judgedClose(office, ports, author.tenant, asked);
  return changeOnce(office, author, request, async (tx) => {
    const { account, untilMs, checklist } = judged();
    await requireNoneUnderway(tx, author.tenant, account);
    const left = checklist.missing.map(({ producer, lastSampleMs }) => ({ producer, lastSampleMs }));
    const after = { until, ...(left.length === 0 ? {} : { without: left }) };
    const change: ControlChange = { kind: 'close', account: account.id, untilMs, reason };
    return recorded('period.close', { account: slug, atMs: untilMs }, reason, after, change);
  });
}

/** What the close goes by, or the error that it is: a request that was done already gets its answer whatever has become of the facts. */
async function judgedClose(office: Office, ports: ClosePorts, tenant: string, asked: CloseRequest) {
  const { account: slug, until, without = [] } = asked;
  try {
    const account = await rootOf(office.db, tenant, slug);
    const untilMs = borderOf(account, until);
    if (untilMs > office.now()) throw billingError('PERIOD_NOT_ENDED', until, { until });
    const facts = await closeFacts(office, ports, tenant, { account, untilMs });
    const unknown = without.filter((id) => !facts.producers.some((producer) => producer.id === id));
    if (unknown.length > 0) throw billingError('PRODUCER_UNKNOWN', unknown.join(', '), { producers: unknown });
    const checklist = checklistOf(facts, without);
    const { closedUntilMs, items, missing } = checklist;
    if (closedUntilMs >= untilMs) throw billingError('PERIOD_CLOSED', `${slug} until ${until}.`, { closedUntilMs });
    const open = items.filter(({ ok, blocks }) => blocks && !ok);
    const told = open.map(({ name, detail }) => `${name}: ${detail}`).join(' ');
    if (open.length > 0)
      throw billingError('CLOSE_WAITS', told, { account: slug, until, items: open, producers: missing });
    return () => ({ account, untilMs, checklist });
  } catch (error) {
    return (): never => {
      throw error;
    };
  }
}

/** Two closes at once: the second one learns that the first is on its way, rather than that the rater rejected it. */
async function requireNoneUnderway(tx: Tx, tenant: string, { slug }: AccountRecord): Promise<void> {
  const waiting = await tx
    .selectFrom('outbox')
    .select('audit_id')
    .where('tenant', '=', tenant)
    .where('outcome', 'is', null)
    .execute();
  const seqs = waiting.map(({ audit_id: id }) => Number(id.slice(tenant.length + 1)));
  if (seqs.length === 0) return;
  const underway = await tx
    .selectFrom('audit')
    .select('seq')
    .where('tenant', '=', tenant)
    .where('seq', 'in', seqs)
    .where('action', '=', 'period.close')
    .where('subject', '=', `account/${slug}`)
    .executeTakeFirst();
  if (underway !== undefined)
    throw billingError('CLOSE_GOES_ON', slug, { account: slug, auditId: `${tenant}-${underway.seq}` });
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

function recorded(action: string, result: PeriodBorder, why: string, after: JsonValue, change: ControlChange) {
  return {
    result,
    recorded: { action, subject: `account/${result.account}`, before: {}, after, why, changes: [change] },
  };
}

export async function rootOf(db: Reader, tenant: string, slug: string): Promise<OwnAccount> {
  const account = (await accountsOf(db, tenant)).find((record) => record.slug === slug);
  if (account === undefined) throw billingError('ACCOUNT_UNKNOWN', slug, { account: slug });
  if (account.parent !== 0) throw billingError('ACCOUNT_NOT_ROOT', slug, { account: slug });
  return account;
}

export const dateOf = (ms: number, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone).toPlainDate().toString();

/** The first instant of the day, which must be that of a period. */
export function borderOf({ timeZone }: AccountRecord, date: string): number {
  const startMs = Temporal.PlainDate.from(date).toZonedDateTime({ timeZone }).epochMilliseconds;
  const period = periodAt(startMs, timeZone);
  if (period.startMs === startMs) return startMs;
  const [before, after] = [dateOf(period.startMs, timeZone), dateOf(period.endMs, timeZone)];
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
