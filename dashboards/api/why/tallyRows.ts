/** The rows of one tally in a commit, and what each of them does to it. */
import type { RatedRow } from '#core/messages/api.ts';
import type { MeterRecord } from '#core/messages/control.ts';
import type { BatchBody } from '#core/metering/batch.ts';
import { decodeEnvelope } from '#core/metering/batch.ts';
import { streams } from '#core/messages/names.ts';
import { parseAmount, parseDecimal } from '#core/money/fixed.ts';
import type { Cell, CompiledPrice, Measures } from '#core/pricing/compiled.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import type { Block, RowId } from './commitBlocks.ts';

/** What one row adds to its tally. */
export interface Added {
  readonly quantity: bigint;
  /** Whether a sample begins with the row. */
  readonly isStart: boolean;
  readonly amount: bigint;
}

/** Where a tally stands after a row. */
export function moved(
  cell: Cell | undefined,
  before: Measures,
  { quantity, isStart }: Omit<Added, 'amount'>,
): Measures {
  if (cell?.countsEvents !== true) return { ...before, quantity: before.quantity + quantity };
  const starts = isStart ? 1n : 0n;
  const value = cell.valueAfter(before, quantity, starts);
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
  readonly log: Log;
  readonly row: RatedRow;
  readonly id: RowId;
  readonly blocks: readonly Block[];
  readonly meter: MeterRecord;
  readonly perResource: boolean;
  /** Undefined for what no price charges yet. */
  readonly price: CompiledPrice | undefined;
  readonly cellKey: string;
  /** IANA zone of the account. */
  readonly timeZone: string;
}

/** The row and the rows of its tally after it, in the same commit. Rows do not say their cell: their samples do. */
export async function rowsFrom(question: RowsQuestion): Promise<Added[]> {
  const { blocks, id, row, log, meter, perResource } = question;
  const own = blocks[id.block]!;
  const resource = own.list('resource')[id.position];
  const starts = firstStarts(blocks);
  const dims = new SampleDims(log, streams.usage(row.partition));
  const added: Added[] = [];
  for (const [offset, block] of blocks.slice(id.block).entries()) {
    const isOfPrice = (['tenant', 'account', 'price', 'meter', 'period_start'] as const).every(
      (column) => block.text(column) === own.text(column),
    );
    if (!isOfPrice) continue;
    const [resources, indexes, amounts] = [block.list('resource'), block.list('idx'), block.list('amounts')];
    for (const [position, text] of block.list('quantities').entries()) {
      if (offset === 0 && position < id.position) continue;
      if (perResource && resources[position] !== resource) continue;
      const [sample, startMs] = sampleOf(block, position);
      if (!(await isInCell(question, dims, Number(block.text('usage_seq')), Number(indexes[position]), startMs)))
        continue;
      const amount = parseAmount(amounts[position]!)!;
      added.push({ quantity: quantityOf(text, meter.scale), isStart: starts.get(sample) === startMs, amount });
    }
  }
  return added;
}

async function isInCell(
  { price, cellKey, timeZone }: RowsQuestion,
  samples: SampleDims,
  usageSeq: number,
  index: number,
  atMs: number,
): Promise<boolean> {
  if (price === undefined || price.whole !== undefined) return true;
  const dims = await samples.of(usageSeq, index);
  return price.cellAt({ dims, atMs, timeZone, boundary: () => undefined })?.key === cellKey;
}

/** Dimensions of samples, from the batches that they came in; each batch is read once. */
class SampleDims {
  readonly #log: Log;
  readonly #stream: string;
  readonly #batches = new Map<number, BatchBody>();

  constructor(log: Log, stream: string) {
    this.#log = log;
    this.#stream = stream;
  }

  async of(usageSeq: number, index: number): Promise<Readonly<Record<string, string>>> {
    const body = this.#batches.get(usageSeq) ?? (await this.#read(usageSeq));
    const series = body.series[body.s[index] ?? -1];
    return series === undefined || series[2] < 0 ? {} : (body.dims[series[2]] ?? {});
  }

  async #read(usageSeq: number): Promise<BatchBody> {
    const message = await this.#log.get(this.#stream, usageSeq);
    const envelope = message === undefined ? undefined : decodeEnvelope(message.data);
    if (envelope === undefined)
      throw dashboardsError('PROOF_UNAVAILABLE', `Batch ${usageSeq} of ${this.#stream} is not in the log.`);
    const body = JSON.parse(new TextDecoder().decode(envelope.body)) as BatchBody;
    this.#batches.set(usageSeq, body);
    return body;
  }
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

export function quantityOf(text: string, scale: number): bigint {
  const value = parseDecimal(text, scale);
  if (value === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `"${text}" is no quantity at scale ${scale}.`);
  return value;
}

/** Unix seconds with decimals, as blocks write instants. */
export const instantMs = (text: string): number => Number(text.replace('.', ''));
