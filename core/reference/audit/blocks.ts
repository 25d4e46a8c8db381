/** Reads the rated blocks of a commit, as the text that ClickHouse reads too. */
import { blockColumns } from '../../messages/rated.ts';

type Column = (typeof blockColumns)[number][0];

/** One block: its columns as text, arrays as lists of text. */
export interface Block {
  readonly scalar: (column: Column) => string;
  readonly list: (column: Column) => readonly string[];
}

/** `undefined` when a line has another number of columns than the contract. */
export function readBlocks(text: string): (Block | undefined)[] {
  if (text === '') return [];
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  return lines.map(readBlock);
}

function readBlock(line: string): Block | undefined {
  const fields = line.split('\t');
  if (fields.length !== blockColumns.length) return undefined;
  const scalar = (column: Column) => unescaped(fields[positions.get(column)!]!);
  return { scalar, list: (column) => listIn(scalar(column)) };
}

const positions = new Map<Column, number>(blockColumns.map(([name], position) => [name, position]));

const listIn = (text: string): string[] => (text === '[]' ? [] : text.slice(1, -1).split(','));

const unescaped = (text: string): string =>
  text.includes('\\')
    ? text.replace(/\\(.)/g, (_, letter: string) => (letter === 't' ? '\t' : letter === 'n' ? '\n' : letter))
    : text;

/** Unix seconds with three decimals as UTC milliseconds. */
export function instantMs(text: string): number {
  return /^\d+\.\d{3}$/.test(text) ? Number(text.replace('.', '')) : Number.NaN;
}
