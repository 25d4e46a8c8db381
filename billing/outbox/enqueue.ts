import type { ControlChange, ControlMessage } from '#core/messages/control.ts';
import { billingLimits } from '../limits.ts';
import type { Tx } from '../schema.ts';

export interface ChangeSet {
  readonly tenant: string;
  readonly partition: number;
  readonly auditId: string;
  readonly trace: string;
  readonly atMs: number;
  readonly changes: readonly ControlChange[];
}

/** Writes the change set's control messages, in order, in the transaction that makes the change. Returns how many. */
export async function enqueue(tx: Tx, set: ChangeSet): Promise<number> {
  const parts = splitChanges(set.changes);
  for (const changes of parts) {
    const seq = await nextSeq(tx, set.partition);
    const message: ControlMessage = { v: 1, tenant: set.tenant, seq, auditId: set.auditId, trace: set.trace, changes };
    await tx
      .insertInto('outbox')
      .values({
        partition: set.partition,
        seq,
        tenant: set.tenant,
        audit_id: set.auditId,
        payload: JSON.stringify(message),
        created_ms: set.atMs,
        published_ms: null,
      })
      .execute();
  }
  return parts.length;
}

/** Cuts a change set where a message would exceed its limits; every change fits into one message by its own limits. */
export function splitChanges(changes: readonly ControlChange[]): ControlChange[][] {
  const parts: ControlChange[][] = [];
  let part: ControlChange[] = [];
  let bytes = 0;
  let fees = 0;
  for (const change of changes) {
    const size = Buffer.byteLength(JSON.stringify(change));
    const full =
      part.length >= billingLimits.changesPerMessageMax ||
      bytes + size > billingLimits.changeBytesPerMessageMax ||
      fees + feesIn(change) > billingLimits.feesPerMessageMax;
    if (full && part.length > 0) {
      parts.push(part);
      part = [];
      bytes = 0;
      fees = 0;
    }
    part.push(change);
    fees += feesIn(change);
    bytes += size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** What a change counts among the fees of a message. */
function feesIn(change: ControlChange): number {
  if (change.kind !== 'fee') return 0;
  const { calendar, allocation = [] } = change;
  const isOfMonths = calendar.kind === 'fiscal' || (calendar.kind !== 'list' && !['day', 'week'].includes(calendar.interval)); // prettier-ignore
  const { feesPerMessageMax: most } = billingLimits;
  return isOfMonths ? Math.min(most, Math.max(1, allocation.length)) : most;
}

/** The row's lock is held until the transaction ends: sequences have no gaps and follow the order of commits. */
async function nextSeq(tx: Tx, partition: number): Promise<number> {
  const { last_seq: seq } = await tx
    .insertInto('outbox_head')
    .values({ partition, last_seq: 1 })
    .onConflict((conflict) =>
      conflict.column('partition').doUpdateSet((eb) => ({ last_seq: eb('outbox_head.last_seq', '+', 1) })),
    )
    .returning('last_seq')
    .executeTakeFirstOrThrow();
  return seq;
}
