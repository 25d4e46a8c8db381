/** The rows of one tally in a commit, and what each of them does to it. */
import { parseAmount, parseDecimal } from '#core/money/fixed.ts';
import type { Cell, Measures } from '#core/pricing/compiled.ts';
import { dashboardsError } from '../../errors.ts';
import type { Block, RowId } from './commitBlocks.ts';

/** What one row adds to its tally. */
export interface Added {
  readonly quantity: bigint;
  /** Whether a sample begins with the row. */
  readonly isStart: boolean;
  /** What of its sample came before it, where a boundary cut it and its meter adds up. */
  readonly begun: bigint;
  /** Pico. */
  readonly amount: bigint;
  /** No sample brought it: what the tally is charged by changed. */
  readonly isAdjustment: boolean;
}

/** Where a tally stands after a row. */
export function moved(cell: Cell | undefined, before: Measures, { quantity, isStart, begun }: Added): Measures {
  if (cell?.countsEvents !== true) return { ...before, quantity: before.quantity + quantity };
  const starts = isStart ? 1n : 0n;
  const value = cell.valueAfter(before, quantity, starts, begun);
  return { quantity: before.quantity + quantity, events: before.events + starts, value };
}

/** Where the tally stood before these rows: what an event added depends on the quantity and the events before it alone. */
export function takenBack(cell: Cell | undefined, ended: Measures, rows: readonly Added[]): Measures {
  return rows.reduceRight((after, row): Measures => {
    const starts = row.isStart && cell?.countsEvents === true ? 1n : 0n;
    const before = { quantity: after.quantity - row.quantity, events: after.events - starts, value: 0n };
    return { ...before, value: after.value - moved(cell, before, row).value };
  }, ended);
}

export interface RowsQuestion {
  readonly blocks: readonly Block[];
  /** The row asked about. */
  readonly id: RowId;
  readonly scale: number;
  /** Whether each resource has a tally of its own. */
  readonly perResource: boolean;
  /** Whether several accounts share it. */
  readonly isPool: boolean;
  /** Whether rows are shares of what was sent. */
  readonly adds: boolean;
}

/** What tells the tallies of a commit apart, but for the resource and the account. */
const tallyColumns = ['tenant', 'price', 'meter', 'cell', 'period_start'] as const;

/** The rows of the row's tally in its commit, in order: those before it, and from it on. */
export function rowsOfTally({ blocks, id, scale, perResource, isPool, adds }: RowsQuestion): {
  readonly before: readonly Added[];
  readonly from: readonly [Added, ...Added[]];
} {
  const own = blocks[id.block]!;
  const resource = own.list('resource')[id.position];
  const samples = partsOf(blocks);
  const columns = isPool ? tallyColumns : (['account', ...tallyColumns] as const);
  const before: Added[] = [];
  const from: Added[] = [];
  for (const [number, block] of blocks.entries()) {
    if (block.text('kind') === 'unmetered' || !columns.every((name) => block.text(name) === own.text(name))) continue;
    const [resources, amounts] = [block.list('resource'), block.list('amounts')];
    for (const [position, text] of block.list('quantities').entries()) {
      if (perResource && resources[position] !== resource) continue;
      const [sample, startMs] = sampleOf(block, position);
      const earlier = [...samples.get(sample)!].filter(([otherMs]) => otherMs < startMs);
      const begun = adds ? earlier.reduce((sum, [, part]) => sum + quantityOf(part, scale), 0n) : 0n;
      const isBefore = number < id.block || (number === id.block && position < id.position);
      (isBefore ? before : from).push({
        quantity: quantityOf(text, scale),
        isStart: earlier.length === 0,
        begun,
        amount: parseAmount(amounts[position]!)!,
        isAdjustment: block.text('kind') === 'adjustment',
      });
    }
  }
  return { before, from: from as [Added, ...Added[]] };
}

/** The parts of each sample by their start, with their quantity: one, unless a boundary cut it. Components repeat them. */
function partsOf(blocks: readonly Block[]): Map<string, Map<number, string>> {
  const samples = new Map<string, Map<number, string>>();
  for (const block of blocks) {
    for (const [position, quantity] of block.list('quantities').entries()) {
      const [sample, startMs] = sampleOf(block, position);
      const parts = samples.get(sample) ?? new Map<number, string>();
      samples.set(sample, parts.set(startMs, quantity));
    }
  }
  return samples;
}

/** As its meter sees it. */
function sampleOf(block: Block, position: number): readonly [sample: string, startMs: number] {
  const batch = (['tenant', 'producer', 'epoch', 'seq', 'meter'] as const).map((column) => block.text(column));
  const startMs = block.instantMs('first') + Number(block.list('offset')[position]);
  return [`${batch.join(' ')} ${block.list('idx')[position]}`, startMs];
}

export function quantityOf(text: string, scale: number): bigint {
  const value = parseDecimal(text, scale);
  if (value === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `"${text}" is no quantity at scale ${scale}.`);
  return value;
}
