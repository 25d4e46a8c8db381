/**
 * Attempts of `DELIVERIES` in the database: what leaves the stream one day is read here. The notifier lets nothing go beyond what is
 * said to be archived.
 */
import type { Delivery } from '#core/messages/api.ts';
import { deliveriesOf, type DeliveryRecord, type DeliveryRequest } from '#core/messages/delivery.ts';
import { notifierKeys, streams } from '#core/messages/names.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import type { BillingEvents } from '../events.ts';
import { archiveLimits } from '../limits.ts';
import type { Db, Reader, Tx } from '../schema.ts';

export interface ArchiveDeps {
  readonly db: Db;
  readonly log: Pick<Log, 'info' | 'follow'>;
  /** The bucket `NOTIFIER`. */
  readonly bucket: { put(key: string, text: string): Promise<number> };
}

/** Until the signal aborts; what fails is told and tried again. */
export async function archiveDeliveries(deps: ArchiveDeps, events: BillingEvents, signal: AbortSignal): Promise<void> {
  let archivedSeq = -1;
  while (!signal.aborted) {
    try {
      const { firstSeq, lastSeq } = await deps.log.info(streams.deliveries);
      while (archivedSeq !== lastSeq) archivedSeq = await archiveNext(deps, { firstSeq, lastSeq }, signal);
    } catch (error) {
      if (!signal.aborted) events.archiveFailed(error);
    }
    await sleep(archiveLimits.everyMs, signal);
  }
}

/** The next messages, in one transaction with how far it is then, which is given. What is there already stays. */
async function archiveNext(
  { db, log, bucket }: ArchiveDeps,
  { firstSeq, lastSeq }: { readonly firstSeq: number; readonly lastSeq: number },
  signal: AbortSignal,
): Promise<number> {
  const row = await db
    .selectFrom('archived_stream')
    .select('seq')
    .where('stream', '=', streams.deliveries)
    .executeTakeFirst();
  // A stream that has lost its tail is read again from its beginning.
  const known = row === undefined || row.seq > lastSeq ? 0 : row.seq;
  const messages = await read(log, Math.max(known + 1, firstSeq, 1), lastSeq, signal);
  const seq = messages.at(-1)?.seq ?? lastSeq;
  await db.transaction().execute(async (tx) => {
    await insert(tx, messages.flatMap(attemptsIn));
    await tx
      .insertInto('archived_stream')
      .values({ stream: streams.deliveries, seq })
      .onConflict((conflict) => conflict.column('stream').doUpdateSet({ seq }))
      .execute();
  });
  await bucket.put(notifierKeys.archived, JSON.stringify({ seq }));
  return seq;
}

async function read(log: ArchiveDeps['log'], fromSeq: number, lastSeq: number, signal: AbortSignal) {
  const found: LogMessage[] = [];
  if (fromSeq > lastSeq) return found;
  const reading = new AbortController();
  for await (const message of log.follow(streams.deliveries, fromSeq, AbortSignal.any([signal, reading.signal]))) {
    found.push(message);
    if (message.seq >= lastSeq || found.length === archiveLimits.messagesMax) break;
  }
  reading.abort();
  signal.throwIfAborted();
  return found;
}

/** The broker vouches for the subject; a record that names another tenant is nobody's. */
function attemptsIn({ subject, data }: LogMessage): readonly Delivery[] {
  try {
    const record = JSON.parse(Buffer.from(data).toString('utf8')) as DeliveryRecord | DeliveryRequest | null;
    if (record === null || 'kind' in record || record.tenant !== subject.split('.')[1]) return [];
    return deliveriesOf(record).filter(
      ({ alertId, attempt }) => typeof alertId === 'string' && Number.isInteger(attempt),
    );
  } catch {
    return [];
  }
}

/** In chunks, for a statement takes 65,535 parameters at most. */
async function insert(tx: Tx, attempts: readonly Delivery[]): Promise<void> {
  for (let from = 0; from < attempts.length; from += 1000) {
    const rows = attempts.slice(from, from + 1000).map((delivery) => ({
      tenant: delivery.tenant,
      target: delivery.target,
      alert: delivery.alertId,
      attempt: delivery.attempt,
      at_ms: delivery.atMs,
      body: JSON.stringify(delivery),
    }));
    await tx
      .insertInto('delivery_attempt')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export interface ArchiveQuery {
  readonly target?: string | undefined;
  readonly alert?: string | undefined;
  /** Before this instant, UTC ms. */
  readonly beforeMs?: number | undefined;
  readonly limit: number;
}

/** Attempts, newest first. */
export async function archivedAttempts(
  db: Reader,
  tenant: string,
  { target, alert, beforeMs, limit }: ArchiveQuery,
): Promise<Delivery[]> {
  let query = db.selectFrom('delivery_attempt').select('body').where('tenant', '=', tenant);
  if (target !== undefined) query = query.where('target', '=', target);
  if (alert !== undefined) query = query.where('alert', '=', alert);
  if (beforeMs !== undefined) query = query.where('at_ms', '<', beforeMs);
  const rows = await query.orderBy('at_ms', 'desc').orderBy('attempt', 'desc').limit(limit).execute();
  return rows.map(({ body }) => body);
}
