/** Adds up the rated blocks of commits, per account, service and component. */
import type { Refusal } from '../messages/rated.ts';
import { pow10 } from '../money/fixed.ts';
import { instantMs, readBlocks, type Block } from '../reference/audit/blocks.ts';

/** Which rows count: of `log` time what was taken, of `usage` time what begins, from `fromMs` until before `toMs`. */
export interface Stretch {
  readonly tenant: string;
  readonly time: 'log' | 'usage';
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

/** A row of a sample, as much of it as decides whether and where it counts. */
export interface LedgerRow {
  readonly account: number;
  readonly usageSeq: string;
  readonly index: string;
  readonly startMs: number;
  readonly logTimeMs: number;
}

export type Terms = Pick<Line, 'service' | 'component' | 'currency'>;

interface Seen {
  usageSeq: string;
  readonly indexes: Set<string>;
}

/** Kept without a price, or agreed on above all prices. */
const notOfPrices = ['unmetered', 'agreement'];

export class Ledger {
  readonly lines = new Map<string, Line>();
  readonly unpriced = new Map<string, Unpriced>();
  /** Samples refused, alone or with their batch. What was refused has no usage time: all count in a stretch of it. */
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
      this.add(block);
    }
    for (const { tenant, samples, logTimeMs } of refusals) this.refuse(tenant, samples, logTimeMs);
  }

  refuse(tenant: string, samples: number, logTimeMs: number): void {
    if (tenant === this.#stretch.tenant && (this.#stretch.time === 'usage' || this.#holds(logTimeMs)))
      this.refused += samples;
  }

  /** Adds the rows of a block that count. */
  add(block: Block): void {
    if (block.scalar('tenant') !== this.#stretch.tenant || notOfPrices.includes(block.scalar('kind'))) return;
    if (block.scalar('correction') !== '') return;
    const counted = this.#countedRows(block);
    if (counted?.length === 0) return;
    const indexes = block.list('idx');
    const usageSeq = block.scalar('usage_seq');
    const [account, meter] = [Number(block.scalar('account')), block.scalar('meter')];
    const entry =
      block.scalar('price') === '0'
        ? this.#unpricedOf(account, meter)
        : this.#lineOf(account, {
            service: block.scalar('service'),
            component: block.scalar('component'),
            currency: block.scalar('currency'),
          });
    if ('meter' in entry) entry.quantityPico += sumOf(block, 'quantity', 'quantities', counted);
    else entry.amountPico += sumOf(block, 'amount', 'amounts', counted);
    // Adjustments, fees and agreements are nobody's sample.
    if (isOfSample(block.scalar('kind')))
      this.#count(entry, usageSeq, counted === undefined ? indexes : counted.map((row) => indexes[row]!));
  }

  /** Adds a row that a price charges, where it counts. */
  charge(row: LedgerRow, terms: Terms, amountPico: bigint): void {
    if (!this.#holdsRow(row)) return;
    const entry = this.#lineOf(row.account, terms);
    entry.amountPico += amountPico;
    this.#count(entry, row.usageSeq, [row.index]);
  }

  /** Adds a row that has no price, where it counts. */
  leaveUnpriced(row: LedgerRow, meter: string, quantityPico: bigint): void {
    if (!this.#holdsRow(row)) return;
    const entry = this.#unpricedOf(row.account, meter);
    entry.quantityPico += quantityPico;
    this.#count(entry, row.usageSeq, [row.index]);
  }

  #holds(instantMs: number): boolean {
    return instantMs >= this.#stretch.fromMs && instantMs < this.#stretch.toMs;
  }

  #holdsRow({ startMs, logTimeMs }: LedgerRow): boolean {
    return this.#holds(this.#stretch.time === 'log' ? logTimeMs : startMs);
  }

  /** Positions of the rows that count; undefined for all. */
  #countedRows(block: Block): number[] | undefined {
    if (this.#stretch.time === 'log') return this.#holds(instantMs(block.scalar('log_time'))) ? undefined : [];
    const firstMs = instantMs(block.scalar('first'));
    if (this.#holds(firstMs) && this.#holds(instantMs(block.scalar('last')))) return undefined;
    return block.list('offset').flatMap((offset, row) => (this.#holds(firstMs + Number(offset)) ? [row] : []));
  }

  #lineOf(account: number, { service, component, currency }: Terms): Line {
    const line = { account, service, component, currency, amountPico: 0n, samples: 0 };
    return entryOf(this.lines, [account, service, component, currency], line);
  }

  #unpricedOf(account: number, meter: string): Unpriced {
    return entryOf(this.unpriced, [account, meter], { account, meter, quantityPico: 0n, samples: 0 });
  }

  /** Counts the samples that are new to the entry. */
  #count(entry: Line | Unpriced, usageSeq: string, indexes: readonly string[]): void {
    let seen = this.#seen.get(entry);
    if (seen?.usageSeq !== usageSeq) this.#seen.set(entry, (seen = { usageSeq, indexes: new Set() }));
    const before = seen.indexes.size;
    for (const index of indexes) seen.indexes.add(index);
    entry.samples += seen.indexes.size - before;
  }
}

export const isOfSample = (kind: string): boolean => kind === 'usage' || kind === 'unpriced';

/** The rows at the positions `counted`, or all of the block. */
function sumOf(
  block: Block,
  whole: 'quantity' | 'amount',
  each: 'quantities' | 'amounts',
  counted: readonly number[] | undefined,
): bigint {
  if (counted === undefined) return picoOf(block.scalar(whole));
  const values = block.list(each);
  return counted.reduce((sum, row) => sum + picoOf(values[row]!), 0n);
}

function entryOf<Entry>(entries: Map<string, Entry>, place: readonly unknown[], empty: Entry): Entry {
  const key = JSON.stringify(place);
  const known = entries.get(key);
  if (known === undefined) entries.set(key, empty);
  return known ?? empty;
}

/** Blocks hold at most 12 decimals; the sum of one may be larger than any tally. */
export function picoOf(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const magnitude = BigInt(whole) * pow10(12) + BigInt(fraction.padEnd(12, '0'));
  return text.startsWith('-') ? -magnitude : magnitude;
}
