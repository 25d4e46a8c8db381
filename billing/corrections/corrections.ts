/** Corrections as people ask for them: previewed in money, agreed to, applied, listed. */
import { z } from 'zod';
import type { Correction, CorrectionEffect, CorrectionSelection } from '#core/messages/correction.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { change, lockTenant, type Author, type Done, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { correctionLimits } from '../limits.ts';
import type { CorrectionTable, Db, Reader } from '../schema.ts';
import type { CorrectionPorts } from './ports.ts';
import { largestEffects } from './effects.ts';
import { selectedAgain } from './again.ts';
import { selectedRows } from './select.ts';
import type { Selectable } from 'kysely';

type Row = Selectable<CorrectionTable>;

/**
 * Works out what a correction would come to, and keeps it under an id for `applyCorrection`. Throws CORRECTION_SELECTION_INVALID,
 * CORRECTION_EMPTY, CORRECTION_TOO_LARGE, CORRECTION_REFUSED (with what the rater says), CORRECTION_UNKNOWN, RATER_SILENT.
 */
export async function previewCorrection(
  office: Office,
  ports: CorrectionPorts,
  { tenant, actor }: Author,
  selection: CorrectionSelection,
): Promise<Correction> {
  requireSelective(selection);
  if (selection.correction !== undefined) await requireEnded(office.db, tenant, selection.correction);
  const { partition } = await office.db
    .selectFrom('tenant')
    .select('partition')
    .where('id', '=', tenant)
    .executeTakeFirstOrThrow(() => billingError('TENANT_UNKNOWN', tenant, { tenant }));
  const asOf = await ports.loadedSeq(partition);
  const at = { partition, asOf, selection };
  const isAgain = selection.again === true;
  const { rows, ...selected } = isAgain ? await selectedAgain(ports, tenant, at) : await selectedRows(office.db, ports, tenant, at);
  const reply = await ports.preview(partition, { tenant, ...selected });
  if (reply === undefined) throw billingError('RATER_SILENT', `Partition ${partition}.`, { partition });
  if ('fault' in reply) throw billingError('CORRECTION_REFUSED', `The rater says: ${reply.fault}.`, {});
  const row = await office.db.transaction().execute(async (tx) => {
    await lockTenant(tx, tenant);
    const { last } = await tx
      .selectFrom('correction')
      .select(({ fn }) => fn.max('number').as('last'))
      .where('tenant', '=', tenant)
      .executeTakeFirstOrThrow();
    return tx
      .insertInto('correction')
      .values({
        tenant, number: (last ?? 0) + 1, what: isAgain ? 'rerate' : selection.correction === undefined ? 'void' : 'revert', selection: JSON.stringify(selection), status: 'previewed',
        author: actor, partition, as_of: asOf, rows, effects: JSON.stringify(largestEffects(reply.effects)), created_ms: office.now(),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return correctionOf(row);
} // prettier-ignore

/** An approved void must stay what was previewed: nothing but seqs, or a stretch with something that narrows it. */
function requireSelective({ producer, epoch, fromSeq, toSeq, fromMs, toMs, resource, meter, correction, again }: CorrectionSelection): void {
  const others = [producer, epoch, fromSeq, toSeq, fromMs, toMs, resource, meter, again];
  if (correction !== undefined && others.every((each) => each === undefined)) return;
  const isOfBatches = producer !== undefined && fromSeq !== undefined && toSeq !== undefined && fromSeq <= toSeq;
  const isStretch = fromMs !== undefined && toMs !== undefined && fromMs < toMs && [producer, resource, meter].some((each) => each !== undefined);
  if (correction === undefined && (isOfBatches || isStretch)) return;
  throw billingError('CORRECTION_SELECTION_INVALID', 'Give batches of a producer (producer, fromSeq, toSeq), or a stretch (fromMs, toMs) of a producer, resource or meter, or a correction.', {});
} // prettier-ignore

async function requireEnded(db: Reader, tenant: string, id: string): Promise<void> {
  const { status } = await oneCorrection(db, tenant, id);
  if (status !== 'ended' && status !== 'failed') throw billingError('CORRECTION_NOT_ENDED', `It is ${status}.`, { id });
}

/** Has a previewed correction done, in the background. Throws CORRECTION_UNKNOWN, CORRECTION_DECIDED, CORRECTION_NEEDS_APPROVAL. */
export function applyCorrection(office: Office, author: Author, id: string, reason: string): Promise<Done<Correction>> {
  return change(office, author, async (tx) => {
    const row = await rowOf(tx, author.tenant, id);
    if (row.status !== 'previewed') throw billingError('CORRECTION_DECIDED', `It is ${row.status}.`, { id });
    const { corrections_need_approval: needs } = await tx
      .selectFrom('tenant')
      .select('corrections_need_approval')
      .where('id', '=', author.tenant)
      .executeTakeFirstOrThrow();
    if (needs && row.approved_by === '') throw billingError('CORRECTION_NEEDS_APPROVAL', `${id} was asked for by ${row.author}.`, { id }); // prettier-ignore
    const after = { ...row, reason, status: 'queued' as const, applied_ms: office.now() };
    await tx
      .updateTable('correction')
      .set({ reason, status: 'queued', applied_ms: after.applied_ms })
      .where('tenant', '=', author.tenant)
      .where('number', '=', row.number)
      .execute();
    const totals = correctionOf(row).totals.map(({ currency, previewed }) => ({ currency, previewed }));
    const told = { what: row.what, selection: { ...row.selection } as Record<string, string | number | boolean>, rows: row.rows, asOf: row.as_of, totals, approvedBy: row.approved_by }; // prettier-ignore
    const recorded = { action: 'correction.apply', subject: `correction/${id}`, before: {}, after: told, why: reason, changes: [] }; // prettier-ignore
    return { result: correctionOf(after), recorded };
  });
}

/** Somebody else than its author agrees. Throws besides APPROVER_IS_AUTHOR. */
export function approveCorrection(office: Office, author: Author, id: string, reason: string): Promise<Done<Correction>> {
  return change(office, author, async (tx) => {
    const row = await rowOf(tx, author.tenant, id);
    if (row.status !== 'previewed') throw billingError('CORRECTION_DECIDED', `It is ${row.status}.`, { id });
    if (row.author === author.actor) throw billingError('APPROVER_IS_AUTHOR', author.actor, { approvedBy: author.actor });
    await tx
      .updateTable('correction')
      .set({ approved_by: author.actor })
      .where('tenant', '=', author.tenant)
      .where('number', '=', row.number)
      .execute();
    const recorded = { action: 'correction.approve', subject: `correction/${id}`, before: {}, after: {}, why: reason, changes: [] }; // prettier-ignore
    return { result: correctionOf({ ...row, approved_by: author.actor }), recorded };
  });
} // prettier-ignore

/** Whether somebody else has to agree to each correction of the tenant. */
export function setCorrectionPolicy(office: Office, author: Author, needsApproval: boolean, reason: string): Promise<Done<{ readonly needsApproval: boolean }>> {
  return change(office, author, async (tx) => {
    await tx.updateTable('tenant').set({ corrections_need_approval: needsApproval }).where('id', '=', author.tenant).execute();
    const recorded = { action: 'correction.policy', subject: 'tenant', before: {}, after: { needsApproval }, why: reason, changes: [] };
    return { result: { needsApproval }, recorded };
  });
} // prettier-ignore

export async function listCorrections(db: Db, tenant: string): Promise<Correction[]> {
  const rows = await db
    .selectFrom('correction')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('number', 'desc')
    .limit(correctionLimits.listedMax)
    .execute();
  return rows.map(correctionOf);
}

export const oneCorrection = async (db: Reader, tenant: string, id: string): Promise<Correction> =>
  correctionOf(await rowOf(db, tenant, id));

/** None where it is unknown. */
export async function correctionsNamed(db: Db, tenant: string, id: string): Promise<Correction[]> {
  const rows = db.selectFrom('correction').selectAll().where('tenant', '=', tenant);
  return (await rows.where('number', '=', numberOf(id)).execute()).map(correctionOf);
}

const numberOf = (id: string): number => (idShape.safeParse(id).success ? Number(id.slice(2)) : 0);

const idShape = z.string().regex(/^c-[1-9]\d{0,8}$/);

export async function rowOf(db: Reader, tenant: string, id: string): Promise<Row> {
  const row = await db
    .selectFrom('correction')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('number', '=', numberOf(id))
    .executeTakeFirst();
  if (row === undefined) throw billingError('CORRECTION_UNKNOWN', id, { id });
  return row;
}

export const idOf = ({ number }: Pick<Row, 'number'>): string => `c-${number}`;

function correctionOf(row: Row): Correction {
  const { effects, booked } = row;
  const sums = (of: readonly CorrectionEffect[], currency: string): string =>
    formatAmount(of.reduce((sum, each) => sum + (each.currency === currency ? parseAmount(each.amount)! : 0n), 0n));
  const currencies = new Set([...effects, ...(booked ?? [])].map(({ currency }) => currency));
  currencies.delete('');
  return {
    id: idOf(row), what: row.what, selection: row.selection, status: row.status, author: row.author, reason: row.reason, approvedBy: row.approved_by, detail: row.detail,
    rows: row.rows, asOf: row.as_of, rowsDone: row.rows_done, createdMs: row.created_ms, appliedMs: row.applied_ms, endedMs: row.ended_ms, effects, booked,
    totals: [...currencies].sort().map((currency) => ({ currency, previewed: sums(effects, currency), booked: booked && sums(booked, currency) })),
  }; // prettier-ignore
}
