import { isDeepStrictEqual } from 'node:util';
import type { ControlMessage } from '#core/messages/control.ts';
import { withoutRows } from '#core/messages/correction.ts';
import { streams, subjects } from '#core/messages/names.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import type { Log } from '#platform/log.ts';
import { billingError } from '../errors.ts';
import { outboxLimits } from '../limits.ts';
import type { Db } from '../schema.ts';

export interface Published {
  readonly messages: number;
  /** Partitions whose log did not take a message, with what it said; their rows wait for the next pass. */
  readonly stuck: readonly { readonly partition: number; readonly outcome: string }[];
}

/** The messages that changes left behind, in the order in which each partition is to take them. */
export interface Outbox {
  /** Partitions with messages that are not marked as published. */
  partitions(): Promise<readonly number[]>;
  waiting(
    partition: number,
  ): Promise<readonly { readonly seq: number; readonly tenant: string; readonly payload: string }[]>;
  published(partition: number, seq: number, atMs: number): Promise<void>;
}

export const outboxOf = (db: Db): Outbox => ({
  async partitions() {
    const found = db.selectFrom('outbox').select('partition').distinct().where('published_ms', 'is', null);
    return (await found.execute()).map(({ partition }) => partition);
  },
  waiting: (partition) =>
    db
      .selectFrom('outbox')
      .select(['seq', 'tenant', 'payload'])
      .where('partition', '=', partition)
      .where('published_ms', 'is', null)
      .orderBy('seq')
      .limit(outboxLimits.batchMax)
      .execute(),
  async published(partition, seq, atMs) {
    const row = db.updateTable('outbox').set({ published_ms: atMs }).where('partition', '=', partition);
    await row.where('seq', '=', seq).execute();
  },
});

/**
 * One pass: publishes what waits, per partition in order, one message at a time. A message is marked only once it is
 * stored and the next is sent only then, so a crash or a lost answer repeats the message but never skips one; the
 * rater drops what it has. Two publishers at once repeat messages too, no worse.
 */
export async function publishWaiting(outbox: Outbox, log: Pick<Log, 'append'>, now: () => number): Promise<Published> {
  const waiting = await outbox.partitions();
  const passes = await Promise.all(waiting.map((partition) => publishPartition(outbox, log, partition, now)));
  return {
    messages: passes.reduce((sum, pass) => sum + pass.messages, 0),
    stuck: passes.flatMap((pass) => pass.stuck),
  };
}

async function publishPartition(
  outbox: Outbox,
  log: Pick<Log, 'append'>,
  partition: number,
  now: () => number,
): Promise<Published> {
  let messages = 0;
  for (const { seq, tenant, payload } of await outbox.waiting(partition)) {
    const outcome = await append(log, partition, tenant, payload);
    if (outcome !== 'stored') return { messages, stuck: [{ partition, outcome }] };
    await outbox.published(partition, seq, now());
    messages++;
  }
  return { messages, stuck: [] };
}

/** What the log said of the message: `stored`, or why not. */
async function append(log: Pick<Log, 'append'>, partition: number, tenant: string, payload: string): Promise<string> {
  try {
    const bytes = new TextEncoder().encode(payload);
    return (await log.append(streams.control(partition), subjects.control(partition, tenant), bytes)).kind;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Compares the outbox with the log at start. What the log lost (a restored or new log) is published again, and counted in the
 * answer. A log, or a rater, that is ahead of the database means that the database was restored: new messages would be taken for
 * old ones (OUTBOX_BEHIND_LOG). So does a last message that the database says otherwise (OUTBOX_DIVERGED).
 */
export async function reconcileOutbox(
  db: Db,
  log: Pick<Log, 'last'>,
  partitions: readonly number[],
): Promise<readonly { readonly partition: number; readonly messages: number }[]> {
  const heads = new Map(
    (await db.selectFrom('outbox_head').selectAll().execute()).map((row) => [row.partition, row.last_seq]),
  );
  const lost: { partition: number; messages: number }[] = [];
  for (const partition of partitions) {
    const last = await log.last(streams.control(partition));
    const message = last && parse<ControlMessage>(last.data);
    const rated = await log.last(streams.rated(partition));
    const mark = rated === undefined ? 0 : parse<CommitHeader>(splitCommit(rated.data).header).inputs.controlMark;
    const logSeq = message?.seq ?? 0;
    const head = heads.get(partition) ?? 0;
    if (Math.max(logSeq, mark) > head) {
      const detail = `${streams.control(partition)} ends with ${logSeq}, the rater has come to ${mark}, the database to ${head}.`;
      throw billingError('OUTBOX_BEHIND_LOG', detail, { partition, logSeq, mark, head });
    }
    if (message !== undefined) await requireSame(db, partition, message);
    const { numUpdatedRows } = await db
      .updateTable('outbox')
      .set({ published_ms: null, outcome: null, detail: null })
      .where('partition', '=', partition)
      .where('seq', '>', logSeq)
      .where('published_ms', 'is not', null)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) lost.push({ partition, messages: Number(numUpdatedRows) });
  }
  return lost;
}

/** Throws OUTBOX_DIVERGED unless the message of the log is the one that the database wrote under its number. */
export async function requireSame(db: Db, partition: number, message: ControlMessage): Promise<void> {
  const { seq } = message;
  const row = await db
    .selectFrom('outbox')
    .select('payload')
    .where('partition', '=', partition)
    .where('seq', '=', seq)
    .executeTakeFirst();
  const written = row && (JSON.parse(row.payload) as ControlMessage);
  // A commit carries a piece of a correction without its rows, the log of control messages with them.
  if (written !== undefined && [written, withoutRows(written)].some((one) => isDeepStrictEqual(one, message))) return;
  const detail = `Number ${seq} of partition ${partition} is ${message.auditId} of ${message.tenant} in the log.`;
  throw billingError('OUTBOX_DIVERGED', detail, { partition, seq });
}

const parse = <Value>(bytes: Uint8Array): Value => JSON.parse(new TextDecoder().decode(bytes)) as Value;
