/** The rows of one tally in a commit, and what each of them does to it. */
import type { RatedRow } from '#core/messages/api.ts';
import type { MeterRecord } from '#core/messages/control.ts';
import type { BatchBody } from '#core/metering/batch.ts';
import { decodeEnvelope } from '#core/metering/batch.ts';
import { streams } from '#core/messages/names.ts';
import { parseAmount, parseDecimal } from '#core/money/fixed.ts';
import type { Cell, CompiledPrice, Measures } from '#core/pricing/compiled.ts';
import { adds } from '#core/rating/measures.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import type { Block, RowId } from './commitBlocks.ts';

/** What one row adds to its tally. */
export interface Added {
  readonly quantity: bigint;
  /** Whether a sample begins with the row. */
  readonly isStart: boolean;
  /** What of its sample came before it, where a boundary cut it and its meter adds up. */
  readonly begun: bigint;
  readonly amount: bigint;
}

/** Where a tally stands after a row. */
export function moved(
  cell: Cell | undefined,
  before: Measures,
  { quantity, isStart, begun }: Omit<Added, 'amount'>,
): Measures {
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
  const samples = partsOf(blocks);
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
      const quantity = quantityOf(text, meter.scale);
      const before = [...samples.get(sample)!].filter(([otherMs]) => otherMs < startMs);
      const begun = adds(meter) ? before.reduce((sum, [, part]) => sum + quantityOf(part, meter.scale), 0n) : 0n;
      added.push({ quantity, isStart: before.length === 0, begun, amount: parseAmount(amounts[position]!)! });
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
  const startMs = instantMs(block.text('first')) + Number(block.list('offset')[position]);
  return [`${batch.join(' ')} ${block.list('idx')[position]}`, startMs];
}

export function quantityOf(text: string, scale: number): bigint {
  const value = parseDecimal(text, scale);
  if (value === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `"${text}" is no quantity at scale ${scale}.`);
  return value;
}

/** Unix seconds with decimals, as blocks write instants. */
export const instantMs = (text: string): number => Number(text.replace('.', ''));
