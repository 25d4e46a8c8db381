/** What a tally would keep of some samples, worked out from their signed batches: what the office tells of it (SPEC §16.6). */
import type { BatchBody } from '../../metering/batch.ts';
import type { MeterRecord } from '../../messages/control.ts';
import type { KeptSamples } from '../../messages/correction.ts';
import { grow } from '../aggregate.ts';
import { everything, noteOf } from '../notes.ts';
import { shareUntil } from '../portions.ts';
import { directionOf } from '../slots.ts';
import type { Tally } from '../state.ts';
import { newTally } from '../tally.ts';

/** A row of a tally: which sample of its batch, and which part of it. */
export interface SampleRow {
  readonly index: number;
  readonly startMs: number;
  readonly durationMs: number;
}

/** Entries of one list in a message at most, and characters of them: some tens of kilobytes. */
const entriesMax = 2000;
const charactersMax = 100_000;

export class KeptRows {
  readonly #meter: MeterRecord;
  readonly #tally: Tally;

  constructor(meter: MeterRecord, { periodStartMs, periodEndMs }: { readonly periodStartMs: number; readonly periodEndMs: number }) {
    this.#meter = meter;
    this.#tally = newTally({ id: 0, tenant: '', account: 0, resource: 0, price: 0, meter: meter.id, periodStartMs, periodEndMs, firstMs: 0, carried: '0' });
  } // prettier-ignore

  /** Parts of one sample in their order. Throws RangeError where the batch has no such sample, or the tally no room for it. */
  add(body: BatchBody, { index, startMs, durationMs }: SampleRow): void {
    const [resource, metric, dimsAt] = body.series[body.s[index] ?? -1] ?? [];
    const tick = body.ticks[body.k[index] ?? -1];
    if (resource === undefined || tick === undefined) throw new RangeError(`batch ${body.seq} has no sample ${index}`);
    const dims = dimsAt! < 0 ? {} : body.dims[dimsAt!]!;
    const whole = BigInt(body.q[index]!);
    const fromMs = body.baseMs + tick[0];
    const endMs = fromMs + tick[1];
    const share = (untilMs: number): bigint => shareUntil(whole, fromMs, endMs, untilMs);
    const isDelta = body.metrics[metric!]!.kind === 'delta' && endMs > fromMs;
    const { slots, distinct = '' } = this.#meter;
    const grown = grow(this.#tally, this.#meter, {
      quantity: isDelta ? share(startMs + durationMs) - share(startMs) : whole,
      durationMs,
      isHeld: false,
      begun: 0n,
      isStart: startMs === fromMs,
      whole,
      place: [endMs, body.producer, `${body.epoch.startedAtMs}-${body.epoch.nonce}`, body.seq, index],
      value: distinct === '' ? body.resources[resource]! : (dims[distinct] ?? ''),
      direction: (slots?.directions && directionOf(slots.directions, dims)) ?? 0,
      startMs,
    });
    if (grown === undefined)
      throw new RangeError(`meter ${this.#meter.id} has no room for all samples that would stand`);
    this.#tally.quantity += grown.quantity;
  }

  /** What the tally reaches, in its units. */
  get quantity(): bigint {
    return this.#tally.quantity;
  }

  /** What it keeps, in as many messages as it takes. */
  *messages(): Generator<KeptSamples> {
    const { aggregation } = this.#meter;
    const quantity = aggregation === 'max' || aggregation === 'latest' ? String(this.quantity) : '0';
    const { newest, values = [], hashes = [], slots = [], samples = [] } = noteOf(this.#tally, everything);
    yield { quantity, ...(newest && { newest }) };
    for (const chunk of chunksOf(values)) yield { quantity: '0', values: chunk };
    for (const chunk of chunksOf(hashes)) yield { quantity: '0', hashes: chunk };
    for (const chunk of chunksOf(slots)) yield { quantity: '0', slots: chunk };
    for (const chunk of chunksOf(samples)) yield { quantity: '0', samples: chunk };
  }
}

function* chunksOf<Entry>(entries: readonly Entry[]): Generator<Entry[]> {
  let chunk: Entry[] = [];
  let characters = 0;
  for (const entry of entries) {
    chunk.push(entry);
    characters += String(entry).length;
    if (chunk.length < entriesMax && characters < charactersMax) continue;
    yield chunk;
    [chunk, characters] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}
