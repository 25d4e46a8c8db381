/** Things by the instant at which each is due, the earliest first: a binary heap whose outdated entries are left to fall out. */
export class DueQueue<Thing> {
  #entries: { readonly atMs: number; readonly thing: Thing }[] = [];
  /** Beyond so many entries the outdated ones are thrown out. */
  #sizeMax = 1024;
  readonly #isDue: (thing: Thing, atMs: number) => boolean;

  /** `isDue`: whether the thing is still due at that instant. */
  constructor(isDue: (thing: Thing, atMs: number) => boolean) {
    this.#isDue = isDue;
  }

  add(atMs: number, thing: Thing): void {
    if (this.#entries.length >= this.#sizeMax) {
      this.#entries = this.#entries
        .filter((entry) => this.#isDue(entry.thing, entry.atMs))
        .sort((a, b) => a.atMs - b.atMs);
      this.#sizeMax = Math.max(1024, 2 * this.#entries.length);
    }
    const entries = this.#entries;
    let at = entries.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (entries[above]!.atMs <= atMs) break;
      entries[at] = entries[above]!;
      at = above;
    }
    entries[at] = { atMs, thing };
  }

  /** Infinity when nothing is due. */
  get nextMs(): number {
    for (let first = this.#entries[0]; first !== undefined; first = this.#entries[0]) {
      if (this.#isDue(first.thing, first.atMs)) return first.atMs;
      this.#removeFirst();
    }
    return Infinity;
  }

  /** Takes out what is due by then. */
  *take(untilMs: number): Generator<Thing> {
    while (this.nextMs <= untilMs) yield this.#removeFirst();
  }

  #removeFirst(): Thing {
    const entries = this.#entries;
    const { thing } = entries[0]!;
    const last = entries.pop()!;
    if (entries.length === 0) return thing;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= entries.length) break;
      if (below + 1 < entries.length && entries[below + 1]!.atMs < entries[below]!.atMs) below += 1;
      if (entries[below]!.atMs >= last.atMs) break;
      entries[at] = entries[below]!;
      at = below;
    }
    entries[at] = last;
    return thing;
  }
}
