/** Adds up the rated blocks of commits, per account, service and component. */
import type { Refusal } from '../messages/rated.ts';
import { pow10 } from '../money/fixed.ts';
import { instantMs, readBlocks, type Block } from '../reference/audit/blocks.ts';

/** Which part of the log counts: what was taken from `fromMs` until before `toMs`, by log time. */
export interface Stretch {
  readonly tenant: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Line {
  readonly account: number;
  readonly service: string;
  readonly component: string;
  readonly currency: string;
  amountPico: bigint;
  /** Samples that have a row here, each once however it was cut. */
  samples: number;
}

export interface Unpriced {
  readonly account: number;
  readonly meter: string;
  /** In 10⁻¹² of the meter's unit; what a price took over later is subtracted. */
  quantityPico: bigint;
  samples: number;
}

interface Seen {
  usageSeq: string;
  readonly indexes: Set<string>;
}

export class Ledger {
  readonly lines = new Map<string, Line>();
  readonly unpriced = new Map<string, Unpriced>();
  /** Samples refused, alone or with their batch. */
  refused = 0;
  readonly #stretch: Stretch;
  /** Samples of the batch in hand, per line: its blocks follow one another. */
  readonly #seen = new Map<object, Seen>();

  constructor(stretch: Stretch) {
    this.#stretch = stretch;
  }

  /** Adds a commit: its block lines as text, and whom it refused. */
  take(blocks: string, refusals: readonly Refusal[]): void {
    for (const block of readBlocks(blocks)) {
      if (block === undefined) throw new Error('a block of the log has another number of columns than its format');
      if (block.scalar('tenant') === this.#stretch.tenant && this.#isWithin(instantMs(block.scalar('log_time'))))
        this.#add(block);
    }
    for (const { tenant, samples, logTimeMs } of refusals)
      if (tenant === this.#stretch.tenant && this.#isWithin(logTimeMs)) this.refused += samples;
  }

  #isWithin(logTimeMs: number): boolean {
    return logTimeMs >= this.#stretch.fromMs && logTimeMs < this.#stretch.toMs;
  }

  #add(block: Block): void {
    const account = Number(block.scalar('account'));
    if (block.scalar('kind') === 'unmetered') return;
    if (block.scalar('price') === '0') {
      const meter = block.scalar('meter');
      const entry = entryOf(this.unpriced, [account, meter], { account, meter, quantityPico: 0n, samples: 0 });
      entry.quantityPico += picoOf(block.scalar('quantity'));
      entry.samples += this.#samples(entry, block);
      return;
    }
    const [service, component, currency] = [
      block.scalar('service'),
      block.scalar('component'),
      block.scalar('currency'),
    ];
    const line = { account, service, component, currency, amountPico: 0n, samples: 0 };
    const entry = entryOf(this.lines, [account, service, component, currency], line);
    entry.amountPico += picoOf(block.scalar('amount'));
    entry.samples += this.#samples(entry, block);
  }

  /** How many samples of the block are new to the entry; an adjustment has none. */
  #samples(entry: object, block: Block): number {
    if (block.scalar('kind') === 'adjustment') return 0;
    const usageSeq = block.scalar('usage_seq');
    let seen = this.#seen.get(entry);
    if (seen?.usageSeq !== usageSeq) this.#seen.set(entry, (seen = { usageSeq, indexes: new Set() }));
    const before = seen.indexes.size;
    for (const index of block.list('idx')) seen.indexes.add(index);
    return seen.indexes.size - before;
  }
}

function entryOf<Entry>(entries: Map<string, Entry>, place: readonly unknown[], empty: Entry): Entry {
  const key = JSON.stringify(place);
  const known = entries.get(key);
  if (known === undefined) entries.set(key, empty);
  return known ?? empty;
}

/** Blocks hold at most 12 decimals; the sum of one may be larger than any tally. */
function picoOf(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const magnitude = BigInt(whole) * pow10(12) + BigInt(fraction.padEnd(12, '0'));
  return text.startsWith('-') ? -magnitude : magnitude;
}
