/** How far each partition's alerts have been copied: the bucket `NOTIFIER`, so that a restart need not read all of RATED. */
import { chainStart, type ChainTip } from './chain.ts';
import type { NotifierEvents } from './events.ts';
import type { Bucket } from './ports.ts';

export class Positions {
  private readonly bucket: Bucket;
  private readonly events: NotifierEvents;
  private readonly moved = new Map<number, ChainTip>();

  constructor(bucket: Bucket, events: NotifierEvents) {
    this.bucket = bucket;
    this.events = events;
  }

  async read(partition: number): Promise<ChainTip> {
    const entry = await this.bucket.get(String(partition));
    return entry === null || entry.operation !== 'PUT' ? chainStart : entry.json<ChainTip>();
  }

  /** Every alert up to the tip is in `ALERTS`. */
  move(partition: number, tip: ChainTip): void {
    this.moved.set(partition, tip);
  }

  /** Writes what has moved; what cannot be written now is written the next time. */
  async write(): Promise<void> {
    for (const [partition, tip] of [...this.moved]) {
      try {
        await this.bucket.put(String(partition), JSON.stringify(tip));
        if (this.moved.get(partition) === tip) this.moved.delete(partition);
      } catch (error) {
        this.events.logRetried('position', String(error));
      }
    }
  }
}
