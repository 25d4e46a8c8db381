/** The outbox table of the office, and the decisions that fill it. */
import type { ControlChange, ControlMessage } from '#core/messages/control.ts';
import type { Outbox } from '#billing/outbox/publish.ts';
import type { Process } from '../schedule.ts';
import type { Wire } from './wire.ts';

const queryTimeoutMs = 2000;

interface Row {
  readonly partition: number;
  readonly seq: number;
  readonly tenant: string;
  readonly payload: string;
  publishedMs: number | null;
}

export class OutboxRows {
  readonly #wire: Wire;
  readonly #rows: Row[] = [];

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** A decision, in the order in which its partition is to take it; returns its number there. */
  decide(partition: number, tenant: string, changes: readonly ControlChange[]): number {
    const seq = this.count(partition) + 1;
    const message: ControlMessage = { v: 1, tenant, seq, auditId: `a-${partition}-${seq}`, trace: '', changes };
    this.#rows.push({ partition, seq, tenant, payload: JSON.stringify(message), publishedMs: null });
    return seq;
  }

  count(partition: number): number {
    return this.#rows.filter((row) => row.partition === partition).length;
  }

  for(process: Process): Outbox {
    const ask = <T>(effect: () => T) => this.#wire.ask(process, queryTimeoutMs, effect);
    const open = () => this.#rows.filter(({ publishedMs }) => publishedMs === null);
    return {
      partitions: () => ask(() => [...new Set(open().map(({ partition }) => partition))]),
      waiting: (partition) =>
        ask(() =>
          open()
            .filter((row) => row.partition === partition)
            .map((row) => ({ ...row })),
        ),
      published: (partition, seq, atMs) =>
        ask(() => {
          this.#rows.find((row) => row.partition === partition && row.seq === seq)!.publishedMs = atMs;
        }),
    };
  }
}
