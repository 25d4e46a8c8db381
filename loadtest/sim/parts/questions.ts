/** What services ask raters, and raters one another: whoever is asked answers as it can, late, twice asked or never. */
import type { CheckVerb } from '#core/messages/checks.ts';
import type { Asker, Checks, Reply } from '#rater/checks/checks.ts';
import { checkLimits } from '#rater/checks/limits.ts';
import type { Process } from '../schedule.ts';
import { NoAnswer, type Wire } from './wire.ts';

export class Questions {
  readonly #wire: Wire;
  readonly #answers = new Map<Process, Checks>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** The rater's process answers, while it lives. */
  answer(process: Process, checks: Checks): void {
    this.#answers.set(process, checks);
    process.onEnd(() => this.#answers.delete(process));
  }

  /** A service asks: one of all raters takes it. */
  ask(service: Process, timeoutMs: number, asker: Asker, verb: CheckVerb, body: object): Promise<Reply> {
    return this.#wire.ask(service, timeoutMs, () => {
      if (this.#answers.size === 0) throw new NoAnswer('no responders');
      const [rater, checks] = this.#wire.random.pick([...this.#answers]);
      return this.#as(rater, () => checks.answer(asker, verb, body));
    });
  }

  /** A rater hands on what it was asked: all others hear of it, and the owner answers; two where there are two. */
  handOn(from: Process, partition: number, asker: Asker, verb: CheckVerb, body: unknown): Promise<Reply> {
    return this.#wire.ask(from, checkLimits.ownerMsMax, () => {
      const others = [...this.#answers].filter(([rater]) => rater !== from);
      if (others.length === 0) throw new NoAnswer('no responders');
      return new Promise<Reply>((resolve) => {
        for (const [rater, checks] of others) {
          const answered = this.#as(rater, () => checks.answerHere(partition, asker, verb, body));
          void answered.then((reply) => reply && resolve(reply));
        }
      });
    });
  }

  #as<T>(rater: Process, answer: () => Promise<T>): Promise<T> {
    const { schedule } = this.#wire;
    return new Promise<T>((resolve) => {
      schedule.after(this.#wire.delayMs(), rater, () => void answer().then(resolve));
    });
  }
}
