/** Samples as stored rows tell of them: the rows of a batch, put together again. */
import type { MeterRecord } from '../messages/control.ts';
import { AMOUNT_SCALE, divideRounded, pow10 } from '../money/fixed.ts';
import { instantMs, type Block } from '../reference/audit/blocks.ts';
import { picoOf, type LedgerRow } from './ledger.ts';

/** What fell on an account of a sample: a row, or the rows of several components, which say the same. */
export interface Part {
  readonly account: number;
  readonly startMs: number;
  readonly endMs: number;
  /** In the meter's units at its scale. */
  readonly quantity: bigint;
  /** Price and cell of each row; price 0 for none. */
  readonly rows: { readonly price: number; readonly cell: string }[];
}

/** A sample as one meter took it. */
export interface StoredSample {
  readonly row: Pick<LedgerRow, 'usageSeq' | 'index' | 'logTimeMs'>;
  readonly meter: MeterRecord;
  readonly resource: number;
  /** By their start. */
  readonly parts: readonly Part[];
}

export class StoredBatch {
  readonly usageSeq: string;
  readonly #logTimeMs: number;
  /** By index and meter; parts by their start. */
  readonly #samples = new Map<string, Omit<StoredSample, 'parts'> & { readonly parts: Map<number, Part> }>();

  constructor(block: Block) {
    this.usageSeq = block.scalar('usage_seq');
    this.#logTimeMs = instantMs(block.scalar('log_time'));
  }

  add(block: Block, meter: MeterRecord): void {
    const [account, firstMs] = [Number(block.scalar('account')), instantMs(block.scalar('first'))];
    const priced = { price: Number(block.scalar('price')), cell: block.scalar('cell') };
    const [resources, offsets] = [block.list('resource'), block.list('offset')];
    const [durations, quantities] = [block.list('duration'), block.list('quantities')];
    block.list('idx').forEach((index, at) => {
      const { parts } = this.#sampleOf(index, meter, Number(resources[at]));
      const startMs = firstMs + Number(offsets[at]);
      const known = parts.get(startMs);
      if (known !== undefined) return void known.rows.push(priced);
      const quantity = picoOf(quantities[at]!) / pow10(AMOUNT_SCALE - meter.scale);
      parts.set(startMs, { account, startMs, endMs: startMs + Number(durations[at]), quantity, rows: [priced] });
    });
  }

  #sampleOf(index: string, meter: MeterRecord, resource: number) {
    const key = `${index} ${meter.id}`;
    let sample = this.#samples.get(key);
    if (sample === undefined) {
      const row = { usageSeq: this.usageSeq, index, logTimeMs: this.#logTimeMs };
      this.#samples.set(key, (sample = { row, meter, resource, parts: new Map() }));
    }
    return sample;
  }

  /** In the order in which they were rated. */
  samples(): StoredSample[] {
    return [...this.#samples.values()]
      .map((sample) => ({ ...sample, parts: [...sample.parts.values()].toSorted((a, b) => a.startMs - b.startMs) }))
      .toSorted((a, b) => Number(a.row.index) - Number(b.row.index));
  }
}

/** What of a part falls between two instants, as the sample is cut (SPEC §4.5). */
export function shareOf(meter: MeterRecord, parts: readonly Part[], part: Part, fromMs: number, toMs: number): bigint {
  if (fromMs === part.startMs && toMs === part.endMs) return part.quantity;
  const span = BigInt(toMs - fromMs);
  if (meter.aggregation === 'count') return fromMs === part.startMs ? part.quantity : 0n;
  if (meter.aggregation === 'timeWeighted') return (part.quantity * span) / BigInt(part.endMs - part.startMs);
  const [startMs, endMs] = [parts[0]!.startMs, parts.at(-1)!.endMs];
  const all = parts.reduce((sum, { quantity }) => sum + quantity, 0n);
  const upTo = (ms: number) => divideRounded(all * BigInt(ms - startMs), BigInt(endMs - startMs), 'halfEven');
  return upTo(toMs) - upTo(fromMs);
}
