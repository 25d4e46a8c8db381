/** What raters say to one another: to all that live, lost, repeated and late as it comes. */
import type { RaterAlive } from '#core/messages/raterAlive.ts';
import type { Process } from '../schedule.ts';
import type { Wire } from './wire.ts';

export class Raters {
  readonly #wire: Wire;
  readonly #heard = new Map<Process, (message: RaterAlive) => void>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  listen(process: Process, take: (message: RaterAlive) => void): void {
    this.#heard.set(process, take);
    process.onEnd(() => this.#heard.delete(process));
  }

  tell(from: Process, message: RaterAlive): void {
    const { faults, random, schedule } = this.#wire;
    for (const [process, take] of this.#heard) {
      if (process !== from && faults.strikes('unheard')) continue;
      schedule.after(random.delayMs(3, 50, 0.1), process, () => take(message));
      if (faults.strikes('markTwice')) schedule.after(random.next() * 20_000, process, () => take(message));
    }
  }
}
