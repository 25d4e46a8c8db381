/** How a request of a process reaches something outside of it, and how its answer comes back, or does not. */
import type { Faults } from '../faults.ts';
import type { Random } from '../random.ts';
import type { Process, Schedule } from '../schedule.ts';

/** Nobody answered in time: what was asked for may or may not have happened. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export class Wire {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly random: Random;
  readonly #arrivesMs = new WeakMap<Process, number>();

  constructor(schedule: Schedule, faults: Faults, random: Random) {
    this.schedule = schedule;
    this.faults = faults;
    this.random = random;
  }

  /** `effect` happens once the request has arrived, even if who sent it is gone; what it throws is the answer. */
  ask<T>(process: Process, timeoutMs: number, effect: () => T | Promise<T>, lateMs = 0): Promise<T> {
    const { schedule, faults } = this;
    return new Promise<T>((resolve, reject) => {
      const giveUp = () => reject(new NoAnswer(`no answer within ${timeoutMs} ms`));
      const timer = schedule.after(timeoutMs, process, giveUp);
      const answer = (settle: () => void) => {
        if (faults.strikes('replyLost')) return;
        schedule.after(this.delayMs(), process, () => {
          if (timer.isCancelled) return;
          timer.isCancelled = true;
          settle();
        });
      };
      if (faults.strikes('requestLost')) return;
      // One connection keeps its order, whatever delays it.
      const arrivesMs = Math.max(this.#arrivesMs.get(process) ?? 0, schedule.nowMs + this.delayMs() + lateMs);
      this.#arrivesMs.set(process, arrivesMs);
      schedule.after(arrivesMs - schedule.nowMs, undefined, () => {
        try {
          void Promise.resolve(effect()).then(
            (value) => answer(() => resolve(value)),
            (error: unknown) => answer(() => reject(error)),
          );
        } catch (error) {
          answer(() => reject(error));
        }
      });
    });
  }

  delayMs(): number {
    return this.faults.strikes('slow') ? this.random.next() * 6000 : this.random.delayMs(3, 40, 0.1);
  }
}
