/** The history of credits: what happened to grants, and what was owed. */
import type { CreditEntries } from '#core/messages/api.ts';
import type { CreditEntry, CreditPlace } from '#core/messages/credit.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import type { Store } from '#platform/clickhouse/index.ts';

export interface CreditPage {
  readonly limit: number;
  /** Log time, exclusive. */
  readonly beforeMs: number;
  readonly grant?: string | undefined;
}

type Row = Readonly<Record<string, string | number>>;

/** Newest first; at most `limit`, and all others of the last one's commit, so that the next page begins where this one ends. */
export async function listCreditEntries(
  store: Store,
  tenant: string,
  { limit, beforeMs, grant = '' }: CreditPage,
): Promise<CreditEntries['entries']> {
  const rows = await store.query<Row>(
    `SELECT * FROM (
       SELECT out_seq, n, toUnixTimestamp64Milli(at) AS at_ms, reason, credit_grant, account, currency, toString(amount) AS amount_text,
         place, stream, input_seq, log_time, toUnixTimestamp64Milli(log_time) AS log_time_ms
       FROM credit_entries WHERE tenant = {tenant:String} AND log_time < fromUnixTimestamp64Milli({beforeMs:Int64}, 'UTC')
         AND credit_grant = if({grant:String} = '', credit_grant, {grant:String})
       ORDER BY log_time DESC LIMIT {limit:UInt32} WITH TIES
     ) ORDER BY log_time DESC, out_seq DESC, n DESC`,
    { tenant, beforeMs, grant, limit },
  );
  return rows.map((row) => ({
    outSeq: Number(row['out_seq']),
    logTimeMs: Number(row['log_time_ms']),
    tenant,
    atMs: Number(row['at_ms']),
    reason: row['reason'] as CreditEntry['reason'],
    grant: String(row['credit_grant']),
    account: Number(row['account']),
    currency: String(row['currency']),
    amount: formatAmount(parseAmount(String(row['amount_text']))!),
    ...(row['place'] === '' ? {} : { place: JSON.parse(String(row['place'])) as CreditPlace }),
    ...(row['stream'] === '' ? {} : { input: { stream: row['stream'] as 'usage' | 'control', seq: Number(row['input_seq']) } }), // prettier-ignore
  }));
}
