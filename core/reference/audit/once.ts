/** ONCE: every rated batch lies in one commit, later than those before it, and counts each of its samples once. */
import { instantMs, type Block } from './blocks.ts';
import type { Faults } from './faults.ts';

interface Last {
  readonly startedAtMs: number;
  readonly nonce: string;
  readonly seq: number;
}

/** Other rows are nobody's sample. */
const ofSamples = ['usage', 'unpriced', 'unmetered'];

export class Once {
  /** Per producer; what has been counted is told by order alone, so that memory does not grow with the log. */
  readonly #last = new Map<string, Last>();

  check(blocks: readonly Block[], outSeq: number, faults: Faults): void {
    const batches = new Map<string, { indexes: Set<string>; samples: number; block: Block }>();
    for (const block of blocks) {
      if (!ofSamples.includes(block.scalar('kind'))) continue;
      const id = (['tenant', 'producer', 'epoch', 'seq'] as const).map(block.scalar).join(' ');
      const batch = batches.get(id) ?? { indexes: new Set(), samples: 0, block };
      batches.set(id, batch);
      batch.samples += Number(block.scalar('samples'));
      for (const index of block.list('idx')) batch.indexes.add(index);
    }
    for (const [id, { indexes, samples, block }] of batches) {
      if (indexes.size !== samples) {
        faults.add('ONCE', `commit ${outSeq}: batch ${id} counts ${samples} samples and has rows of ${indexes.size}`);
      }
      this.#inOrder(id, block, outSeq, faults);
    }
  }

  #inOrder(id: string, block: Block, outSeq: number, faults: Faults): void {
    const [startedAt = '', nonce = ''] = block.scalar('epoch').split('-');
    const next: Last = { startedAtMs: Number(startedAt), nonce, seq: Number(block.scalar('seq')) };
    const producer = `${block.scalar('tenant')} ${block.scalar('producer')}`;
    const last = this.#last.get(producer);
    const isLater =
      last === undefined ||
      next.startedAtMs > last.startedAtMs ||
      (next.startedAtMs === last.startedAtMs &&
        (next.nonce > last.nonce || (next.nonce === last.nonce && next.seq > last.seq)));
    if (!isLater)
      faults.add('ONCE', `commit ${outSeq}: batch ${id} is rated again, at ${instantMs(block.scalar('log_time'))}`);
    else this.#last.set(producer, next);
  }
}
