/** The samples that are to be rated again, batch by batch in the order of `USAGE`, and all rows that stand of each. */
import type { CorrectedBlock } from '#core/messages/correction.ts';
import type { Parameters, Store } from '#platform/clickhouse/index.ts';
import { conditionsOf, correctedRows, foundBlocks, isSelected, refOf, reversedRows, rowKey, type SelectedQuestion } from './corrections.ts'; // prettier-ignore
import { all, upTo } from './filters.ts';
import { resourceNames } from './names.ts';

/** A batch, and which of its samples are selected and stand. */
export interface SelectedBatch {
  readonly partition: number;
  readonly usageSeq: number;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  readonly indexes: readonly number[];
  readonly blocks: readonly CorrectedBlock[];
}

/** A page of batches; `cursor` is null behind the last one. A sample is selected by the rows that were its first. */
export async function selectedSamples(store: Store, question: SelectedQuestion): Promise<{ readonly batches: readonly SelectedBatch[]; readonly cursor: string | null }> {
  const { scope, selection, own, limit } = question;
  const found = await batchesOf(store, question);
  const producers = [...new Set(found.map(({ producer }) => producer))];
  const keys = found.map(({ producer, epoch, seq }) => `${producer} ${epoch} ${seq}`);
  const stored = found.length === 0 ? [] : await foundBlocks(store, [
    'tenant = {tenant:String}', upTo('outSeqMax'), 'producer IN {producers:Array(String)}', `kind IN ('usage', 'unpriced', 'corrected', 'rerated')`,
    `concat(producer, ' ', epoch, ' ', toString(seq)) IN {keys:Array(String)}`,
  ], { ...scope, producers, keys }); // prettier-ignore
  const names = await resourceNames(store, scope.tenant, stored.flatMap(({ resource }) => resource));
  const reversed = await reversedRows(store, scope.tenant, own, stored.map(refOf));
  const byBatch = Map.groupBy(stored, ({ producer, epoch, seq }) => `${producer} ${epoch} ${seq}`);
  const last = found.length < limit ? undefined : found.at(-1);
  return {
    batches: found.flatMap(({ partition, usage_seq, producer, epoch, seq }): SelectedBatch[] => {
      const of = byBatch.get(`${producer} ${epoch} ${seq}`) ?? [];
      const first = of.filter((block) => block.correction === '' && (selection.meter === undefined || block.meter === selection.meter));
      const wanted = new Set(first.flatMap((block) => block.idx.filter((_, i) => isSelected(block, i, selection, names))));
      const blocks = of.flatMap((block) => correctedRows(block, names, (i) => wanted.has(block.idx[i]!) && !reversed.has(rowKey(block, i))));
      const indexes = new Set(blocks.flatMap(({ rows }) => rows.map(([, index]) => index)));
      if (indexes.size === 0) return [];
      return [{ partition, usageSeq: Number(usage_seq), producer, epoch, seq: Number(seq), indexes: [...indexes].sort((a, b) => a - b), blocks }];
    }),
    cursor: last === undefined ? null : `${last.partition}-${last.usage_seq}`,
  };
} // prettier-ignore

interface FoundBatch {
  readonly partition: number;
  readonly usage_seq: string;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: string;
}

function batchesOf(store: Store, { scope, selection, limit, cursor }: SelectedQuestion): Promise<FoundBatch[]> {
  const parameters: Record<string, Parameters[string]> = { ...scope };
  const conditions = ['tenant = {tenant:String}', upTo('outSeqMax'), ...conditionsOf(selection, parameters), `kind IN ('usage', 'unpriced')`]; // prettier-ignore
  if (cursor !== null) {
    const [partition, usageSeq] = cursor.split('-').map(Number);
    conditions.push('(partition, usage_seq) > ({afterPartition:UInt16}, {afterSeq:UInt64})');
    Object.assign(parameters, { afterPartition: partition!, afterSeq: usageSeq! });
  }
  return store.query<FoundBatch>(
    `SELECT DISTINCT partition, usage_seq, producer, epoch, seq FROM valid_blocks
     WHERE ${all(conditions)} ORDER BY partition, usage_seq LIMIT ${limit}`,
    parameters,
  );
}
