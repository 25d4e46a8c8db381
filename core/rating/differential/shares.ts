import { readBlocks } from '../../reference/audit/blocks.ts';
import { zero } from '../../reference/number.ts';

/** Tallies of which rows without a quantity add up to nothing: what a close makes of a pool. */
export function sharesIn(text: string): number {
  const rows = readBlocks(text).filter(
    (block) => block!.scalar('kind') === 'adjustment' && +block!.scalar('quantity') === 0,
  );
  const tallies = Map.groupBy(rows, (block) =>
    ['price', 'cell', 'period_start'].map((column) => block!.scalar(column as 'cell')).join(),
  );
  const sumOf = (blocks: typeof rows) => blocks.reduce((sum, block) => sum.plus(block!.scalar('amount')), zero);
  return [...tallies.values()].filter((blocks) => blocks.length > 1 && sumOf(blocks).isZero()).length;
}
