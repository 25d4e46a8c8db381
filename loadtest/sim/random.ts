/** Seeded randomness: the same seed gives the same run, whatever the machine. */
export class Random {
  #state: number;

  /** `seed`: any whole number. */
  constructor(seed: number) {
    // A number beyond 32 bits counts with all of its digits.
    this.#state = ((seed % 2 ** 32) ^ (Math.floor(seed / 2 ** 32) * 0x85ebca6b) ^ 0x9e3779b9) >>> 0;
  }

  /** From 0 up to, not including, 1. After mulberry32 of Tommy Ettinger, public domain. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const all = [...list];
    for (let at = all.length - 1; at > 0; at--) {
      const other = this.below(at + 1);
      [all[at], all[other]] = [all[other]!, all[at]!];
    }
    return all;
  }

  /** Mostly short, now and then long: how networks and disks answer. */
  delayMs(usualMs: number, longMs: number, longShare: number): number {
    return this.chance(longShare) ? this.next() * longMs : this.next() * usualMs;
  }

  /** Another stream of numbers, so that what one part draws does not move another's. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32));
  }
}
