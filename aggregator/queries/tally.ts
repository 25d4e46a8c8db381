/** The stored rows of one tally: what they add up to, and single ones of them. */
import type { TallyPlace, TallyRows, Witness } from '#core/messages/stored.ts';
import type { Parameters, Store } from '#platform/clickhouse/index.ts';
import { resourceIdsOf, rowStart } from './filters.ts';

/** Where a row lies in the log. */
interface RowPlace {
  readonly outSeq: number;
  readonly block: number;
  readonly position: number;
}

const ofTally = ({ isPool }: TallyPlace): string => `tenant = {tenant:String} AND partition = {partition:UInt16}
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
  const summed = (rows: string): string => `arraySum(arrayFilter((_, r) -> r = {resource:UInt32}, ${rows}, resource))`;
  const [found] = await store.query<{ first_seq: string; last_seq: string; quantity: string; amount: string }>(
    `SELECT min(out_seq) AS first_seq, max(out_seq) AS last_seq, sum(toDecimal256(${isEach ? summed('quantities') : 'quantity'}, 12)) AS quantity,
       sum(toDecimal256(${isEach ? summed('amounts') : 'amount'}, 12)) AS amount
     FROM valid_blocks WHERE ${ofTally(place)} AND out_seq < {outSeqMax:UInt64} ${isEach ? 'AND has(resource, {resource:UInt32})' : ''}`,
    { ...parametersOf(tenant, place), outSeqMax },
  );
  return {
    first: Number(found!.first_seq),
    last: Number(found!.last_seq),
    quantity: found!.quantity,
    amount: found!.amount,
  };
}

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
     FROM (SELECT * FROM valid_blocks WHERE ${ofTally(place)} AND out_seq <= {outSeq:UInt64})
     ARRAY JOIN resource AS row_resource, idx AS row_index, offset AS row_offset, duration AS row_duration, quantities AS row_quantity, range(count) AS row_position
     WHERE (out_seq, block, row_position) < ({outSeq:UInt64}, {block:UInt32}, {position:UInt32})
       ${place.resource === undefined ? '' : 'AND row_resource = {resource:UInt32}'} AND ${isWitness}
     ORDER BY out_seq DESC, block DESC, row_position DESC LIMIT 1`,
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

/** Number of a resource; undefined when no row names it. */
export async function resourceId(store: Store, tenant: string, name: string): Promise<number | undefined> {
  const [found] = await store.query<{ id: number }>(
    'SELECT id FROM resources WHERE tenant = {tenant:String} AND name = {name:String} LIMIT 1',
    { tenant, name },
  );
  return found?.id;
}
