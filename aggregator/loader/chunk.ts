import { alerts, creditEntries, loads, ratedBlocks, refusals, resources, type Table } from '../schema/tables.ts';
import { aggregatorLimits } from '../limits.ts';
import type { Head } from './chain.ts';
import type { Commit } from './commit.ts';
import { alertLines, creditLines, loadLine, refusalLines, resourceLines } from './lines.ts';

/** Rows of one table that a load writes, and how many of them each commit brings. */
export interface TableRows {
  readonly table: Table;
  readonly lines: Uint8Array[];
  readonly rowsBySeq: Map<number, number>;
}

/** The commits of one load: of one incarnation and one month of log time, in order and without a gap. */
export class Chunk {
  readonly partition: number;
  readonly base: Head;
  /** The take-over that the chunk starts with, if it does. */
  readonly takeover: Commit | undefined;
  #end: Head;
  #last: Commit;
  #commits = 0;
  #bytes = 0;
  #hasInputs = false;
  readonly #rows = new Map<Table, TableRows>();
  readonly #balances = new Map<string, Commit['header']['balances'][number]>();

  constructor(partition: number, base: Head, first: Commit) {
    this.partition = partition;
    this.base = base;
    this.takeover = first.header.kind === 'takeover' ? first : undefined;
    this.#end = base;
    this.#last = first;
    this.add(first);
  }

  get end(): Head {
    return this.#end;
  }

  get incarnation(): number {
    return this.#last.header.incarnation;
  }

  /** False while all commits are ticks: then there is nothing to write but the position. Of a partition that retires the store tells the end. */
  get hasRows(): boolean {
    return this.#rows.size > 0 || this.takeover !== undefined || this.#last.header.kind === 'retire';
  }

  /** Whether somebody may wait for it: a seed, a correction and a close go on once the store has come to what they told the rater. */
  get isAwaited(): boolean {
    return this.hasRows || this.#hasInputs;
  }

  /** Whether so much waits that it is worth a load at once. */
  get isLarge(): boolean {
    return this.#bytes >= aggregatorLimits.largeLoadBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= aggregatorLimits.loadBytesMax || this.#commits >= aggregatorLimits.loadCommitsMax;
  }

  /** Whether the commit may join: another incarnation or month starts a chunk of its own. */
  takes(commit: Commit): boolean {
    return commit.header.kind === 'commit' && monthOf(commit.header.logTimeMs) === monthOf(this.#end.logTimeMs);
  }

  add(commit: Commit): void {
    const { header, seq, blocks } = commit;
    this.#last = commit;
    this.#end = {
      seq,
      hash: commit.hash,
      incarnation: header.incarnation,
      logTimeMs: header.logTimeMs,
      samplesRated: header.totals.samples.rated,
    };
    this.#commits += 1;
    this.#hasInputs ||= header.inputs.taken.length > 0;
    this.#bytes += blocks.length;
    if (header.blocks > 0) this.#put(ratedBlocks, seq, header.blocks, blocks);
    this.#putText(resources, seq, resourceLines(commit));
    this.#putText(refusals, seq, refusalLines(commit));
    this.#putText(alerts, seq, alertLines(commit));
    this.#putText(creditEntries, seq, creditLines(commit));
    for (const balance of header.balances) {
      this.#balances.set(`${balance.tenant}|${balance.account}|${balance.periodStartMs}|${balance.currency}`, balance);
    }
  }

  /** What to write, in order. The row in `loads` comes last: where it is, the load is whole. */
  tables(): TableRows[] {
    const rows = [ratedBlocks, resources, refusals, alerts, creditEntries].flatMap(
      (table) => this.#rows.get(table) ?? [],
    );
    const line = loadLine(this.#last, this.base.seq + 1, [...this.#balances.values()]);
    return [...rows, { table: loads, lines: [encoder.encode(line)], rowsBySeq: new Map([[this.#end.seq, 1]]) }];
  }

  #putText(table: Table, seq: number, lines: readonly string[]): void {
    if (lines.length > 0) this.#put(table, seq, lines.length, encoder.encode(lines.join('')));
  }

  #put(table: Table, seq: number, count: number, lines: Uint8Array): void {
    let rows = this.#rows.get(table);
    if (rows === undefined) this.#rows.set(table, (rows = { table, lines: [], rowsBySeq: new Map() }));
    rows.lines.push(lines);
    rows.rowsBySeq.set(seq, count);
  }
}

const encoder = new TextEncoder();

/** Months of UTC since year 0, as ClickHouse's `toYYYYMM` cuts them. */
function monthOf(ms: number): number {
  const date = new Date(ms);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}
