/** Rebuilds tallies of what a log holds, as an office would that reads the rows that stand, and their batches. */
import { decodeEnvelope, type BatchBody } from '../../metering/batch.ts';
import { keepsSamples, type ControlChange } from '../../messages/control.ts';
import type { CorrectedTally } from '../../messages/correction.ts';
import type { Block } from '../../reference/audit/blocks.ts';
import { instantMs } from '../../reference/audit/blocks.ts';
import { ControlFault } from '../controlFault.ts';
import { recipeOf } from '../corrections/recipe.ts';
import { KeptRows, type SampleRow } from '../corrections/samples.ts';
import type { PartitionState, Tenant } from '../state.ts';
import { rowsOf } from './correcting.ts';

interface Row extends SampleRow {
  readonly block: Block;
  readonly resource: number;
  readonly usageSeq: number;
  /** What the row counts: 1, or −1 where it takes another one back. */
  readonly sense: 1 | -1;
  readonly sample: string;
}

export class Rebuildings {
  readonly #rows: Row[] = [];
  /** By partition and sequence, as stored. */
  readonly #batches = new Map<string, BatchBody>();
  readonly #nameOf: (resource: number) => string;
  readonly #readText: (bytes: Uint8Array) => string | undefined;

  constructor(nameOf: (resource: number) => string, readText: (bytes: Uint8Array) => string | undefined) {
    this.#nameOf = nameOf;
    this.#readText = readText;
  }

  take(partition: number, seq: number, data: Uint8Array): void {
    const envelope = decodeEnvelope(data);
    try {
      this.#batches.set(`${partition} ${seq}`, JSON.parse(this.#readText(envelope!.body)!) as BatchBody);
    } catch {
      // It was refused: no row names it.
    }
  }

  store(blocks: readonly Block[]): void {
    for (const block of blocks) {
      const [kind, usageSeq] = [block.scalar('kind'), Number(block.scalar('usage_seq'))];
      const batch = (['producer', 'epoch', 'seq'] as const).map((column) => block.scalar(column)).join(' ');
      for (const { resource, startMs, row } of rowsOf(block)) {
        const sample = `${batch} ${row[1]} ${startMs}`;
        this.#rows.push({ block, resource, usageSeq, index: row[1], startMs, durationMs: row[3], sense: kind === 'void' ? -1 : 1, sample }); // prettier-ignore
      }
    }
  }

  /** Tallies of which a correction took rows back, or brought some back. */
  touched({ master }: Tenant, correction: string): CorrectedTally[] {
    const places = this.#rows
      .filter(({ block }) => block.scalar('correction') === correction && block.scalar('kind') !== 'adjustment')
      .filter(({ block }) => keepsSamples(master.meters.get(block.scalar('meter'))?.aggregation))
      .map((row) => this.#placeOf(master, row));
    return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
  }

  #placeOf({ prices }: Tenant['master'], { block: { scalar }, resource }: Row): CorrectedTally {
    const price = prices.get(Number(scalar('price')))?.record;
    return {
      account: price?.tallyScope === 'subtree' ? price.account : Number(scalar('account')),
      price: Number(scalar('price')),
      meter: scalar('meter'),
      cell: scalar('cell'),
      periodStartMs: instantMs(scalar('period_start')),
      resource: price?.tallyScope === 'resource' ? this.#nameOf(resource) : '',
    };
  }

  /** Whether the tally, or one that it took over from, took over or lost what came without a price: then rows do not tell whose samples are whose. */
  hasMoved(state: PartitionState, tenant: Tenant, place: CorrectedTally): boolean {
    const { meter } = place;
    return this.#rows.some(
      ({ block: { scalar } }) =>
        scalar('tenant') === tenant.id && scalar('meter') === meter && scalar('kind') === 'adjustment' && scalar('price') === '0' && scalar('correction') === '',
    ) || recipeOf(state, tenant, place).sources.some(({ upTo }) => upTo?.[0] === 0);
  } // prettier-ignore

  /** What is told of a tally that has a shadow. */
  messages(state: PartitionState, tenant: Tenant, place: CorrectedTally): Omit<Extract<ControlChange, { kind: 'correctionTally' }>, 'id' | 'n'>[] {
    const recipe = recipeOf(state, tenant, place);
    const meter = tenant.master.meters.get(place.meter)!;
    const [all, carried] = [new KeptRows(meter, recipe.period), new KeptRows(meter, recipe.period)];
    for (const { tally, upTo } of recipe.sources.toReversed()) {
      const isOwn = upTo === null;
      for (const { row, body } of this.#standing(state, tenant, tally, upTo ?? [recipe.shadowSeq!, Infinity])) {
        all.add(body, row);
        if (!isOwn) carried.add(body, row);
      }
    }
    const parts = [...all.messages()];
    return parts.map((kept, i) => ({ kind: 'correctionTally', tally: place, kept, carried: String(carried.quantity), isLast: i === parts.length - 1 }));
  } // prettier-ignore

  #standing(state: PartitionState, { master, id }: Tenant, tally: CorrectedTally, [seqMax, indexMax]: readonly [number, number]) {
    const wanted = JSON.stringify(tally);
    const own = this.#rows.filter(
      (row) => row.block.scalar('tenant') === id && row.block.scalar('kind') !== 'adjustment' && row.block.scalar('meter') === tally.meter && JSON.stringify(this.#placeOf(master, row)) === wanted,
    );
    return [...Map.groupBy(own, ({ sample }) => sample).values()]
      .filter((rows) => rows.reduce((sum, { sense }) => sum + sense, 0) > 0)
      .map((rows) => rows.find(({ block }) => ['usage', 'unpriced'].includes(block.scalar('kind')))!)
      .map((row) => ({ row, partition: Number(row.block.scalar('partition')) }))
      .filter(({ partition, row: { usageSeq, index } }) => partition < state.partition || usageSeq < seqMax || (usageSeq === seqMax && index <= indexMax))
      .sort((a, b) => a.partition - b.partition || a.row.usageSeq - b.row.usageSeq || a.row.index - b.row.index || a.row.startMs - b.row.startMs)
      .map(({ row, partition }) => ({ row, body: this.#batches.get(`${partition} ${row.usageSeq}`)! }));
  } // prettier-ignore
}

/** Undefined where the tally cannot be rebuilt. */
export function attempted<Value>(attempt: () => Value): Value | undefined {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof ControlFault || error instanceof RangeError) return undefined;
    throw error;
  }
}
