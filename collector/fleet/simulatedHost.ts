/** One simulated host: makes its batches in order and hands them to its publisher. */
import { randomBytes } from 'node:crypto';
import type { BatchBody, Epoch } from '#core/metering/batch.ts';
import { sealBatch, type ChainHead, type Producer } from '../batches/seal.ts';
import { generateBody, type FleetHost, type TimeSlice } from './generate.ts';
import { fleetLimits } from './limits.ts';
import { MemoryStore } from './memoryStore.ts';

const hourMs = 3600_000;
const hoursPerBatch = 24;

export class SimulatedHost {
  readonly store = new MemoryStore();
  readonly #host: FleetHost;
  readonly #producer: Producer;
  #head: ChainHead;
  #lastEndMs: number;

  constructor(host: FleetHost, producer: Producer, epoch: Epoch, fromMs: number) {
    this.#host = host;
    this.#producer = producer;
    this.#head = { epoch, nextSeq: 1, prev: '' };
    this.#lastEndMs = fromMs;
  }

  /** The next day of history in hourly slices, sent only when the rater's mark `taken` has not passed it. */
  addHistory(taken: number): void {
    const startMs = this.#lastEndMs;
    const slices = Array.from({ length: hoursPerBatch }, (_, hour) => ({
      startMs: startMs + hour * hourMs,
      endMs: startMs + (hour + 1) * hourMs,
    }));
    this.#add(slices, taken);
  }

  /** Live data begin: a new epoch, from `fromMs` on. */
  beginLive(nowMs: number, fromMs: number): void {
    const { epoch, prev } = this.#head;
    const startedAtMs = Math.max(nowMs, epoch.startedAtMs + 1);
    this.#head = { epoch: { startedAtMs, nonce: randomBytes(8).toString('hex') }, nextSeq: 1, prev };
    this.#lastEndMs = fromMs;
  }

  /** One slice up to now; longer when too many wait for the rater. False when nothing was added. */
  addLive(nowMs: number): boolean {
    if (nowMs <= this.#lastEndMs || this.store.outstanding >= fleetLimits.liveOutstandingMax) return false;
    this.#add([{ startMs: this.#lastEndMs, endMs: nowMs }], 0);
    return true;
  }

  #add(slices: readonly TimeSlice[], taken: number): void {
    const { tenant } = this.#producer;
    const { epoch, nextSeq: seq, prev } = this.#head;
    const body: BatchBody = generateBody(this.#host, { tenant, epoch, seq, prev }, slices);
    const sealed = sealBatch(this.#producer, this.#head, body, '');
    this.#head = { epoch, nextSeq: seq + 1, prev: sealed.hash };
    this.#lastEndMs = slices.at(-1)!.endMs;
    if (seq > taken) this.store.add(epoch, sealed);
  }
}
