import type { ControlMessage } from '#core/messages/control.ts';
import { streams } from '#core/messages/names.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { appendAudit } from '../audit/append.ts';
import { lockTenant } from '../change.ts';
import { outboxLimits } from '../limits.ts';
import type { Db } from '../schema.ts';
import { requireSame } from './publish.ts';

type ReadLog = Pick<Log, 'get' | 'last'>;

export interface Rejected {
  readonly tenant: string;
  readonly partition: number;
  readonly seq: number;
  readonly auditId: string;
  readonly detail: string;
}

export interface Settled {
  readonly rejected: readonly Rejected[];
  /** Published messages that the rater has not come to yet. */
  readonly waiting: number;
}

/**
 * Learns from the rated log what became of published messages. The first commit whose mark has reached a message either
 * carries it or has rejected it. A rejection is marked and written to the audit log in one transaction, so it is told once.
 * Where the commit carries another message under the number, the database was restored and has gone on: OUTBOX_DIVERGED.
 */
export async function settleOutcomes(db: Db, log: ReadLog, now: () => number): Promise<Settled> {
  const rows = await db
    .selectFrom('outbox')
    .select(['partition', 'seq', 'tenant', 'audit_id'])
    .where('published_ms', 'is not', null)
    .where('outcome', 'is', null)
    .orderBy('partition')
    .orderBy('seq')
    .limit(outboxLimits.settledMax)
    .execute();
  const rejected: Rejected[] = [];
  let waiting = 0;
  const readers = new Map<number, RatedReader>();
  for (const { partition, seq, tenant, audit_id: auditId } of rows) {
    const reader = readers.get(partition) ?? new RatedReader(log, partition);
    readers.set(partition, reader);
    const commit = await reader.reaching(seq);
    const carried = commit?.control.find((message) => message.seq === seq);
    if (commit === undefined) waiting += 1;
    else if (carried !== undefined) {
      await requireSame(db, partition, carried);
      await mark(db, partition, seq, 'taken', null);
    } else {
      const detail = await reader.reasonOf(commit, seq);
      const refusal = { tenant, partition, seq, auditId, detail };
      if (await reject(db, now(), refusal)) rejected.push(refusal);
    }
  }
  return { rejected, waiting };
}

/** What became of a change's messages, once that is known or after a short wait. */
export async function outcomeOf(db: Db, tenant: string, auditId: string): Promise<Outcome> {
  for (let waitedMs = 0; ; waitedMs += outboxLimits.outcomePollMs) {
    const rows = await db
      .selectFrom('outbox')
      .select(['outcome', 'detail'])
      .where('tenant', '=', tenant)
      .where('audit_id', '=', auditId)
      .orderBy('seq')
      .execute();
    const isKnown = rows.every(({ outcome }) => outcome !== null);
    if (!isKnown && waitedMs < outboxLimits.outcomeWaitMs) {
      await sleep(outboxLimits.outcomePollMs);
      continue;
    }
    const rejected = rows.flatMap(({ outcome, detail }) => (outcome === 'rejected' ? [detail ?? ''] : []));
    return { outcome: rejected.length > 0 ? 'rejected' : isKnown ? 'taken' : 'pending', rejected };
  }
}

export interface Outcome {
  /** `pending`: not known yet; a rejection will be in the audit log. */
  readonly outcome: 'taken' | 'rejected' | 'pending';
  /** The reasons, one a rejected message. */
  readonly rejected: readonly string[];
}

/** Reads the headers of one partition's commits, each once a pass. */
class RatedReader {
  readonly #log: ReadLog;
  readonly #partition: number;
  readonly #headers = new Map<number, CommitHeader | undefined>();
  #lastSeq: number | undefined;

  constructor(log: ReadLog, partition: number) {
    this.#log = log;
    this.#partition = partition;
  }

  /** The first commit whose control mark is at least `mark`; marks only rise, so steps back that double find it soon. */
  async reaching(mark: number): Promise<CommitHeader | undefined> {
    let high = (this.#lastSeq ??= await this.#readLast());
    if (high === 0 || (await this.#markAt(high)) < mark) return undefined;
    let low = high - 1;
    for (let step = 1; low > 0 && (await this.#markAt(low)) >= mark; step *= 2) {
      high = low;
      low = Math.max(0, low - step);
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if ((await this.#markAt(middle)) >= mark) high = middle;
      else low = middle;
    }
    return this.#headers.get(high);
  }

  /** A refusal names the message by its place in the control log. */
  async reasonOf(commit: CommitHeader, seq: number): Promise<string> {
    for (const { stream, inputSeq, detail } of commit.refusals) {
      if (stream !== 'control') continue;
      const message = await this.#log.get(streams.control(this.#partition), inputSeq);
      if (message !== undefined && parse<ControlMessage>(message.data).seq === seq) return detail;
    }
    return 'the rater gave no reason';
  }

  async #readLast(): Promise<number> {
    const last = await this.#log.last(streams.rated(this.#partition));
    if (last === undefined) return 0;
    this.#headers.set(last.seq, parse<CommitHeader>(splitCommit(last.data).header));
    return last.seq;
  }

  /** 0 of a commit that is no longer kept: what it holds was settled long ago. */
  async #markAt(seq: number): Promise<number> {
    if (!this.#headers.has(seq)) {
      const message = await this.#log.get(streams.rated(this.#partition), seq);
      this.#headers.set(seq, message && parse<CommitHeader>(splitCommit(message.data).header));
    }
    return this.#headers.get(seq)?.inputs.controlMark ?? 0;
  }
}

const parse = <Value>(bytes: Uint8Array): Value => JSON.parse(new TextDecoder().decode(bytes)) as Value;

async function mark(
  db: Db,
  partition: number,
  seq: number,
  outcome: 'taken' | 'rejected',
  detail: string | null,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ outcome, detail })
    .where('partition', '=', partition)
    .where('seq', '=', seq)
    .where('outcome', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** False when another office was quicker. */
async function reject(db: Db, atMs: number, { tenant, partition, seq, auditId, detail }: Rejected): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await lockTenant(tx, tenant);
    if (!(await mark(tx, partition, seq, 'rejected', detail))) return false;
    await appendAudit(tx, tenant, atMs, {
      actor: 'rater',
      action: 'rejected',
      subject: `control/${partition}/${seq}`,
      before: null,
      after: { auditId },
      why: detail,
    });
    return true;
  });
}
