/** How far each partition's alerts have been copied: the bucket `NOTIFIER`, so that a restart need not read all of RATED. */
import { notifierKeys } from '#core/messages/names.ts';
import { chainStart, type ChainTip } from './chain.ts';
import type { NotifierEvents } from './events.ts';
import type { Bucket } from './ports.ts';

export class Positions {
  private readonly bucket: Bucket;
  private readonly events: NotifierEvents;
  private readonly moved = new Map<number, ChainTip>();
  private readonly tips = new Map<number, number>();
  /** By partition. */
  private goneUntil: Readonly<Record<string, number>> = {};

  constructor(bucket: Bucket, events: NotifierEvents) {
    this.bucket = bucket;
    this.events = events;
  }

  async read(partition: number): Promise<ChainTip> {
    const tip = (await this.value<ChainTip>(String(partition))) ?? chainStart;
    this.tips.set(partition, tip.seq);
    return tip;
  }

  private async value<T>(key: string): Promise<T | undefined> {
    const entry = await this.bucket.get(key);
    return entry === null || entry.operation !== 'PUT' ? undefined : entry.json<T>();
  }

  /** Every alert of commits up to it is in `ALERTS`, or was; of a partition that nobody follows any more all are. */
  copiedUpTo(partition: number): number {
    return this.tips.get(partition) ?? Infinity;
  }

  async readTrimmed(): Promise<void> {
    this.goneUntil = (await this.value<Record<string, number>>(notifierKeys.trimmed)) ?? {};
  }

  /** Whether alerts of that log time were settled and have left `ALERTS`. */
  isTrimmed(partition: number, logTimeMs: number): boolean {
    return logTimeMs <= (this.goneUntil[partition] ?? 0);
  }

  /** Alerts of partitions up to these log times leave `ALERTS`. Throws when that cannot be written down. */
  async trimmed(untilMs: ReadonlyMap<number, number>): Promise<void> {
    const next = { ...this.goneUntil };
    for (const [partition, ms] of untilMs) next[partition] = Math.max(next[partition] ?? 0, ms);
    await this.bucket.put(notifierKeys.trimmed, JSON.stringify(next));
    this.goneUntil = next;
  }

  /** Message of `DELIVERIES` up to which the office has archived it. */
  async archived(): Promise<number> {
    return (await this.value<{ readonly seq: number }>(notifierKeys.archived))?.seq ?? 0;
  }

  /** Every alert up to the tip is in `ALERTS`. */
  move(partition: number, tip: ChainTip): void {
    this.moved.set(partition, tip);
    this.tips.set(partition, tip.seq);
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
