/**
 * The copy of every alert in `ALERTS`, once per id. Each append expects the stream's last sequence, so whoever else
 * writes (a twin after a take-over, our own message whose acknowledgement was lost) makes it fail; then the stream is
 * read on and what it already holds is not written again.
 */
import { streams, subjects } from '#core/messages/names.ts';
import type { AlertRecord } from '#core/messages/delivery.ts';
import type { Alert } from '#core/messages/alert.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { AppendResult, Log } from '#platform/log.ts';
import type { NotifierEvents } from './events.ts';
import { notifierLimits } from './limits.ts';
import { readBack, readJson, writeJson } from './readBack.ts';

interface Waiting {
  readonly record: AlertRecord;
  readonly stored: () => void;
}

/** Where an alert stands in the stream, and where it comes from. */
export type Copy = Pick<AlertRecord, 'partition' | 'outSeq' | 'logTimeMs'> & {
  readonly seq: number;
  /** When it was committed. */
  readonly atMs: number;
};

const copyOf = ({ partition, outSeq, logTimeMs, committedAtMs: atMs }: AlertRecord, seq: number): Copy => ({
  seq,
  atMs,
  partition,
  outSeq,
  logTimeMs,
});

export class AlertCopies {
  private readonly log: Log;
  private readonly signal: AbortSignal;
  private readonly events: NotifierEvents;
  /** In the order of the stream. */
  private readonly ids = new Map<string, Copy>();
  private readonly waiting: Waiting[] = [];
  private lastSeq = 0;
  private writing = false;

  constructor(log: Log, signal: AbortSignal, events: NotifierEvents) {
    this.log = log;
    this.signal = signal;
    this.events = events;
  }

  /** Alerts that wait to be written. */
  get backlog(): number {
    return this.waiting.length;
  }

  /** Alerts in the stream. */
  get count(): number {
    return this.ids.size;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** Each with its id, the first of the stream first. */
  oldest(): Iterable<readonly [string, Copy]> {
    return this.ids;
  }

  /** They are in the stream no more. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.ids.delete(id);
  }

  /** The alert of that id; undefined when the stream has none. */
  async find(id: string): Promise<Alert | undefined> {
    const seq = this.ids.get(id)?.seq;
    const message = seq === undefined ? undefined : await this.log.get(streams.alerts, seq);
    const record = message && readJson<AlertRecord>(message);
    return record && alertOf(record);
  }

  /** Reads what the stream has beyond what we know; each record once, in order. */
  async load(take: (record: AlertRecord) => void = () => undefined): Promise<void> {
    this.lastSeq = await readBack(this.log, streams.alerts, this.lastSeq + 1, this.signal, (message) => {
      const record = readJson<AlertRecord>(message);
      if (typeof record?.id !== 'string' || this.ids.has(record.id)) return;
      this.ids.set(record.id, copyOf(record, message.seq));
      take(record);
    });
  }

  /** Resolves when every record is in the stream, or the signal has aborted; the caller asks which. */
  async add(records: readonly AlertRecord[]): Promise<void> {
    const stored = records.map(
      (record) => new Promise<void>((resolve) => this.waiting.push({ record, stored: resolve })),
    );
    if (!this.writing) void this.write();
    await Promise.all(stored);
  }

  /**
   * One at a time: of several in flight a later one may take the place of one that the broker lost, and would then let in what another
   * notifier has written there.
   */
  private async write(): Promise<void> {
    this.writing = true;
    for (let next; (next = this.waiting[0]) !== undefined && !this.signal.aborted;) {
      const { record, stored } = next;
      if (!this.ids.has(record.id)) {
        const result = await this.append(record);
        if (result.kind !== 'stored') {
          await this.resynchronize(result.kind);
          continue;
        }
        this.lastSeq = result.seq;
        this.ids.set(record.id, copyOf(record, result.seq));
        this.events.alertCopied(record.id);
      }
      this.waiting.shift();
      stored();
    }
    this.writing = false;
    if (this.signal.aborted) for (const { stored } of this.waiting.splice(0)) stored();
  }

  private append(record: AlertRecord): Promise<AppendResult> {
    return this.log
      .append(streams.alerts, subjects.alerts(record.tenant), writeJson(record), this.lastSeq)
      .catch((): AppendResult => ({ kind: 'unknown' }));
  }

  private async resynchronize(reason: string): Promise<void> {
    this.events.logRetried('alert', reason);
    while (!this.signal.aborted) {
      if (reason !== 'conflict') await sleep(notifierLimits.logRetryMs, this.signal);
      try {
        await this.load();
        return;
      } catch (error) {
        this.events.logRetried('alert', String(error));
        reason = 'unknown';
      }
    }
  }
}

/** As its commit carried it: what is sent are the same bytes, whatever it was read from. */
export function alertOf({ partition: _p, outSeq: _s, committedAtMs: _at, ...alert }: AlertRecord): Alert {
  return alert;
}
