/** The stored rows of one tally: what they add up to, and single ones of them. */
import type { CommitRef, TallyPlace, TallyRows, Witness } from '#core/messages/stored.ts';
import type { Parameters, Store } from '#platform/clickhouse/index.ts';
import { resourceIdsLike, resourceIdsOf, rowStart, upTo } from './filters.ts';

/** Where a row lies in the log. */
interface RowPlace {
  readonly outSeq: number;
  readonly block: number;
  readonly position: number;
}

const ofTally = ({ isPool }: TallyPlace): string => `tenant = {tenant:String}
  ${isPool ? '' : 'AND account = {account:UInt32}'} AND price = {price:UInt32} AND meter = {meter:String} AND cell = {cell:String} AND kind != 'unmetered' AND period_start = fromUnixTimestamp64Milli({periodStartMs:Int64}, 'UTC')`;

const parametersOf = (tenant: string, { resource, isPool, account, ...place }: TallyPlace): Parameters => ({
  tenant,
  ...place,
  ...(isPool ? {} : { account }),
  ...(resource === undefined ? {} : { resource }),
});

/** Rows of commits before `outSeqMax`; of all of them without it. */
export async function tallyRows(
  store: Store,
  tenant: string,
  place: TallyPlace,
  outSeqMax = Number.MAX_SAFE_INTEGER,
): Promise<TallyRows> {
  const isEach = place.resource !== undefined;
  const summed = (rows: string): string =>
    `arraySum(arrayFilter((_, r) -> has(${resourceIdsLike('resource')}, r), ${rows}, resource))`;
  const [found] = await store.query<{
    first_at: [number, string];
    last_at: [number, string];
    quantity: string;
    amount: string;
  }>(
    `SELECT min((partition, out_seq)) AS first_at, max((partition, out_seq)) AS last_at, sum(toDecimal256(${isEach ? summed('quantities') : 'quantity'}, 12)) AS quantity,
       sum(toDecimal256(${isEach ? summed('amounts') : 'amount'}, 12)) AS amount
     FROM valid_blocks WHERE ${ofTally(place)} AND ${upTo('outSeqMax', true)} ${isEach ? `AND hasAny(resource, ${resourceIdsLike('resource')})` : ''}`,
    { ...parametersOf(tenant, place), outSeqMax },
  );
  return {
    first: placeIn(found!.first_at),
    last: placeIn(found!.last_at),
    quantity: found!.quantity,
    amount: found!.amount,
  };
}

const placeIn = ([partition, outSeq]: readonly [number, string]): CommitRef => ({ partition, outSeq: Number(outSeq) });

/** Id of the newest such row of the tally before another row; undefined when there is none. */
export async function tallyWitness(
  store: Store,
  tenant: string,
  place: TallyPlace,
  before: RowPlace,
  witness: Witness,
): Promise<string | undefined> {
  const isWitness =
    'counted' in witness
      ? `row_quantity > 0 AND has(${resourceIdsOf('counted')}, row_resource)`
      : `(toUnixTimestamp64Milli(${rowStart}) + row_duration, producer, epoch, seq, row_index) > ({endMs:Int64}, {producer:String}, {epoch:String}, {seq:UInt64}, {index:UInt32})`;
  const [endMs, producer, epoch, seq, index] = 'counted' in witness ? [] : witness.newerThan;
  const [found] = await store.query<{ id: string }>(
    `SELECT concat(toString(partition), '-', toString(incarnation), '-', toString(out_seq), '-', toString(block), '-', toString(row_position)) AS id
     FROM (SELECT * FROM valid_blocks WHERE ${ofTally(place)} AND ${upTo('outSeq')})
     ARRAY JOIN resource AS row_resource, idx AS row_index, offset AS row_offset, duration AS row_duration, quantities AS row_quantity, range(count) AS row_position
     WHERE (partition, out_seq, block, row_position) < ({partition:UInt16}, {outSeq:UInt64}, {block:UInt32}, {position:UInt32})
       ${place.resource === undefined ? '' : `AND has(${resourceIdsLike('resource')}, row_resource)`} AND ${isWitness}
     ORDER BY partition DESC, out_seq DESC, block DESC, row_position DESC LIMIT 1`,
    {
      ...parametersOf(tenant, place),
      outSeq: before.outSeq,
      block: before.block,
      position: before.position,
      ...('counted' in witness
        ? { counted: witness.counted }
        : { endMs: endMs!, producer: producer!, epoch: epoch!, seq: seq!, index: index! }),
    },
  );
  return found?.id;
}

/** Newest number of a resource; undefined when no row names it. */
export async function resourceId(store: Store, tenant: string, name: string): Promise<number | undefined> {
  const [found] = await store.query<{ id: number }>(
    'SELECT max(id) AS id FROM resources WHERE tenant = {tenant:String} AND name = {name:String} HAVING count() > 0',
    { tenant, name },
  );
  return found?.id;
}
