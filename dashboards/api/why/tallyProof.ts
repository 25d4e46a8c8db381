import type { RatedRow, Why } from '#core/messages/api.ts';
import type { MeterRecord, PriceRecord } from '#core/messages/control.ts';
import { streams } from '#core/messages/names.ts';
import type { CommitHeader, TallyEntry, TallyValue } from '#core/messages/rated.ts';
import { formatAmount, formatDecimal, parseDecimal } from '#core/money/fixed.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import type { Cell, Measures } from '#core/pricing/compiled.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import type { TallyTrail } from '../../ports.ts';
import type { Check } from './batchProof.ts';
import { readCommit, type Block, type RowId } from './commitBlocks.ts';

export interface TallyEvidence {
  readonly log: Log;
  readonly tenant: string;
  readonly row: RatedRow;
  readonly id: RowId;
  readonly commit: CommitHeader;
  readonly blocks: readonly Block[];
  readonly meter: MeterRecord;
  /** Undefined for a row that no price charges yet. */
  readonly price: PriceRecord | undefined;
  readonly trail: TallyTrail;
}

/**
 * The row's tally before and after it, and the charge at both. The commit that holds the row says where the tally stood
 * after it; what its later rows added is taken off. The sum over ClickHouse must come to the same.
 */
export async function proveTally(
  evidence: TallyEvidence,
): Promise<{ readonly tally: Why['tally']; readonly checks: Check[] }> {
  const { row, meter, price, commit, trail } = evidence;
  const perResource = price?.tallyScope === 'resource';
  const entry = await tallyEntry(evidence, perResource);
  const value = commit.tallyValues.find(([id]) => id === entry.id);
  if (value === undefined)
    throw dashboardsError('PROOF_UNAVAILABLE', `Commit ${row.outSeq} does not name tally ${entry.id}.`);

  const { cell, ended, carried } = standing(price, meter, entry, value);
  const rows = rowsFrom(evidence, perResource);
  const reachedBefore = takenBack(cell, ended, rows);
  const isStart = rows[0]?.isStart === true;
  const reachedAfter = moved(cell, reachedBefore, { quantity: quantityOf(row.quantity, meter.scale), isStart });
  const before = reachedBefore.quantity - carried.quantity;
  const after = reachedAfter.quantity - carried.quantity;
  const charge = (measures: Measures): bigint =>
    cell === undefined ? 0n : cell.charge(measures) - cell.charge(carried);
  const steps = (measures: Measures) => cell?.explain(measures) ?? [];

  const difference = formatAmount(charge(reachedAfter) - charge(reachedBefore));
  const summed = quantityOf(trail.quantityBefore, meter.scale);
  const quantity = (integer: bigint): string => formatDecimal(integer, meter.scale);
  return {
    tally: {
      before: quantity(before),
      after: quantity(after),
      chargeBefore: formatAmount(charge(reachedBefore)),
      chargeAfter: formatAmount(charge(reachedAfter)),
      stepsBefore: steps(reachedBefore),
      stepsAfter: steps(reachedAfter),
    },
    checks: [
      {
        name: 'tally',
        // An adjustment of a tally per resource does not name it, so the stored rows alone cannot tell its share.
        ok: summed === before || (trail.adjusted && perResource),
        detail: `The commit puts the tally at ${quantity(before)} before this row, the stored rows add up to ${quantity(summed)}${carried.quantity === 0n ? '' : `, after ${quantity(carried.quantity)} under the version before`}.`,
      },
      {
        name: 'charge',
        ok: difference === row.amount && BigInt(value[2]) === charge(ended),
        detail: `charge(${quantity(after)}) − charge(${quantity(before)}) = ${difference}; the row says ${row.amount}.`,
      },
    ],
  };
}

/** The tally's dictionary entry, from the commit that opened it. */
async function tallyEntry(
  { log, tenant, row, price, trail, blocks, id }: TallyEvidence,
  perResource: boolean,
): Promise<TallyEntry> {
  const resource = Number(blocks[id.block]!.list('resource')[id.position]);
  const periodStartMs = instantMs(blocks[id.block]!.text('period_start'));
  const isIt = (entry: TallyEntry): boolean =>
    entry.tenant === tenant &&
    entry.account === row.account &&
    entry.price === (price?.id ?? 0) &&
    entry.meter === row.meter &&
    entry.resource === (perResource ? resource : 0) &&
    entry.periodStartMs === periodStartMs;
  for (const outSeq of new Set(trail.openedAt)) {
    const message = await log.get(streams.rated(row.partition), outSeq);
    const entry = message === undefined ? undefined : readCommit(message.data).header.tallies.find(isIt);
    if (entry !== undefined) return entry;
  }
  throw dashboardsError('PROOF_UNAVAILABLE', 'The commit that opened its tally is not in the log.');
}

/** What the commit says of the tally at its end, and what the tally began with. */
function standing(price: PriceRecord | undefined, meter: MeterRecord, entry: TallyEntry, value: TallyValue) {
  const carried = measuresOf(entry.carried, entry.carriedEvents, entry.carriedValue);
  const own = measuresOf(value[1], value[3], value[4]);
  return {
    carried,
    ended: {
      quantity: carried.quantity + own.quantity,
      events: carried.events + own.events,
      value: carried.value + own.value,
    },
    cell: price === undefined ? undefined : compilePrice(price, meter).cell(entry.cell ?? ''),
  };
}

const measuresOf = (quantity: string, events = '0', value = '0'): Measures => ({
  quantity: BigInt(quantity),
  events: BigInt(events),
  value: BigInt(value),
});

interface Added {
  readonly quantity: bigint;
  /** Whether a sample begins with the row. */
  readonly isStart: boolean;
}

function moved(cell: Cell | undefined, before: Measures, { quantity, isStart }: Added): Measures {
  if (cell?.countsEvents !== true) return { ...before, quantity: before.quantity + quantity };
  const starts = isStart ? 1n : 0n;
  const value = cell.valueAfter(before, quantity, starts);
  return { quantity: before.quantity + quantity, events: before.events + starts, value };
}

/** Where the tally stood before these rows: what an event added depends on the quantity and the events before it alone. */
function takenBack(cell: Cell | undefined, ended: Measures, rows: readonly Added[]): Measures {
  return rows.reduceRight((after, row): Measures => {
    const starts = row.isStart && cell?.countsEvents === true ? 1n : 0n;
    const before = { quantity: after.quantity - row.quantity, events: after.events - starts, value: 0n };
    return { ...before, value: after.value - moved(cell, before, row).value };
  }, ended);
}

/** The row and the rows of its tally after it, in the same commit. */
function rowsFrom({ blocks, id, meter }: TallyEvidence, perResource: boolean): Added[] {
  const own = blocks[id.block]!;
  const resource = own.list('resource')[id.position];
  const starts = firstStarts(blocks);
  return blocks.slice(id.block).flatMap((block, offset) => {
    const isOfTally = (['tenant', 'account', 'price', 'meter', 'period_start'] as const).every(
      (column) => block.text(column) === own.text(column),
    );
    if (!isOfTally) return [];
    const resources = block.list('resource');
    return block.list('quantities').flatMap((text, position): Added[] => {
      if (offset === 0 && position < id.position) return [];
      if (perResource && resources[position] !== resource) return [];
      const [sample, startMs] = sampleOf(block, position);
      return [{ quantity: quantityOf(text, meter.scale), isStart: starts.get(sample) === startMs }];
    });
  });
}

/** The first start of each sample's rows: a part that a boundary cut off begins later. */
function firstStarts(blocks: readonly Block[]): Map<string, number> {
  const starts = new Map<string, number>();
  for (const block of blocks) {
    block.list('idx').forEach((_, position) => {
      const [sample, startMs] = sampleOf(block, position);
      starts.set(sample, Math.min(startMs, starts.get(sample) ?? Infinity));
    });
  }
  return starts;
}

function sampleOf(block: Block, position: number): readonly [sample: string, startMs: number] {
  const batch = [block.text('tenant'), block.text('producer'), block.text('epoch'), block.text('seq')].join(' ');
  const startMs = instantMs(block.text('first')) + Number(block.list('offset')[position]);
  return [`${batch} ${block.list('idx')[position]}`, startMs];
}

function quantityOf(text: string, scale: number): bigint {
  const value = parseDecimal(text, scale);
  if (value === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `"${text}" is no quantity at scale ${scale}.`);
  return value;
}

/** Unix seconds with decimals, as blocks write instants. */
const instantMs = (text: string): number => Number(text.replace('.', ''));
