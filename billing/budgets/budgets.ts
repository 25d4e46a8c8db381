import { recordNumberMax } from '#core/fees/problems.ts';
import type { BudgetRecord } from '#core/messages/control.ts';
import { minorDigits } from '#core/money/currency.ts';
import { AMOUNT_SCALE, formatAmount, parseAmount, parseDecimal } from '#core/money/fixed.ts';
import type { Insertable, Selectable } from 'kysely';
import type { Author, Done, Office, Recorded } from '../change.ts';
import { changeOnce } from '../idempotency.ts';
import { billingError } from '../errors.ts';
import type { BudgetTable, BudgetTerms, Reader, Tx } from '../schema.ts';

/** Every budget of the tenant, by id. */
export async function budgetsOf(db: Reader, tenant: string): Promise<BudgetRecord[]> {
  const rows = await db.selectFrom('budget').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map(toBudget);
}

const toBudget = (row: Selectable<BudgetTable>): BudgetRecord => ({
  id: row.id,
  account: row.account,
  name: row.name,
  amount: formatAmount(parseAmount(row.amount)!),
  currency: row.currency,
  ...row.terms,
  thresholds: row.thresholds,
  targets: row.targets,
  enabled: row.enabled,
});

export function budgetRow(tenant: string, budget: BudgetRecord): Insertable<BudgetTable> {
  const { id, account, name, amount, currency, thresholds, targets, enabled, ...terms } = budget;
  return {
    tenant,
    id,
    account,
    name,
    amount,
    currency,
    terms: JSON.stringify(terms satisfies BudgetTerms),
    thresholds: JSON.stringify(thresholds),
    targets: JSON.stringify(targets),
    enabled,
  };
}

/**
 * Sets a budget's amount; the rater re-evaluates its thresholds, so raising it releases what it throttled. A repetition
 * with the same `idempotencyKey` changes nothing.
 */
export function changeAmount(
  office: Office,
  author: Author,
  id: string,
  to: { readonly amount: string; readonly reason: string; readonly idempotencyKey?: string | undefined },
): Promise<Done<BudgetRecord>> {
  const request = { key: to.idempotencyKey, content: ['budget.amount', id, to.amount, to.reason] };
  return changeOnce(office, author, request, async (tx) => {
    const before = await budgetOf(tx, author.tenant, id);
    const after = { ...before, amount: await readAmount(tx, author.tenant, to.amount, before) };
    if (after.amount === before.amount) return { result: before };
    await tx
      .updateTable('budget')
      .set({ amount: after.amount })
      .where('tenant', '=', author.tenant)
      .where('id', '=', id)
      .execute();
    const recorded: Recorded = {
      action: 'budget.amount',
      subject: `budget/${id}`,
      before: { amount: before.amount },
      after: { amount: after.amount },
      why: to.reason,
      changes: [{ kind: 'budget', ...after }],
    };
    return { result: after, recorded };
  });
}

/** Starts a budget's spending anew from the balance that it has; what it throttled is released. */
export function resetBudget(
  office: Office,
  author: Author,
  id: string,
  asked: { readonly reason: string; readonly idempotencyKey?: string | undefined },
): Promise<Done<BudgetRecord>> {
  const { reason } = asked;
  const request = { key: asked.idempotencyKey, content: ['budget.reset', id, reason] };
  return changeOnce(office, author, request, async (tx) => {
    const result = await budgetOf(tx, author.tenant, id);
    const recorded: Recorded = {
      action: 'budget.reset',
      subject: `budget/${id}`,
      before: {},
      after: {},
      why: reason,
      changes: [{ kind: 'budgetReset', budget: id, reason }],
    };
    return { result, recorded };
  });
}

/** Lets go of what a budget holds back; it goes on counting, and what is crossed later acts again. */
export function releaseBudget(
  office: Office,
  author: Author,
  id: string,
  { reason, idempotencyKey }: { readonly reason: string; readonly idempotencyKey?: string | undefined },
): Promise<Done<BudgetRecord>> {
  const request = { key: idempotencyKey, content: ['budget.release', id, reason] };
  return changeOnce(office, author, request, async (tx) => {
    const result = await budgetOf(tx, author.tenant, id);
    const changes = [{ kind: 'budgetRelease', budget: id, reason }] as const;
    const recorded: Recorded = {
      action: 'budget.release',
      subject: `budget/${id}`,
      before: {},
      after: {},
      why: reason,
      changes,
    };
    return { result, recorded };
  });
}

async function budgetOf(tx: Tx, tenant: string, id: string): Promise<BudgetRecord> {
  const row = await tx
    .selectFrom('budget')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw billingError('BUDGET_UNKNOWN', id, { budget: id });
  return toBudget(row);
}

/** By the rules of files; those of its meter for a quantity. The rater takes nothing else. */
async function readAmount(tx: Tx, tenant: string, text: string, { currency, meter }: BudgetRecord): Promise<string> {
  const digits = meter === undefined ? (minorDigits(currency) ?? AMOUNT_SCALE) : await scaleOf(tx, tenant, meter);
  const unit = meter === undefined ? `in ${currency}` : `of meter ${meter}`;
  const expected = `It must be 0 or more and below 10^15, with ${digits === 0 ? 'no' : `at most ${digits}`} decimals, ${unit}`;
  const amount = text.length <= 60 ? parseDecimal(text, digits) : undefined;
  if (amount === undefined || amount < 0n || amount >= recordNumberMax * 10n ** BigInt(digits))
    throw billingError('AMOUNT_INVALID', `${JSON.stringify(text)}. ${expected}.`, { amount: text, currency, expected });
  return formatAmount(parseAmount(text)!);
}

async function scaleOf(tx: Tx, tenant: string, id: string): Promise<number> {
  const { scale } = await tx
    .selectFrom('meter')
    .select('scale')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return scale;
}
