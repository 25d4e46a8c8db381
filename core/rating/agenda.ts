/** What time alone will do next, by the instant at which it is due (SPEC §1.1). Derived from the state, never stored. */
import { compareText } from './attribution.ts';

export interface Entry {
  readonly atMs: number;
  readonly tenant: string;
  readonly kind: 'budget' | 'fee' | 'agreement' | 'credit';
  readonly id: string;
}

export class Agenda {
  readonly #entries = new Map<string, Entry>();
  /** Asked for with every input: kept until an entry changes. */
  #nextMs: number | undefined = Infinity;

  /** When the thing acts next; undefined for never again. One thing has one entry. */
  set(kind: Entry['kind'], tenant: string, id: string, atMs: number | undefined): void {
    const key = `${tenant} ${kind} ${id}`;
    if (this.#entries.get(key)?.atMs === atMs) return;
    this.#nextMs = undefined;
    if (atMs === undefined) this.#entries.delete(key);
    else this.#entries.set(key, { atMs, tenant, kind, id });
  }

  /** Infinity when nothing is due. */
  get nextMs(): number {
    if (this.#nextMs === undefined) {
      this.#nextMs = Infinity;
      for (const { atMs } of this.#entries.values()) if (atMs < this.#nextMs) this.#nextMs = atMs;
    }
    return this.#nextMs;
  }

  /** Takes out all that is due by then, by instant, tenant, kind and id. */
  take(untilMs: number): Entry[] {
    if (this.nextMs > untilMs) return [];
    const due = [...this.#entries].filter(([, entry]) => entry.atMs <= untilMs);
    for (const [key] of due) this.#entries.delete(key);
    if (due.length > 0) this.#nextMs = undefined;
    return due
      .map(([, entry]) => entry)
      .toSorted(
        (a, b) =>
          a.atMs - b.atMs || compareText(a.tenant, b.tenant) || compareText(a.kind, b.kind) || compareText(a.id, b.id),
      );
  }
}
