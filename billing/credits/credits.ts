/** Grants of credit and wallets: who gave what, why, and what the rater is told (core/SPEC.md §14). */
import { randomUUID } from 'node:crypto';
import { checkCreditGrant, checkWallet } from '#core/credits/creditRecords.ts';
import type { Problem } from '#core/fees/problems.ts';
import type { ControlChange } from '#core/messages/control.ts';
import { creditLimits, type CreditGrantRecord, type WalletRecord } from '#core/messages/credit.ts';
import { isDeepStrictEqual } from 'node:util';
import { accountsOf, tenantOf } from '../accounts/accounts.ts';
import { pricingUnitsOf } from '../catalogue/pricingUnits.ts';
import type { Author, Changed, Done, Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { changeOnce } from '../idempotency.ts';
import type { JsonValue, Reader, Tx } from '../schema.ts';
import { targetsOf } from '../targets/targets.ts';

export interface StoredGrant {
  readonly record: CreditGrantRecord;
  readonly grantedBy: string;
  readonly grantedAtMs: number;
  readonly voided: Voided | null;
}

export interface Voided {
  readonly by: string;
  readonly atMs: number;
  /** What it had paid is owed again. */
  readonly owes: boolean;
  readonly reason: string;
}

/** What is asked for; what is left out is chosen here. */
export interface GrantRequest extends Partial<Omit<CreditGrantRecord, 'account' | 'amount' | 'kind' | 'reason'>> {
  /** Slug. */
  readonly account: string;
  readonly amount: string;
  readonly kind: CreditGrantRecord['kind'];
  readonly reason: string;
}

export interface WalletRequest extends Omit<WalletRecord, 'account' | 'currency' | 'name' | 'targets'> {
  readonly account: string;
  readonly currency?: string;
  readonly name?: string;
  readonly targets?: readonly string[];
}

/** Every grant of the tenant, those that have ended included, by id. */
export async function grantsOf(db: Reader, tenant: string): Promise<StoredGrant[]> {
  const rows = await db.selectFrom('credit_grant').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map(({ record, granted_by: grantedBy, granted_ms: grantedAtMs, voided }) => ({
    record,
    grantedBy,
    grantedAtMs,
    voided,
  }));
}

export async function walletsOf(db: Reader, tenant: string): Promise<WalletRecord[]> {
  const rows = await db.selectFrom('wallet').select('record').where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map(({ record }) => record);
}

/**
 * Gives credit. Asked again with the id of a grant that is the same, nothing is given twice; what is the same but for its beginning, where
 * none was asked for, is. Throws CREDIT_INVALID, CREDIT_GRANT_EXISTS, CREDITS_FULL, ACCOUNT_UNKNOWN.
 */
export function grantCredit(
  office: Office,
  author: Author,
  asked: GrantRequest,
  idempotencyKey?: string,
): Promise<Done<CreditGrantRecord>> {
  const content = ['credit.grant', asked as unknown as JsonValue];
  return changeOnce(
    office,
    author,
    { key: idempotencyKey, content },
    async (tx): Promise<Changed<CreditGrantRecord>> => {
      const { account, id = randomUUID(), name = id, currency, effectiveFromMs, ...rest } = asked;
      const nowMs = office.now();
      const known = (await grantsOf(tx, author.tenant)).map(({ record }) => record);
      const before = known.find((one) => one.id === id);
      const record: CreditGrantRecord = {
        ...rest,
        id,
        name,
        account: await accountIdOf(tx, author.tenant, account),
        currency: await currencyOf(tx, author.tenant, currency),
        priority: rest.priority ?? 0,
        effectiveFromMs: effectiveFromMs ?? before?.effectiveFromMs ?? nowMs,
      };
      requireSound(checkCreditGrant(record));
      if (before !== undefined) {
        if (isDeepStrictEqual(before, record)) return { result: before };
        throw billingError('CREDIT_GRANT_EXISTS', id, { grant: id });
      }
      const { expiresAtMs = Infinity, graceMs = 0 } = record;
      if (expiresAtMs + graceMs <= nowMs)
      requireSound([{ code: 'ORDER_WRONG', path: 'expiresAtMs', value: String(expiresAtMs), expected: 'an expiry that is still to come' }]); // prettier-ignore
      const beside = known.filter((one) => one.account === record.account && one.currency === record.currency && (one.expiresAtMs ?? Infinity) > nowMs); // prettier-ignore
      if (known.length >= creditLimits.grantsMax || beside.length >= creditLimits.grantsOfAccountMax)
        throw billingError('CREDITS_FULL', `${account} has ${beside.length}, the tenant ${known.length}.`, { account });
      await tx
        .insertInto('credit_grant')
        .values({
          tenant: author.tenant,
          id,
          record: JSON.stringify(record),
          granted_by: author.actor,
          granted_ms: nowMs,
          voided: null,
        })
        .execute();
      return recorded('credit.grant', `credit/${id}`, null, record, record.reason, {
        kind: 'creditGrant',
        grant: record,
      });
    },
  );
}

/** Takes away what is left of a grant. Throws CREDIT_GRANT_UNKNOWN, and CREDIT_GRANT_VOIDED where nothing of it would change. */
export function voidCredit(
  office: Office,
  author: Author,
  id: string,
  { owes = false, reason }: { readonly owes?: boolean | undefined; readonly reason: string },
  idempotencyKey?: string,
): Promise<Done<CreditGrantRecord>> {
  const content = ['credit.void', id, owes, reason];
  return changeOnce(office, author, { key: idempotencyKey, content }, async (tx) => {
    const grant = (await grantsOf(tx, author.tenant)).find(({ record }) => record.id === id);
    if (grant === undefined) throw billingError('CREDIT_GRANT_UNKNOWN', id, { grant: id });
    // What stayed paid may still come to be owed.
    if (grant.voided !== null && (grant.voided.owes || !owes))
      throw billingError('CREDIT_GRANT_VOIDED', id, { grant: id });
    const voided: Voided = { by: author.actor, atMs: office.now(), owes, reason };
    await tx
      .updateTable('credit_grant')
      .set({ voided: JSON.stringify(voided) })
      .where('tenant', '=', author.tenant)
      .where('id', '=', id)
      .execute();
    const change: ControlChange = { kind: 'creditVoid', grant: id, owes, reason };
    const before = grant.voided as unknown as JsonValue;
    return { ...recorded('credit.void', `credit/${id}`, before, voided, reason, change), result: grant.record };
  });
}

/** Makes a wallet or changes one. Throws CREDIT_INVALID, ACCOUNT_UNKNOWN, TARGET_UNKNOWN, WALLET_FIXED, CREDITS_FULL. */
export function setWallet(
  office: Office,
  author: Author,
  { reason, ...asked }: WalletRequest & { readonly reason: string },
  idempotencyKey?: string,
): Promise<Done<WalletRecord>> {
  const content = ['wallet.set', asked as unknown as JsonValue, reason];
  return changeOnce(office, author, { key: idempotencyKey, content }, async (tx): Promise<Changed<WalletRecord>> => {
    const { account, currency, name, targets = [], ...rest } = asked;
    const known = await walletsOf(tx, author.tenant);
    const before = known.find(({ id }) => id === rest.id);
    const record: WalletRecord = {
      ...rest,
      name: name ?? before?.name ?? rest.id,
      account: await accountIdOf(tx, author.tenant, account),
      currency: await currencyOf(tx, author.tenant, currency),
      targets,
    };
    requireSound(checkWallet(record));
    const all = new Set((await targetsOf(tx, author.tenant)).map(({ id }) => id));
    const missing = targets.find((target) => !all.has(target));
    if (missing !== undefined) throw billingError('TARGET_UNKNOWN', missing, { target: missing });
    if (isDeepStrictEqual(before, record)) return { result: record };
    if (before !== undefined && (before.account !== record.account || before.currency !== record.currency))
      throw billingError('WALLET_FIXED', rest.id, { wallet: rest.id });
    const beside = known.filter((one) => one.account === record.account && one.currency === record.currency);
    const isFull = known.length >= creditLimits.walletsMax || beside.length >= creditLimits.walletsOfAccountMax;
    if (before === undefined && isFull)
      throw billingError('CREDITS_FULL', `${account} has ${beside.length} wallets, the tenant ${known.length}.`, { account }); // prettier-ignore
    await saveWallet(tx, author.tenant, record);
    const change: ControlChange = { kind: 'wallet', ...record };
    return recorded(
      'wallet.set',
      `wallet/${rest.id}`,
      (before ?? null) as unknown as JsonValue,
      record,
      reason,
      change,
    );
  });
}

export async function saveWallet(tx: Tx, tenant: string, wallet: WalletRecord): Promise<void> {
  const record = JSON.stringify(wallet);
  await tx
    .insertInto('wallet')
    .values({ tenant, id: wallet.id, record })
    .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet({ record }))
    .execute();
}

function recorded<Result extends object>(
  action: string,
  subject: string,
  before: JsonValue,
  result: Result,
  why: string,
  change: ControlChange,
): Changed<Result> {
  return { result, recorded: { action, subject, before, after: result as unknown as JsonValue, why, changes: [change] } }; // prettier-ignore
}

async function accountIdOf(tx: Tx, tenant: string, slug: string): Promise<number> {
  const account = (await accountsOf(tx, tenant)).find((one) => one.slug === slug);
  if (account === undefined) throw billingError('ACCOUNT_UNKNOWN', slug, { account: slug });
  return account.id;
}

/** The tenant's own, unless a pricing unit is named. */
async function currencyOf(tx: Tx, tenant: string, currency?: string): Promise<string> {
  const own = (await tenantOf(tx, tenant)).currency;
  if (currency === undefined || currency === own) return own;
  if ((await pricingUnitsOf(tx, tenant)).some(({ id }) => id === currency)) return currency;
  const expected = `${own} or a pricing unit of the tenant`;
  throw invalid([{ code: 'CURRENCY_UNKNOWN', path: 'currency', value: currency, expected }]);
}

function requireSound(problems: readonly Problem[]): void {
  if (problems.length > 0) throw invalid(problems);
}

const invalid = (problems: readonly Problem[]) =>
  billingError(
    'CREDIT_INVALID',
    problems.map(({ path, value, expected }) => `${path} is ${value}, not ${expected}.`).join(' '),
    { problems: problems as unknown as JsonValue },
  );
