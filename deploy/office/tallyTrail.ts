import type { RatedRow } from '#core/messages/api.ts';
import type { TallyTrail } from '#dashboards/index.ts';
import type { Store } from '#platform/clickhouse/index.ts';

/** Commits with adjustments, and with first rows, that are looked through; most cells of a price are opened by one of them. */
const adjustmentsMax = 10;
const firstCommitsMax = 10;

/**
 * Where the tally of a row was opened, and what its stored rows add up to before it. A late price moves quantity by
 * adjustments, which name no resource: in a tally per resource they show as `adjusted` and are in no sum.
 */
export async function tallyTrail(
  store: Store,
  tenant: string,
  row: RatedRow,
  perResource: boolean,
): Promise<TallyTrail> {
  const [incarnation, block, position] = [1, 3, 4].map((part) => Number(row.id.split('-')[part])) as [
    number,
    number,
    number,
  ];
  const parameters = {
    tenant,
    partition: row.partition,
    incarnation,
    outSeq: row.outSeq,
    block,
    position: position + 1,
    account: row.account,
    price: row.price,
    meter: row.meter,
    kind: row.kind,
  };
  const mine = perResource ? 'r = target_resource' : '1';
  const rows = await store.query<{ opened: string[]; adjustments: string[]; quantity: string }>(
    `WITH target AS (
       SELECT period_start, resource[{position:UInt32}] AS target_resource FROM valid_blocks
       WHERE tenant = {tenant:String} AND partition = {partition:UInt16} AND incarnation = {incarnation:UInt32}
         AND out_seq = {outSeq:UInt64} AND block = {block:UInt32}
     ),
     (SELECT target_resource FROM target) AS target_resource
     SELECT arraySlice(arraySort(groupUniqArrayIf(out_seq, kind = {kind:String} AND ${perResource ? 'has(resource, target_resource)' : '1'})), 1, ${firstCommitsMax}) AS opened,
       groupArraySortedIf(${adjustmentsMax})(out_seq, kind = 'adjustment') AS adjustments,
       sum(arraySum((q, r, i) -> if(${mine} AND (out_seq, block, i) < ({outSeq:UInt64}, {block:UInt32}, {position:UInt32}), q, toDecimal128(0, 12)),
         quantities, resource, arrayEnumerate(quantities))) AS quantity
     FROM valid_blocks
     WHERE tenant = {tenant:String} AND partition = {partition:UInt16} AND account = {account:UInt32} AND price = {price:UInt32}
       AND meter = {meter:String} AND kind IN ({kind:String}, 'adjustment')
       AND period_start = (SELECT period_start FROM target) AND out_seq <= {outSeq:UInt64}`,
    parameters,
  );
  const found = rows[0];
  if (found === undefined) return { openedAt: [], quantityBefore: '0', adjusted: false };
  const adjustments = found.adjustments.map(Number);
  return {
    openedAt: [...adjustments, ...found.opened.map(Number)].filter((outSeq) => outSeq > 0).sort((a, b) => a - b),
    quantityBefore: found.quantity,
    adjusted: perResource && adjustments.length > 0,
  };
}
