/** Writes corrections of what a log holds, as an office would that reads the stored rows. */
import type { ControlChange } from '../../messages/control.ts';
import {
  correctableKinds,
  type CorrectableKind,
  type CorrectedBlock,
  type CorrectedRow,
} from '../../messages/correction.ts';
import { againOf, rowsBySample, type SentBatch } from './rerating.ts';
import { instantMs, readBlocks, type Block } from '../../reference/audit/blocks.ts';

/** The blocks of one commit, and its partition. */
export interface StoredText {
  readonly partition: number;
  readonly text: string;
}

/** Which rows: of the n-th batch that has some, or of the n-th correction. */
export interface CorrectAction {
  readonly kind: 'correct';
  readonly tenant: string;
  readonly what: 'void' | 'revert' | 'rerate';
  readonly which: number;
  /** Every n-th row is left out; 0 for none. */
  readonly leaves: number;
  readonly pieces: 1 | 2;
  /** Whether it ends, or goes on until another one is to begin. */
  readonly ends: boolean;
}

/** What the partition knows of ids. */
export interface Names {
  readonly nameOf: (resource: number) => string;
  /** Whether a meter's rows can be reversed. */
  readonly isReversed: (meter: string) => boolean;
  readonly batchAt: (partition: number, usageSeq: number) => SentBatch;
}

/** Rows of each kind. */
interface Seen {
  voided: number;
  broughtBack: number;
  rerated: number;
  rests: number;
}

export class Corrections {
  readonly #stored: Block[] = [];
  /** Rows that are reversed: block, index and start. */
  readonly #reversed = new Set<string>();
  readonly #seen: Seen;
  #count = 0;

  constructor(seen: Seen) {
    this.#seen = seen;
  }

  store({ text }: StoredText): void {
    for (const block of readBlocks(text)) {
      const reverses = block!.scalar('reverses');
      const { length } = block!.list('idx');
      if (block!.scalar('kind') === 'void') this.#seen.voided += length;
      if (block!.scalar('kind') === 'corrected') this.#seen.broughtBack += length;
      if (block!.scalar('kind') === 'rerated') this.#seen.rerated += length;
      if (block!.scalar('kind') === 'adjustment' && block!.scalar('correction') !== '') this.#seen.rests += length;
      if (reverses !== '') for (const row of rowsOf(block!)) this.#reversed.add(keyOf(reverses, row));
      if (correctableKinds.includes(block!.scalar('kind') as CorrectableKind)) this.#stored.push(block!);
    }
  }

  /** Messages that begin it and go on with it. */
  messages(action: CorrectAction, names: Names): ControlChange[] {
    const { nameOf, isReversed } = names;
    const { what, pieces } = action;
    if (what === 'rerate') return this.#again(action, names);
    const chosen = this.#chosen(action).filter((block) => action.which % 6 === 5 || isReversed(block.scalar('meter')));
    const blocks = chosen.flatMap((block) => this.#corrected(block, action.leaves, nameOf));
    const id = `c-${(this.#count += 1)}`;
    const told = { id, what, reason: 'wrong', author: 'a', approvedBy: '', selection: '', asOf: this.#stored.length };
    const half = Math.ceil(blocks.length / pieces);
    const parts = Array.from({ length: pieces }, (_, n): ControlChange => {
      return { kind: 'correctionRows', id, n: n + 1, blocks: blocks.slice(n * half, (n + 1) * half) };
    });
    return [{ kind: 'correction', ...told }, ...parts];
  }

  /** All that stands of the samples of a batch. */
  #again({ tenant, which, leaves, pieces }: CorrectAction, { nameOf, batchAt }: Names): ControlChange[] {
    const batches = Map.groupBy(
      this.#stored.filter((block) => block.scalar('tenant') === tenant && block.scalar('kind') !== 'void'),
      ({ scalar }) => `${scalar('producer')} ${scalar('epoch')} ${scalar('seq')}`,
    );
    const blocks = [...batches.values()][which % Math.max(batches.size, 1)] ?? [];
    const id = `c-${(this.#count += 1)}`;
    const begin: ControlChange = { kind: 'correction', id, what: 'rerate', reason: 'owner', author: 'a', approvedBy: '', selection: '', asOf: this.#stored.length }; // prettier-ignore
    const first = blocks.find(({ scalar }) => ['usage', 'unpriced'].includes(scalar('kind')));
    if (first === undefined) return [begin];
    const batch = batchAt(Number(first.scalar('partition')), Number(first.scalar('usage_seq')));
    const bySample = [...rowsBySample(blocks.flatMap((block) => this.#corrected(block, 0, nameOf)))];
    const chosen = bySample.filter((_, i) => leaves === 0 || i % leaves !== leaves - 1).sort(([a], [b]) => a - b);
    const half = Math.ceil(chosen.length / pieces);
    const parts = Array.from({ length: pieces }, (_, n): ControlChange => {
      const part = chosen.slice(n * half, (n + 1) * half);
      const again = [againOf(first.scalar('epoch'), batch, new Set(part.map(([index]) => index)))];
      return { kind: 'correctionRows', id, n: n + 1, blocks: part.flatMap(([, rows]) => rows), again };
    });
    return [begin, ...parts];
  }

  #chosen({ tenant, what, which }: CorrectAction): Block[] {
    const isWanted = (block: Block) =>
      block.scalar('tenant') === tenant && (what === 'revert') === (block.scalar('kind') === 'void');
    const groups = Map.groupBy(this.#stored.filter(isWanted), (block) =>
      what === 'revert' ? block.scalar('correction') : `${block.scalar('producer')} ${block.scalar('usage_seq')}`,
    );
    return [...groups.values()][which % Math.max(groups.size, 1)] ?? [];
  }

  #corrected(block: Block, leaves: number, nameOf: (resource: number) => string): CorrectedBlock[] {
    const isWanted = (key: string, i: number) =>
      !this.#reversed.has(key) && (leaves === 0 || i % leaves !== leaves - 1);
    return correctedBlock(block, isWanted, nameOf);
  }
}

/** What a correction says of a block, with those of its rows that are wanted, by key and position; nothing where none is. */
export function correctedBlock(
  block: Block,
  isWanted: (key: string, position: number) => boolean,
  nameOf: (resource: number) => string,
): CorrectedBlock[] {
  const { scalar } = block;
  const ref = refOf(block);
  const rows = rowsOf(block).filter((row, i) => isWanted(keyOf(ref, row), i));
  if (rows.length === 0) return [];
  const resources = [...new Set(rows.map(({ resource }) => nameOf(resource)))];
  const number = (column: Parameters<typeof scalar>[0]) => Number(scalar(column));
  return [
    {
      ref, kind: scalar('kind') as CorrectableKind, account: number('account'), price: number('price'), meter: scalar('meter'), cell: scalar('cell'),
      periodStartMs: instantMs(scalar('period_start')), producer: scalar('producer'), epoch: scalar('epoch'), seq: number('seq'),
      usageSeq: number('usage_seq'), firstMs: instantMs(scalar('first')), resources,
      rows: rows.map(({ resource, row: [, ...rest] }) => [resources.indexOf(nameOf(resource)), ...rest]),
    },
  ]; // prettier-ignore
}

export const refOf = ({ scalar }: Block): string =>
  (['partition', 'incarnation', 'out_seq', 'block'] as const).map((column) => scalar(column)).join('-');

interface StoredRow {
  readonly resource: number;
  readonly startMs: number;
  readonly row: CorrectedRow;
}

/** Block, index and start: what names a row for good. */
export const keyOf = (ref: string, { row, startMs }: StoredRow): string => `${ref} ${row[1]} ${startMs}`;

export function rowsOf({ scalar, list }: Block): StoredRow[] {
  const [idx, offset, duration] = [list('idx'), list('offset'), list('duration')];
  const [quantities, amounts] = [list('quantities'), list('amounts')];
  return list('resource').map((resource, i): StoredRow => ({
    resource: Number(resource),
    startMs: instantMs(scalar('first')) + Number(offset[i]),
    row: [0, Number(idx[i]), Number(offset[i]), Number(duration[i]), quantities[i]!, amounts[i]!],
  }));
}
