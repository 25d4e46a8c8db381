/** What agreements of a root account looked at in a period, and the rows that they booked, as the stored rows add up. */
import type { SettlementPlace, StoredAgreed, StoredLine } from '#core/messages/stored.ts';
import { upTo } from './filters.ts';
import type { Store } from '#platform/clickhouse/index.ts';

const ofUnit = `tenant = {tenant:String} AND ${upTo('outSeqMax')} AND has(path, {unit:UInt32})
  AND currency = {currency:String}`;

/** Of commits up to `outSeqMax`. A row belongs to the period that holds its start, or the end of what was closed when it came. */
export async function settlementRows(
  store: Store,
  tenant: string,
  place: SettlementPlace,
  outSeqMax: number,
): Promise<{ readonly lines: readonly StoredLine[]; readonly agreed: readonly StoredAgreed[] }> {
  const parameters = { tenant, ...place, outSeqMax };
  const booked = 'toUnixTimestamp64Milli(greatest(first, closed_until))';
  const lines = await store.query<StoredLine>(
    `SELECT account, price, service, component, sum(toDecimal256(quantity, 12)) AS quantity, sum(toDecimal256(amount, 12)) AS amount
     FROM (SELECT account, price, service, component, quantity, amount FROM valid_blocks
       WHERE ${ofUnit} AND price > 0 AND kind != 'agreement' AND ${booked} >= {startMs:Int64} AND ${booked} < {endMs:Int64})
     GROUP BY account, price, service, component ORDER BY account, price, service, component`,
    parameters,
  );
  const agreed = await store.query<Omit<StoredAgreed, 'periodStartMs'> & { readonly period: string }>(
    `SELECT price, account, cell AS reason, toUnixTimestamp64Milli(period_start) AS period, sum(toDecimal256(amount, 12)) AS amount
     FROM (SELECT price, account, cell, period_start, amount FROM valid_blocks
       WHERE ${ofUnit} AND kind = 'agreement' AND toUnixTimestamp64Milli(period_start) < {endMs:Int64})
     GROUP BY price, account, reason, period ORDER BY period, price, account, reason`,
    parameters,
  );
  return { lines, agreed: agreed.map(({ period, ...row }) => ({ ...row, periodStartMs: Number(period) })) };
}
