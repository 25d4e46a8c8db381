/** Compares the blocks of a commit with the rows of the reference: RERATE, BLOCKS and ONCE. */
import type { CommitHeader } from '../../messages/rated.ts';
import { text, zero } from '../number.ts';
import { pathUp, type Row, type State } from '../state.ts';
import { instantMs, type Block } from './blocks.ts';
import type { Faults } from './faults.ts';
import type { Names } from './names.ts';
import { numberIn, textOfRow, textsOfBlock, wholeText, type RowText } from './rowText.ts';

export interface Place {
  readonly outSeq: number;
  readonly header: CommitHeader;
}

/** Every stored row is one of the reference's, and the other way round; what differs is told with its figures. */
export function compareRows(
  blocks: readonly Block[],
  rows: readonly Row[],
  place: Place,
  names: Names,
  state: State,
  faults: Faults,
): void {
  const wanted = new Map<string, { row: Row; left: number }>();
  for (const row of rows) {
    const key = wholeText(textOfRow(row));
    const entry = wanted.get(key);
    if (entry === undefined) wanted.set(key, { row, left: 1 });
    else entry.left += 1;
  }
  const strays: RowText[] = [];
  for (const [position, block] of blocks.entries()) {
    const texts = textsOfBlock(block, names);
    const secondary: number[] = [];
    for (const [at, found] of texts.entries()) {
      const match = wanted.get(wholeText(found));
      const isStray = match === undefined || match.left === 0;
      if (isStray) strays.push(found);
      else match.left -= 1;
      // What should not be there is nobody's sample.
      if (isStray || !match.row.primary) secondary.push(at + 1);
    }
    compareBlock(block, position, texts, secondary, place, state, faults);
  }
  const missing = [...wanted.values()].flatMap(({ row, left }) => Array.from({ length: left }, () => textOfRow(row)));
  if (strays.length + missing.length > 0) tellDifferences(strays, missing, place.outSeq, faults);
}

/** Rows of one place are told as one difference; others as rows too many or too few. */
function tellDifferences(
  strays: readonly RowText[],
  missing: readonly RowText[],
  outSeq: number,
  faults: Faults,
): void {
  const left = [...missing];
  for (const stray of strays) {
    const partner = left.findIndex((row) => row.place === stray.place);
    const should = partner < 0 ? undefined : left.splice(partner, 1)[0];
    const figures = ({ quantity, amount }: RowText) => `${quantity} for ${amount}`;
    const wanted = should === undefined ? 'should not be' : `should be ${figures(should)}`;
    const difference = numberIn(stray.amount).minus(numberIn(should?.amount ?? '0'));
    faults.add('RERATE', `commit ${outSeq}: row ${stray.place} is ${figures(stray)}, ${wanted}`, difference);
  }
  for (const row of left) {
    faults.add(
      'RERATE',
      `commit ${outSeq}: row ${row.place} of ${row.quantity} for ${row.amount} is missing`,
      numberIn(row.amount),
    );
  }
}

const sumOf = (decimals: readonly string[]): string =>
  text(decimals.reduce((sum, value) => sum.plus(numberIn(value)), zero));

/** The scalars of a block say what its arrays hold, and where it belongs. */
function compareBlock(
  block: Block,
  position: number,
  rows: readonly RowText[],
  secondary: readonly number[],
  place: Place,
  state: State,
  faults: Faults,
): void {
  const { header, outSeq } = place;
  const tenant = state.tenants.get(block.scalar('tenant'));
  const account = Number(block.scalar('account'));
  const path = tenant?.accounts.has(account) === true ? pathUp(tenant, account).reverse().join() : '';
  const starts = block.list('offset').map((offset) => instantMs(block.scalar('first')) + Number(offset));
  const ends = block.list('duration').map((duration, i) => starts[i]! + Number(duration));
  const columns = ['resource', 'idx', 'offset', 'duration', 'quantities', 'amounts'] as const;
  const pairs: [string, string, string][] = [
    ['partition', block.scalar('partition'), String(header.partition)],
    ['incarnation', block.scalar('incarnation'), String(header.incarnation)],
    ['out_seq', block.scalar('out_seq'), String(outSeq)],
    ['block', block.scalar('block'), String(position)],
    ['path', block.list('path').join(), path],
    ['count', block.scalar('count'), String(rows.length)],
    [
      'lengths of the arrays',
      columns.map((column) => block.list(column).length).join(),
      columns.map(() => rows.length).join(),
    ],
    ['samples', block.scalar('samples'), String(rows.length - secondary.length)],
    ['secondary', block.list('secondary').join(), secondary.join()],
    ['quantity', text(numberIn(block.scalar('quantity'))), sumOf(rows.map((row) => row.quantity))],
    ['amount', text(numberIn(block.scalar('amount'))), sumOf(rows.map((row) => row.amount))],
    ['first', String(instantMs(block.scalar('first'))), String(Math.min(...starts))],
    ['last', String(instantMs(block.scalar('last'))), String(Math.max(...ends))],
  ];
  for (const [what, found, wanted] of pairs) {
    if (found !== wanted)
      faults.add('BLOCKS', `commit ${outSeq}, block ${position}: ${what} is ${found}, should be ${wanted}`);
  }
}
