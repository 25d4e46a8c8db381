/** Lines of the small tables, from a commit's header; columns as in `schema/tables.ts`. */
import { tsvDecimals, tsvInstant, tsvLine, type Field } from '#platform/clickhouse/index.ts';
import type { BalanceEntry } from '#core/messages/rated.ts';
import type { Commit } from './commit.ts';

const place = ({ seq, header }: Commit): Field[] => [
  header.partition,
  header.incarnation,
  seq,
  tsvInstant(header.logTimeMs),
];

export const resourceLines = (commit: Commit): string[] =>
  commit.header.resources.map(({ tenant, id, name }) => tsvLine([...place(commit), tenant, id, name]));

export const refusalLines = (commit: Commit): string[] =>
  commit.header.refusals.map((refusal) => {
    const { tenant, producer, epoch, seq, index, reason, detail, samples, stream, inputSeq } = refusal;
    return tsvLine([...place(commit), tenant, producer, epoch, seq, index, reason, detail, samples, stream, inputSeq]);
  });

export const alertLines = (commit: Commit): string[] =>
  commit.header.alerts.map((alert) => {
    const { tenant, id, source, account, type, action } = alert;
    return tsvLine([...place(commit), tenant, id, source, account, type, action, JSON.stringify(alert)]);
  });

/** The place as JSON, "" for none. */
export const creditLines = (commit: Commit): string[] =>
  (commit.header.creditEntries ?? []).map((entry, n) => {
    const { tenant, atMs, reason, grant, account, currency, amount, place: of, input } = entry;
    const where = of === undefined ? '' : JSON.stringify(of);
    const by = [input?.stream ?? '', input?.seq ?? 0];
    return tsvLine([...place(commit), n, tenant, tsvInstant(atMs), reason, grant, account, currency, amount, where, ...by]); // prettier-ignore
  });

export function takeoverLine(commit: Commit, voidRows: number): string {
  const { base, nonce } = commit.header;
  return tsvLine([...place(commit), nonce, base?.incarnation ?? 0, base?.outSeq ?? 0, voidRows]);
}

/** `commit` is the load's last; the balances are those that its commits changed, with their last values. */
export function loadLine(commit: Commit, fromSeq: number, balances: readonly BalanceEntry[]): string {
  const { samples, alerts, blocks } = commit.header.totals;
  return tsvLine([
    ...place(commit),
    fromSeq,
    samples.received,
    samples.rated,
    samples.duplicates,
    samples.refused,
    alerts,
    blocks,
    balances.map((balance) => balance.tenant),
    balances.map((balance) => balance.account),
    balances.map((balance) => balance.periodStartMs),
    balances.map((balance) => balance.currency),
    tsvDecimals(balances.map((balance) => balance.own)),
  ]);
}
