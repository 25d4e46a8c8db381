/** The stored rows that a correction is about, block by block in the order of the log, and what it has booked. */
import type {
  CorrectableKind,
  CorrectedBlock,
  CorrectionEffect,
  CorrectionSelection,
} from '#core/messages/correction.ts';
import type { Parameters, Store } from '#platform/clickhouse/index.ts';
import { resourceNames } from './names.ts';
import { all, upTo, type Scope } from './filters.ts';

export interface SelectedQuestion {
  readonly scope: Scope;
  readonly selection: CorrectionSelection;
  /** Of the correction that asks: what it has reversed itself does not count. */
  readonly own: string;
  readonly limit: number;
  readonly cursor: string | null;
}

export interface SelectedPage {
  /** With the rows that are selected and not reversed; blocks without any are left out. */
  readonly blocks: readonly CorrectedBlock[];
  readonly cursor: string | null;
}

export interface FoundBlock {
  readonly partition: number;
  readonly incarnation: number;
  readonly out_seq: string;
  readonly block: number;
  readonly kind: CorrectableKind;
  readonly account: number;
  readonly price: number;
  readonly meter: string;
  readonly cell: string;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: string;
  readonly usage_seq: string;
  readonly correction: string;
  readonly period_ms: string;
  readonly first_ms: string;
  readonly resource: readonly number[];
  readonly idx: readonly number[];
  readonly offset: readonly number[];
  readonly duration: readonly string[];
  readonly quantities: readonly string[];
  readonly amounts: readonly string[];
}

/** A page of blocks; `cursor` is null behind the last one. */
export async function selectedBlocks(store: Store, question: SelectedQuestion): Promise<SelectedPage> {
  const { scope, selection, own, limit, cursor } = question;
  const parameters: Record<string, Parameters[string]> = { ...scope };
  const conditions = ['tenant = {tenant:String}', upTo('outSeqMax'), ...conditionsOf(selection, parameters)];
  if (cursor !== null) {
    conditions.push('(partition, out_seq, block) > ({afterPartition:UInt16}, {afterSeq:UInt64}, {afterBlock:UInt32})');
    const [partition, outSeq, block] = cursor.split('-').map(Number);
    Object.assign(parameters, { afterPartition: partition!, afterSeq: outSeq!, afterBlock: block! });
  }
  const found = await foundBlocks(store, conditions, parameters, limit);
  const names = await resourceNames(store, scope.tenant, found.flatMap(({ resource }) => resource));
  const reversed = await reversedRows(store, scope.tenant, own, found.map(refOf));
  const last = found.length < limit ? undefined : found.at(-1);
  return {
    blocks: found.flatMap((block) => correctedBlock(block, selection, names, reversed)),
    cursor: last === undefined ? null : [last.partition, last.out_seq, last.block].join('-'),
  };
} // prettier-ignore

/** In the order of the log. */
export const foundBlocks = (store: Store, conditions: readonly string[], parameters: Readonly<Record<string, Parameters[string]>>, limit?: number): Promise<FoundBlock[]> =>
  store.query<FoundBlock>(
    `SELECT partition, incarnation, out_seq, block, kind, account, price, meter, cell, producer, epoch, seq, usage_seq, correction, toUnixTimestamp64Milli(period_start) AS period_ms,
       toUnixTimestamp64Milli(first) AS first_ms, resource, idx, offset, duration::Array(String) AS duration, quantities::Array(String) AS quantities, amounts::Array(String) AS amounts
     FROM valid_blocks WHERE ${all([...conditions])} ORDER BY partition, out_seq, block ${limit === undefined ? '' : `LIMIT ${limit}`}`,
    parameters,
  ); // prettier-ignore

const instant = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;

export function conditionsOf(selection: CorrectionSelection, parameters: Record<string, Parameters[string]>): string[] {
  const { correction } = selection;
  if (correction !== undefined) {
    parameters['correction'] = correction;
    return [`kind IN ('void', 'corrected', 'rerated')`, 'correction = {correction:String}'];
  }
  const conditions = [`kind IN ('usage', 'unpriced', 'corrected', 'rerated')`];
  const add = (name: keyof CorrectionSelection, condition: string): void => {
    const value = selection[name];
    if (value === undefined) return;
    parameters[name] = value;
    conditions.push(condition);
  };
  add('producer', 'producer = {producer:String}');
  add('epoch', 'epoch = {epoch:String}');
  add('fromSeq', 'seq >= {fromSeq:UInt64}');
  add('toSeq', 'seq <= {toSeq:UInt64}');
  add('meter', 'meter = {meter:String}');
  add('fromMs', `last >= ${instant('fromMs')}`);
  add('toMs', `first < ${instant('toMs')}`);
  add('resource', `hasAny(resource, (SELECT groupArray(id) FROM resources WHERE tenant = {tenant:String} AND (name = {resource:String}
    OR (endsWith({resource:String}, '/*') AND startsWith(name, substring({resource:String}, 1, length({resource:String}) - 1))))))`);
  return conditions;
} // prettier-ignore

export const refOf = ({ partition, incarnation, out_seq, block }: FoundBlock): string => `${partition}-${incarnation}-${out_seq}-${block}`; // prettier-ignore

/** Block, index and start of each row that was reversed. */
export async function reversedRows(store: Store, tenant: string, own: string, refs: readonly string[]): Promise<Set<string>> {
  if (refs.length === 0) return new Set();
  const found = await store.query<{ reverses: string; idx: number[]; starts: string[] }>(
    `SELECT reverses, idx, arrayMap(o -> toUnixTimestamp64Milli(first) + o, offset)::Array(String) AS starts FROM valid_blocks
     WHERE tenant = {tenant:String} AND reverses IN {refs:Array(String)} AND correction != {own:String}`,
    { tenant, own, refs },
  );
  return new Set(found.flatMap(({ reverses, idx, starts }) => idx.map((index, i) => `${reverses} ${index} ${starts[i]}`)));
} // prettier-ignore

const correctedBlock = (
  found: FoundBlock,
  selection: CorrectionSelection,
  names: ReadonlyMap<number, string>,
  reversed: ReadonlySet<string>,
): CorrectedBlock[] =>
  correctedRows(found, names, (i) => isSelected(found, i, selection, names) && !reversed.has(rowKey(found, i)));

/** What names a row for good: block, index and start. */
export const rowKey = (found: FoundBlock, i: number): string => `${refOf(found)} ${found.idx[i]} ${Number(found.first_ms) + found.offset[i]!}`; // prettier-ignore

export function isSelected(found: FoundBlock, i: number, { fromMs = 0, toMs = Infinity, resource }: CorrectionSelection, names: ReadonlyMap<number, string>): boolean {
  const startMs = Number(found.first_ms) + found.offset[i]!;
  const name = names.get(found.resource[i]!) ?? '';
  const isNamed = resource === undefined || (resource.endsWith('/*') ? name.startsWith(resource.slice(0, -1)) : name === resource);
  return startMs >= fromMs && startMs < toMs && isNamed;
} // prettier-ignore

/** With the rows that are wanted; nothing where none is. */
export function correctedRows(found: FoundBlock, names: ReadonlyMap<number, string>, isWanted: (place: number) => boolean): CorrectedBlock[] {
  const ref = refOf(found);
  const firstMs = Number(found.first_ms);
  const places = found.idx.flatMap((_, i) => (isWanted(i) ? [i] : []));
  if (places.length === 0) return [];
  const resources = [...new Set(places.map((i) => names.get(found.resource[i]!) ?? ''))];
  const at = new Map(resources.map((name, place) => [name, place]));
  return [
    {
      ref, kind: found.kind, account: found.account, price: found.price, meter: found.meter, cell: found.cell, periodStartMs: Number(found.period_ms),
      producer: found.producer, epoch: found.epoch, seq: Number(found.seq), usageSeq: Number(found.usage_seq), firstMs, resources,
      rows: places.map((i) => [at.get(names.get(found.resource[i]!) ?? '')!, found.idx[i]!, found.offset[i]!, Number(found.duration[i]), found.quantities[i]!, found.amounts[i]!]),
    },
  ];
} // prettier-ignore

/** Whether a sample of these batches was cut, of a meter: then a row is not an event of its own. */
export async function hasCutSamples(store: Store, tenant: string, meter: string, usageSeqs: readonly number[]): Promise<boolean> {
  const found = await store.query(
    `SELECT usage_seq, row_index FROM valid_blocks ARRAY JOIN idx AS row_index, offset AS row_offset
     WHERE tenant = {tenant:String} AND meter = {meter:String} AND usage_seq IN {usageSeqs:Array(UInt64)} AND kind IN ('usage', 'unpriced', 'rerated')
     GROUP BY partition, usage_seq, row_index HAVING uniqExact(addMilliseconds(first, row_offset)) > 1 LIMIT 1`,
    { tenant, meter, usageSeqs: [...new Set(usageSeqs)] },
  );
  return found.length > 0;
} // prettier-ignore

/** By account, price, period and month booked. */
export async function bookedEffects(store: Store, tenant: string, correction: string): Promise<CorrectionEffect[]> {
  const found = await store.query<{
    account: number; price: number; currency: string; period_ms: string; booked_ms: string; closed_ms: string; rows: string; reversed: string; rest: string; again: string; is_again: number; amount: string;
  }>(
    `SELECT account, price, currency, toUnixTimestamp64Milli(period_start) AS period_ms, toUnixTimestamp64Milli(booked_start) AS booked_ms, toUnixTimestamp64Milli(closed_until) AS closed_ms,
       sumIf(count, kind IN ('void', 'corrected')) AS rows, sumIf(b.amount, kind IN ('void', 'corrected')) AS reversed, sumIf(b.amount, kind = 'adjustment') AS rest,
       sumIf(b.amount, kind = 'rerated') AS again, again != 0 AS is_again, sum(b.amount) AS amount
     FROM valid_blocks AS b WHERE tenant = {tenant:String} AND correction = {correction:String}
     GROUP BY account, price, currency, period_ms, booked_ms, closed_ms ORDER BY account, price, period_ms, booked_ms`,
    { tenant, correction },
  ); // prettier-ignore
  return found.map(({ account, price, currency, period_ms, booked_ms, closed_ms, rows, reversed, rest, again, is_again, amount }) => ({
    account, price, currency, periodStartMs: Number(period_ms), bookedStartMs: Number(booked_ms), closedUntilMs: Number(closed_ms),
    rows: Number(rows), reversed, rest, ...(is_again === 1 ? { again } : {}), amount,
  })); // prettier-ignore
}
