/**
 * Joins inserts that come close together into one for each table. Sixteen partitions that each write a small part cost ten times what one
 * does that writes a large one: parts are synced and merged by the piece, not by the byte.
 *
 * Only for an engine in this process. There an insert has ended when its promise has, and nothing lands late; what is not known after a
 * crash is counted by who inserted. The engine knows a joined insert by one token, so each one's own is remembered here.
 */
import { clickhouseLimits } from './limits.ts';

export interface Insert {
  readonly table: string;
  readonly columns: readonly string[];
  readonly lines: readonly Uint8Array[];
  readonly token: string;
}

interface Gathered {
  readonly inserts: Insert[];
  bytes: number;
  readonly stored: Promise<void>;
  /** Writes now. */
  readonly go: () => void;
}

export class Gather {
  readonly #write: (insert: Insert) => Promise<void>;
  /** As many as may come at once: with the last of them nobody is waited for. */
  readonly #writers: number;
  readonly #waiting = new Map<string, Gathered>();
  /** By table and token, the oldest first: what is being written or has been. */
  readonly #known = new Map<string, Promise<void>>();

  constructor(write: (insert: Insert) => Promise<void>, writers: number) {
    this.#write = write;
    this.#writers = writers;
  }

  /** Resolves when the lines are stored; the same token twice stores one set of them. */
  insert(insert: Insert): Promise<void> {
    const key = `${insert.table} ${insert.token}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const gathered = this.#waiting.get(insert.table) ?? this.#begin(insert.table);
    gathered.inserts.push(insert);
    gathered.bytes += insert.lines.reduce((sum, piece) => sum + piece.length, 0);
    this.#remember(key, gathered.stored);
    if (gathered.inserts.length >= this.#writers || gathered.bytes >= clickhouseLimits.gatherBytes) gathered.go();
    return gathered.stored;
  }

  #begin(table: string): Gathered {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, clickhouseLimits.gatherMs);
    const inserts: Insert[] = [];
    const stored = promise.then(() => {
      clearTimeout(timer);
      if (this.#waiting.get(table)?.inserts === inserts) this.#waiting.delete(table);
      return this.#write(joined(inserts));
    });
    const go = () => {
      this.#waiting.delete(table);
      resolve();
    };
    const gathered = { inserts, bytes: 0, stored, go };
    this.#waiting.set(table, gathered);
    return gathered;
  }

  #remember(key: string, stored: Promise<void>): void {
    this.#known.set(key, stored);
    // What failed may be tried again under its token.
    stored.catch(() => this.#known.delete(key));
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= clickhouseLimits.tokensKnownMax) break;
      this.#known.delete(oldest);
    }
  }
}

function joined(inserts: readonly Insert[]): Insert {
  const [first] = inserts;
  if (inserts.length === 1) return first!;
  return {
    ...first!,
    lines: inserts.flatMap(({ lines }) => lines),
    token: inserts.map(({ token }) => token).join('+'),
  };
}
