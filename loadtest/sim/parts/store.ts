/** ClickHouse as the loader sees it: inserts whole or not, tokens remembered for good, answers that come late or never. */
import type { Table } from '#aggregator/schema/tables.ts';
import type { Beyond, LoadStore } from '#aggregator/loader/loadStore.ts';
import type { Process } from '../schedule.ts';
import type { Wire } from './wire.ts';

const insertTimeoutMs = 6000;
const queryTimeoutMs = 2500;

export interface StoredRow {
  readonly table: string;
  readonly partition: number;
  readonly incarnation: number;
  readonly outSeq: number;
  readonly line: string;
}

const maxOf = (rows: readonly StoredRow[]): number => rows.reduce((most, { outSeq }) => Math.max(most, outSeq), 0);

export class Store {
  readonly #wire: Wire;
  readonly #onInsert: (table: string, token: string) => void;
  readonly #tokens = new Set<string>();
  rows: StoredRow[] = [];
  /** Inserts that were given up and have yet to be taken. */
  late = 0;

  /** `onInsert` hears of every insert that arrives, taken or not. */
  constructor(wire: Wire, onInsert: (table: string, token: string) => void) {
    this.#wire = wire;
    this.#onInsert = onInsert;
  }

  for(process: Process): LoadStore {
    const { faults, random, schedule } = this.#wire;
    const ask = <T>(effect: () => T, timeoutMs = queryTimeoutMs) => {
      const { nowMs } = schedule;
      return this.#wire.ask(process, timeoutMs, () => {
        // Who has given up has closed the connection; what of an insert was under way is a fault of its own.
        if (schedule.nowMs > nowMs + timeoutMs) throw new Error('the connection is closed');
        if (faults.strikes('storeRefuses')) throw new Error('the store refuses');
        return effect();
      });
    };
    const inRange = (table: Table, { partition, incarnation, from, to }: Parameters<LoadStore['remove']>[1]) =>
      (row: StoredRow) =>
        row.table === table.name && row.partition === partition && row.incarnation === incarnation && row.outSeq >= from && row.outSeq <= to; // prettier-ignore
    const isBeyond =
      ({ partition, baseSeq, toSeq = Infinity, incarnation, which }: Beyond) =>
      (row: StoredRow) =>
        row.partition === partition &&
        row.outSeq > baseSeq &&
        row.outSeq <= toSeq &&
        row.incarnation < incarnation === (which === 'older');
    return {
      insert: (table, lines, token) =>
        ask(() => {
          this.#onInsert(table.name, token);
          const land = () => this.#insert(table.name, Buffer.concat(lines), token);
          if (!faults.strikes('insertLate')) return land();
          // It was sent, we were told that it failed, and it is taken all the same.
          this.late += 1;
          schedule.after(random.next() * 8000, undefined, () => {
            this.late -= 1;
            land();
          });
          throw new Error('the insert timed out');
        }, insertTimeoutMs),
      rowsBySeq: (table, range) =>
        ask(() => {
          const counts = new Map<number, number>();
          for (const { outSeq } of this.rows.filter(inRange(table, range)))
            counts.set(outSeq, (counts.get(outSeq) ?? 0) + 1);
          return counts;
        }),
      remove: (table, range) => ask(() => void this.#remove(inRange(table, range))),
      heldSeqMax: (partition) => ask(() => maxOf(this.rows.filter((row) => row.partition === partition))),
      loadedSeq: (partition) => ask(() => this.loadedSeq(partition)),
      isClaimed: ({ partition, incarnation, seq, nonce }) =>
        ask(() =>
          this.rows.some(
            (row) =>
              row.table === 'takeovers' && row.partition === partition && row.incarnation === incarnation && row.outSeq === seq && row.line.includes(nonce), // prettier-ignore
          ),
        ),
      countBeyond: (beyond) => ask(() => this.rows.filter(isBeyond(beyond)).length),
      removeBeyond: (beyond) => ask(() => this.#remove(isBeyond(beyond))),
    };
  }

  /** What of some tables is valid, in the order of the log. */
  read(process: Process, partition: number, tables: readonly string[]): Promise<StoredRow[]> {
    const rows = () =>
      this.valid()
        .filter((row) => row.partition === partition && tables.includes(row.table))
        .sort((a, b) => a.outSeq - b.outSeq);
    return this.#wire.ask(process, queryTimeoutMs, rows);
  }

  /** Last commit of a partition that is loaded whole. */
  loadedSeq(partition: number): number {
    return maxOf(this.valid().filter((row) => row.table === 'loads' && row.partition === partition));
  }

  #insert(table: string, lines: Uint8Array, token: string): void {
    const key = `${table} ${token}`;
    if (this.#tokens.has(key)) return;
    this.#tokens.add(key);
    for (const line of Buffer.from(lines).toString('utf8').split('\n')) {
      if (line === '') continue;
      const [partition, incarnation, outSeq] = line.split('\t', 3).map(Number);
      this.rows.push({ table, partition: partition!, incarnation: incarnation!, outSeq: outSeq!, line });
    }
  }

  #remove(matches: (row: StoredRow) => boolean): number {
    const before = this.rows.length;
    this.rows = this.rows.filter((row) => !matches(row));
    return before - this.rows.length;
  }

  /** Rows that no take-over made void, as the views show them. */
  valid(): StoredRow[] {
    const bases = this.rows.flatMap(({ table, line, partition, incarnation }) =>
      table === 'takeovers' ? [{ partition, incarnation, baseSeq: Number(line.split('\t').at(-2)) }] : [],
    );
    return this.rows.filter(
      (row) =>
        !bases.some(
          ({ partition, incarnation, baseSeq }) =>
            row.partition === partition && incarnation > row.incarnation && row.outSeq > baseSeq,
        ),
    );
  }
}
