/** Faults one after another, now and then two at once, and how long each took to be recovered from. */
import { sleep } from '#platform/lifecycle.ts';
import { faultsOf, type FaultName, type World } from './faults.ts';
import { caughtUp } from './lag.ts';
import type { Ledger } from './ledger.ts';
import { chaosLimits } from './limits.ts';

export interface Recovery {
  /** What had been broken. */
  readonly faults: readonly FaultName[];
  /** From the end of the last fault until all that was spooled by then was committed, and until it was loaded. */
  readonly ratedMs: number;
  readonly loadedMs: number;
}

export class Trouble {
  /** How often each fault struck. */
  readonly counts: Partial<Record<FaultName, number>> = {};
  readonly recoveries: Recovery[] = [];
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #names: readonly FaultName[];
  readonly #say: (line: string) => void;
  #deck: FaultName[] = [];

  constructor(world: World, ledger: Ledger, names: readonly FaultName[], say: (line: string) => void) {
    this.#world = world;
    this.#ledger = ledger;
    this.#names = names;
    this.#say = say;
  }

  /** Strikes until the signal aborts; then everything is mended, and recovered from. Throws when something never is. */
  async make(signal: AbortSignal): Promise<void> {
    const { random, instance } = this.#world;
    for (;;) {
      await sleep(random.between(chaosLimits.calmMsMin, chaosLimits.calmMsMax), signal);
      if (signal.aborted) return;
      const struck = [this.#strike(signal)];
      if (random.chance(chaosLimits.togetherShare)) {
        await sleep(random.below(chaosLimits.togetherMsMax), signal);
        if (!signal.aborted) struck.push(this.#strike(signal));
      }
      const faults = (await Promise.all(struck)).filter((name) => name !== undefined);
      if (faults.length === 0) continue;
      const took = await caughtUp(instance, this.#ledger, chaosLimits.recoverMsMax);
      this.recoveries.push({ faults, ...took });
      this.#say(`recovered: rated after ${seconds(took.ratedMs)} s, loaded after ${seconds(took.loadedMs)} s`);
    }
  }

  /** The next fault from strike to mending; undefined when it could not strike. Each comes once before one comes again. */
  async #strike(signal: AbortSignal): Promise<FaultName | undefined> {
    if (this.#deck.length === 0) this.#deck = [...this.#names];
    const [name] = this.#deck.splice(this.#world.random.below(this.#deck.length), 1) as [FaultName];
    const struck = await faultsOf(this.#world.instance.cluster !== undefined)[name]?.(this.#world);
    if (struck === undefined) return undefined;
    const { what, lastsMs, mend } = struck;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    this.#say(lastsMs === 0 ? what : `${what}, for ${seconds(lastsMs)} s`);
    await sleep(lastsMs, signal);
    mend();
    return name;
  }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);
