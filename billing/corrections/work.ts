/**
 * Does applied corrections: one of a tenant at a time, a few pieces at once, each in the transaction that says how far the work is. An
 * office that stops goes on where it was: what was read is as of a commit, and what was sent is in the outbox.
 */
import type { Selectable } from 'kysely';
import { MeterlineError } from '#core/errors.ts';
import type { ControlChange } from '#core/messages/control.ts';
import { correctionRowsMax, type CorrectedBlock, type CorrectionRows } from '#core/messages/correction.ts';
import { sleep } from '#platform/lifecycle.ts';
import { newTraceparent } from '#platform/telemetry.ts';
import { lockTenant, type Office } from '../change.ts';
import type { BillingEvents } from '../events.ts';
import { correctionLimits } from '../limits.ts';
import { enqueue } from '../outbox/enqueue.ts';
import type { CorrectionTable, Tx } from '../schema.ts';
import { piecesOfSamples } from './again.ts';
import { idOf } from './corrections.ts';
import { largestEffects } from './effects.ts';
import type { CorrectionPorts, PageQuestion } from './ports.ts';
import { nextRebuilding } from './rebuilding.ts';

type Row = Selectable<CorrectionTable>;

const going = ['begun', 'running', 'rebuilding', 'ending'] as const;

/** Until the signal aborts; what fails is told and tried again. */
export async function workOnCorrections(office: Office, ports: CorrectionPorts, events: BillingEvents, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let isBusy = false;
    try {
      isBusy = await correctOnce(office, ports);
    } catch (error) {
      events.correctionFailed(error);
    }
    await sleep(isBusy ? correctionLimits.busyMs : correctionLimits.idleMs, signal);
  }
} // prettier-ignore

/** One step of each tenant's oldest correction; false when there is nothing to do. */
export async function correctOnce(office: Office, ports: CorrectionPorts): Promise<boolean> {
  const rows = await office.db
    .selectFrom('correction')
    .selectAll()
    .where('status', 'in', ['queued', ...going])
    .orderBy('number')
    .execute();
  const first = new Map<string, Row>();
  for (const row of rows) {
    const known = first.get(row.tenant);
    if (known === undefined || (known.status === 'queued' && row.status !== 'queued')) first.set(row.tenant, row);
  }
  for (const row of first.values()) await step(office, ports, row);
  return first.size > 0;
}

async function step(office: Office, ports: CorrectionPorts, row: Row): Promise<void> {
  if (row.status === 'queued') return begin(office, row);
  const sent = await office.db
    .selectFrom('outbox')
    .select(['seq', 'outcome', 'detail'])
    .where('tenant', '=', row.tenant)
    .where('audit_id', '=', row.audit_id!)
    .orderBy('seq')
    .execute();
  if (sent.some(({ outcome }) => outcome === null)) return;
  const rejected = sent.find(({ outcome }) => outcome === 'rejected');
  switch (row.status) {
    case 'begun':
      if (rejected !== undefined) return finish(office, row, rejected.detail ?? '');
      return update(office, row, { status: 'running', ready_seq: await ports.headSeq(row.partition) });
    case 'running':
      if (rejected !== undefined) {
        // Pieces behind the one that was rejected are so, too.
        const taken = sent.filter(({ outcome }) => outcome === 'taken').length - 1;
        return end(office, row, taken, rejected.detail ?? '');
      }
      if (row.is_read) return update(office, row, { status: 'rebuilding', ready_seq: await ports.headSeq(row.partition), cursor: null });
      if (!(await isLoaded(ports, row.partition, row.ready_seq!))) return;
      return sendPieces(office, ports, row);
    case 'rebuilding':
      if (rejected !== undefined) return end(office, row, sent.filter(({ outcome }) => outcome === 'taken').length - 1, rejected.detail ?? '');
      if (row.ready_seq === null) return update(office, row, { ready_seq: await ports.headSeq(row.partition) });
      if (!(await isLoaded(ports, row.partition, row.ready_seq))) return;
      return rebuildOn(office, ports, row);
    default: {
      const head = row.ready_seq ?? (await ports.headSeq(row.partition));
      if (row.ready_seq === null) await update(office, row, { ready_seq: head });
      if (!(await isLoaded(ports, row.partition, head))) return;
      const booked = await ports.booked(row.tenant, idOf(row));
      await update(office, row, { status: row.detail === '' ? 'ended' : 'failed', booked: JSON.stringify(largestEffects(booked)), ended_ms: office.now() });
    }
  }
} // prettier-ignore

/** The store is as far, or has all of a log that has lost its end since. */
async function isLoaded(ports: CorrectionPorts, partition: number, seq: number): Promise<boolean> {
  const loaded = await ports.loadedSeq(partition);
  return loaded >= seq || loaded >= (await ports.headSeq(partition));
}

async function begin(office: Office, row: Row): Promise<void> {
  const { what, reason, author, approved_by: approvedBy, selection, as_of: asOf } = row;
  await send(office, row, { status: 'begun', audit_id: `correction-${idOf(row)}` }, [
    { kind: 'correction', id: idOf(row), what, reason, author, approvedBy, selection: JSON.stringify(selection), asOf },
  ]);
}

/** The next of what tallies keep that the rows belong to, or the end. */
async function rebuildOn(office: Office, ports: CorrectionPorts, row: Row): Promise<void> {
  const step = await nextRebuilding(office.db, ports, row).catch((error: unknown) => {
    if (error instanceof MeterlineError && error.code.startsWith('CORRECTION_')) return { fault: error.message };
    throw error;
  });
  if (step === undefined) return;
  if ('fault' in step) return end(office, row, row.pieces, step.fault);
  if (step.changes.length === 0) return end(office, row, row.pieces, '');
  const changes = step.changes.map((change, i): ControlChange => ({ ...change, id: idOf(row), n: row.pieces + i + 1 }));
  await send(office, row, { cursor: JSON.stringify(step.progress), ready_seq: null, pieces: row.pieces + changes.length }, changes);
} // prettier-ignore

/** A page of what is selected, as pieces that the rater takes one by one. */
async function sendPieces(office: Office, ports: CorrectionPorts, row: Row): Promise<void> {
  const { pieces, cursor } = await (row.what === 'rerate' ? pageOfSamples : pageOfRows)(ports, row);
  const changes = pieces.map((piece, i): ControlChange => ({ kind: 'correctionRows', id: idOf(row), n: row.pieces + i + 1, ...piece }));
  const rows = pieces.reduce((sum, { blocks }) => sum + blocks.reduce((of, block) => of + block.rows.length, 0), 0);
  await send(office, row, { cursor, is_read: cursor === null, pieces: row.pieces + pieces.length, rows_done: row.rows_done + rows }, changes);
} // prettier-ignore

type Page = { readonly pieces: readonly Pick<CorrectionRows, 'blocks' | 'again'>[]; readonly cursor: string | null };

async function pageOfRows(ports: CorrectionPorts, { tenant, cursor, ...row }: Row): Promise<Page> {
  const page = await ports.selected(tenant, questionOf(row, cursor));
  return { pieces: piecesOf(page.blocks).map((blocks) => ({ blocks })), cursor: page.cursor };
}

async function pageOfSamples(ports: CorrectionPorts, { tenant, cursor, ...row }: Row): Promise<Page> {
  const page = await ports.selectedSamples(tenant, questionOf(row, cursor));
  return { pieces: await piecesOfSamples(ports, tenant, page.batches), cursor: page.cursor };
}

const questionOf = (row: Pick<Row, 'partition' | 'as_of' | 'selection' | 'number'>, cursor: string | null): PageQuestion => ({
  partition: row.partition, asOf: row.as_of, selection: row.selection, own: idOf(row), cursor,
}); // prettier-ignore

/** Blocks in their order, cut where a piece is full. */
export function piecesOf(blocks: readonly CorrectedBlock[]): CorrectedBlock[][] {
  const pieces: CorrectedBlock[][] = [];
  let room = 0;
  for (const block of blocks) {
    for (let from = 0; from < block.rows.length;) {
      if (room === 0) {
        pieces.push([]);
        room = correctionRowsMax;
      }
      const rows = block.rows.slice(from, from + room);
      pieces.at(-1)!.push({ ...block, rows });
      from += rows.length;
      room -= rows.length;
    }
  }
  return pieces;
}

const end = (office: Office, row: Row, pieces: number, detail: string): Promise<void> =>
  send(office, row, { status: 'ending', ready_seq: null, pieces, detail, audit_id: `correction-${idOf(row)}-end` }, [
    { kind: 'correctionEnd', id: idOf(row), pieces },
  ]); // prettier-ignore

const finish = (office: Office, row: Row, detail: string): Promise<void> =>
  update(office, row, { status: 'failed', detail, ended_ms: office.now() });

type Progress = Partial<Omit<Row, 'booked' | 'effects' | 'selection' | 'tenant' | 'number'>> & {
  readonly booked?: string;
};

const update = async (office: Office, row: Row, progress: Progress): Promise<void> => {
  await office.db.transaction().execute((tx) => written(tx, row, progress));
};

/** False, and nothing is written, where another office has gone on from the row meanwhile. */
async function written(tx: Tx, { tenant, number, status, pieces }: Row, progress: Progress): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('correction')
    .set(progress)
    .where('tenant', '=', tenant)
    .where('number', '=', number)
    .where('status', '=', status)
    .where('pieces', '=', pieces)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Messages and how far the work is, together or not at all. */
async function send(office: Office, row: Row, progress: Progress, changes: readonly ControlChange[]): Promise<void> {
  const { tenant, partition } = row;
  const auditId = progress.audit_id ?? row.audit_id!;
  await office.db.transaction().execute(async (tx) => {
    await lockTenant(tx, tenant);
    if (!(await written(tx, row, progress))) return;
    // Each is a message of its own.
    for (const change of changes)
      await enqueue(tx, { tenant, partition, auditId, trace: newTraceparent(), atMs: office.now(), changes: [change] });
  });
  office.wake();
}
