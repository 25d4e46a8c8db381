/** How large the commit that is being filled has become, so that it stays far below what the broker takes. */
import type { Changes } from '#core/rating/changes.ts';
import type { Tally } from '#core/rating/state.ts';

/** Bytes that one entry of a list may add to a commit, generously. */
const entryBytes = {
  producers: 600,
  resources: 300,
  series: 1600,
  ended: 30,
  opened: 400,
  tallies: 80,
  rolled: 700,
  levels: 700,
  balances: 250,
  // With the sums of some hours.
  budgets: 2000,
  alerts: 2000,
  refusals: 400,
} as const;
/** A slot with its sum, a sample, a value. */
const noteBytes = 30;
/** A batch taken leaves its sequence and hash with its producer. */
const inputBytes = 80;

export class CommitSize {
  #changes: Changes | undefined;
  #inputs = 0;
  #payloads = 0;
  #refusals = 0;
  #opened = 0;
  #details = 0;

  /** An input has been taken; a control message travels in the commit whole. */
  took(stream: 'usage' | 'control', payloadBytes: number): void {
    this.#inputs += 1;
    if (stream === 'control') this.#payloads += payloadBytes;
  }

  of(changes: Changes): number {
    if (changes !== this.#changes) this.#begin(changes);
    // A refusal's detail may quote what was refused.
    for (; this.#refusals < changes.refusals.length; this.#refusals++)
      this.#details += changes.refusals[this.#refusals]!.detail.length;
    // What a tally that goes on from another one takes over of slots, samples and values is written out.
    for (; this.#opened < changes.opened.length; this.#opened++)
      this.#details += takenOver(changes.opened[this.#opened]!);
    let bytes = changes.lineBytes + this.#payloads + this.#details + this.#inputs * inputBytes;
    for (const [list, each] of Object.entries(entryBytes))
      bytes += changes[list as keyof typeof entryBytes].length * each;
    return bytes;
  }

  #begin(changes: Changes): void {
    this.#changes = changes;
    this.#inputs = this.#payloads = this.#refusals = this.#opened = this.#details = 0;
  }
}

const takenOver = ({ slots, samples, distinct }: Tally): number =>
  noteBytes * ((slots?.fresh.size ?? 0) + (samples?.fresh.length ?? 0) + (distinct?.fresh.length ?? 0));
