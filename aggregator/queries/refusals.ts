/** What was refused: one row a sample or batch, and how much of it per producer and reason. */
import type { RefusalTotal } from '#core/messages/api.ts';
import type { Refusal, RefusalReason } from '#core/messages/rated.ts';
import type { Store } from '#platform/clickhouse/index.ts';

export interface RefusalPage {
  /** At most this many, and all others of the last one's instant, so that the next page begins where this one ends. */
  readonly limit: number;
  /** Log time, exclusive. */
  readonly beforeMs: number;
  readonly producer?: string | undefined;
  readonly reason?: RefusalReason | undefined;
}

type Row = Readonly<Record<string, string | number>>;

/** Newest first. */
export async function listRefusals(store: Store, tenant: string, page: RefusalPage): Promise<Refusal[]> {
  const { limit, beforeMs, producer = '', reason = '' } = page;
  const rows = await store.query<Row>(
    `SELECT * FROM (
       SELECT tenant, producer, epoch, seq, idx, reason, detail, samples, stream, input_seq, out_seq, log_time,
         toUnixTimestamp64Milli(log_time) AS log_time_ms
       FROM refusals WHERE tenant = {tenant:String} AND log_time < fromUnixTimestamp64Milli({beforeMs:Int64}, 'UTC')
         AND producer = if({producer:String} = '', producer, {producer:String})
         AND reason = if({reason:String} = '', reason, {reason:String})
       ORDER BY log_time DESC LIMIT {limit:UInt32} WITH TIES
     ) ORDER BY log_time DESC, out_seq DESC, seq DESC, idx DESC`,
    { tenant, beforeMs, producer, reason, limit },
  );
  return rows.map(
    (row) =>
      ({
        tenant: row['tenant'],
        producer: row['producer'],
        epoch: row['epoch'],
        seq: Number(row['seq']),
        index: row['idx'],
        reason: row['reason'],
        detail: row['detail'],
        samples: row['samples'],
        stream: row['stream'],
        inputSeq: Number(row['input_seq']),
        logTimeMs: Number(row['log_time_ms']),
      }) as Refusal,
  );
}

/** The largest first. */
export async function totalRefusals(store: Store, tenant: string): Promise<RefusalTotal[]> {
  const rows = await store.query<Row>(
    `SELECT producer, reason, count() AS refusals, sum(samples) AS lost, max(toUnixTimestamp64Milli(log_time)) AS newest
     FROM refusals WHERE tenant = {tenant:String} GROUP BY producer, reason ORDER BY lost DESC, producer, reason`,
    { tenant },
  );
  return rows.map((row) => ({
    producer: String(row['producer']),
    reason: row['reason'] as RefusalReason,
    refusals: Number(row['refusals']),
    samples: Number(row['lost']),
    newestMs: Number(row['newest']),
  }));
}
