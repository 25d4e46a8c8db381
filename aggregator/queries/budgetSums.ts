/** Sums of stored rows as a budget counts them, by quarter of an hour (SPEC §6.3, §6.9). */
import type { BudgetSumsQuestion, StoredBudgetSum } from '#core/messages/budgetSums.ts';
import type { Parameter, Store } from '#platform/clickhouse/index.ts';

/** Where a row is booked: late ones at the end of what their account's unit had closed. */
const booked =
  "if(closed_until > fromUnixTimestamp64Milli(0, 'UTC'), closed_until, addMilliseconds(first, row_offset))";

export async function budgetSums(
  store: Store,
  tenant: string,
  question: BudgetSumsQuestion,
): Promise<StoredBudgetSum[]> {
  const { logTimeMaxMs, fromMs, accounts, currencies, meter, resources } = question;
  const parameters: Record<string, Parameter> = { tenant, logTimeMaxMs, fromMs, accounts };
  const blocks = [
    'tenant = {tenant:String}',
    "log_time <= fromUnixTimestamp64Milli({logTimeMaxMs:Int64}, 'UTC')",
    "greatest(last, closed_until) >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')",
    'account IN {accounts:Array(UInt32)}',
    "kind != 'unmetered'",
  ];
  const oneOf = (column: string, type: string, values: Parameter | undefined): void => {
    if (values === undefined) return;
    parameters[`${column}s`] = values;
    blocks.push(`${column} IN {${column}s:Array(${type})}`);
  };
  if (meter === undefined) oneOf('currency', 'String', currencies);
  else {
    parameters['measured'] = meter;
    blocks.push('meter = {measured:String}');
  }
  oneOf('service', 'String', question.services);
  oneOf('component', 'String', question.components);
  oneOf('meter', 'String', question.meters);
  oneOf('price', 'UInt32', question.prices);
  const rows = [`${booked} >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')`];
  if (resources !== undefined) {
    parameters['names'] = resources.filter((name) => !name.endsWith('/*'));
    parameters['below'] = resources.filter((name) => name.endsWith('/*')).map((name) => name.slice(0, -1));
    rows.push(`row_resource IN (SELECT id FROM resources WHERE tenant = {tenant:String}
      AND (name IN {names:Array(String)} OR arrayExists(above -> startsWith(name, above), {below:Array(String)})))`);
  }
  const figure = meter === undefined ? 'row_amount' : 'row_quantity';
  const found = await store.query<{ at_ms: string; currency: string; sum: string }>(
    `SELECT intDiv(toUnixTimestamp64Milli(${booked}), 900000) * 900000 AS at_ms, ${meter === undefined ? 'currency' : "''"} AS currency,
       toString(sum(toDecimal256(${figure}, 12))) AS sum
     FROM valid_blocks ARRAY JOIN offset AS row_offset, resource AS row_resource, amounts AS row_amount, quantities AS row_quantity
     WHERE ${[...blocks, ...rows].join(' AND ')} GROUP BY at_ms, currency ORDER BY at_ms, currency`,
    parameters,
  );
  return found.map(({ at_ms, currency, sum }) => ({ atMs: Number(at_ms), currency, sum }));
}
