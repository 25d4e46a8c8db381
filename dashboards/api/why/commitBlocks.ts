import { blockColumns, splitCommit, type CommitHeader } from '#core/messages/rated.ts';

type Column = (typeof blockColumns)[number][0];

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n' };
const columnIndex = new Map<string, number>(blockColumns.map(([name], index) => [name, index]));

/** One rated block as its commit holds it: texts, as they were before they were written as tab-separated ones. */
export class Block {
  readonly #values: readonly string[];

  constructor(line: string) {
    this.#values = line.split('\t');
  }

  text(column: Column): string {
    const written = this.#values[columnIndex.get(column)!] ?? '';
    return written.replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character);
  }

  /** UTC ms, of Unix seconds with decimals. */
  instantMs(column: Column): number {
    return Number(this.text(column).replace('.', ''));
  }

  /** The elements of an array column. */
  list(column: Column): readonly string[] {
    const inner = this.text(column).slice(1, -1);
    return inner === '' ? [] : inner.split(',');
  }
}

/** A RATED message, read whole. Throws on one that is no commit. */
export function readCommit(bytes: Uint8Array): { readonly header: CommitHeader; readonly blocks: readonly Block[] } {
  const { header, blocks } = splitCommit(bytes);
  const decoder = new TextDecoder();
  const lines = decoder
    .decode(blocks)
    .split('\n')
    .filter((line) => line !== '');
  return { header: JSON.parse(decoder.decode(header)) as CommitHeader, blocks: lines.map((line) => new Block(line)) };
}

/** `<partition>-<incarnation>-<outSeq>-<block>-<position>` */
export interface RowId {
  readonly partition: number;
  readonly incarnation: number;
  readonly outSeq: number;
  readonly block: number;
  readonly position: number;
}

export const rowIdPattern = /^(\d{1,3})-(\d{1,10})-(\d{1,15})-(\d{1,7})-(\d{1,7})$/;

export function parseRowId(text: string): RowId | undefined {
  const match = rowIdPattern.exec(text);
  if (match === null) return undefined;
  const [partition, incarnation, outSeq, block, position] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { partition, incarnation, outSeq, block, position };
}
