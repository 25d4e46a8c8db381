/** Batches of a simulated host until the rater has taken them: exact while the process lives, which is all a simulation needs. */
import type { Epoch } from '#core/metering/batch.ts';
import { compareEpochs } from '../spool/segment.ts';
import type { BatchStore } from '../publisher/publisher.ts';
import type { Position, StoredBatch } from '../spool/spool.ts';

export class MemoryStore implements BatchStore {
  readonly #epochs: { readonly epoch: Epoch; readonly batches: StoredBatch[] }[] = [];

  get outstanding(): number {
    return this.#epochs.reduce((sum, { batches }) => sum + batches.length, 0);
  }

  add(epoch: Epoch, batch: StoredBatch): void {
    const last = this.#epochs.at(-1);
    if (last !== undefined && compareEpochs(last.epoch, epoch) === 0) last.batches.push(batch);
    else this.#epochs.push({ epoch, batches: [batch] });
  }

  pending(): ReturnType<BatchStore['pending']> {
    const oldest = this.#epochs.find(({ batches }) => batches.length > 0);
    if (oldest === undefined) return undefined;
    return { epoch: oldest.epoch, firstSeq: oldest.batches[0]!.seq, lastSeq: oldest.batches.at(-1)!.seq };
  }

  read(epoch: Epoch, fromSeq: number): readonly StoredBatch[] {
    const batches = this.#epochs.find((other) => compareEpochs(other.epoch, epoch) === 0)?.batches ?? [];
    return batches.filter(({ seq }) => seq >= fromSeq);
  }

  acknowledge(position: Position): void {
    for (const { epoch, batches } of this.#epochs) {
      const order = compareEpochs(epoch, position.epoch);
      if (order > 0) continue;
      const kept = order < 0 ? [] : batches.filter(({ seq }) => seq > position.seq);
      batches.splice(0, batches.length - kept.length);
    }
    while (this.#epochs[0]?.batches.length === 0) this.#epochs.shift();
  }
}
