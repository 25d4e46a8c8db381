/** Marks on their way from raters to producers: pushed, lost, repeated, late; and asked for. */
import type { MarkMessage } from '#core/messages/mark.ts';
import type { Process } from '../schedule.ts';
import { NoAnswer, type Wire } from './wire.ts';

const askTimeoutMs = 2000;

export type Answer = (partition: number, tenant: string, producer: string) => MarkMessage | undefined;

export class Marks {
  readonly #wire: Wire;
  readonly #onTold: (mark: MarkMessage) => void;
  readonly #heard = new Map<string, { process: Process; take: (mark: MarkMessage) => void }>();
  readonly #answers = new Map<Process, Answer>();

  /** `onTold` hears of every mark that a rater tells, asked or not. */
  constructor(wire: Wire, onTold: (mark: MarkMessage) => void) {
    this.#wire = wire;
    this.#onTold = onTold;
  }

  /** The rater's process answers from what it owns; undefined is silence. */
  answer(process: Process, answer: Answer): void {
    this.#answers.set(process, answer);
    process.onEnd(() => this.#answers.delete(process));
  }

  listen(process: Process, tenant: string, producer: string, take: (mark: MarkMessage) => void): void {
    this.#heard.set(`${tenant}/${producer}`, { process, take });
  }

  push(mark: MarkMessage): void {
    this.#onTold(mark);
    const { faults, random, schedule } = this.#wire;
    const deliver = (delayMs: number) => {
      const listener = this.#heard.get(`${mark.tenant}/${mark.producer}`);
      if (listener !== undefined) schedule.after(delayMs, listener.process, () => listener.take(mark));
    };
    if (!faults.strikes('markLost')) deliver(random.delayMs(3, 50, 0.1));
    if (faults.strikes('markTwice')) deliver(random.next() * 20_000);
  }

  async ask(process: Process, partition: number, tenant: string, producer: string): Promise<MarkMessage> {
    const { schedule } = this.#wire;
    return this.#wire.ask(process, askTimeoutMs, () => {
      for (const [rater, answer] of this.#answers) {
        if (rater.pausedUntilMs > schedule.nowMs) continue;
        const mark = schedule.as(rater, () => answer(partition, tenant, producer));
        if (mark === undefined) continue;
        this.#onTold(mark);
        return mark;
      }
      throw new NoAnswer('no responders');
    });
  }
}
