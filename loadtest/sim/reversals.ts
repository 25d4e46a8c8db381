/** Rows that corrections have taken back: each is there, the exact opposite of it is booked, and once. */
import { keyOf, rowsOf } from '#core/rating/differential/correcting.ts';
import { readBlocks } from '#core/reference/audit/blocks.ts';
import { parseAmount } from '#core/money/fixed.ts';

/** The blocks of one stored commit. */
interface Stored {
  readonly seq: number;
  readonly lines: readonly string[];
}

export class Reversals {
  readonly #reversed = new Set<string>();

  /** Rows taken back that survive. */
  get count(): number {
    return this.#reversed.size;
  }

  /** What is wrong with what the commit takes back; `commits` are those before it. */
  judge(commits: readonly Stored[], stored: Stored, isCut: boolean): string | undefined {
    for (const { ref, key, row } of reversals(stored)) {
      if (this.#reversed.has(key)) return `row ${key} is taken back twice`;
      this.#reversed.add(key);
      const before = originals(commits, ref).get(key);
      // What was read from the store may be lost in the log since: nothing tells then what it was.
      if (before === undefined && isCut) continue;
      if (before === undefined) return `row ${key} is taken back, and is not in the log`;
      for (const column of [4, 5] as const)
        if (parseAmount(before[column])! + parseAmount(row[column])! !== 0n)
          return `row ${key} of ${before[column]} is taken back as ${row[column]}`;
    }
    return undefined;
  }

  forget(stored: Stored): void {
    for (const { key } of reversals(stored)) this.#reversed.delete(key);
  }
}

const reversals = ({ lines }: Stored) =>
  lines
    .filter((line) => /\t(void|corrected)\t/.test(line))
    .map((line) => readBlocks(line)[0]!)
    .flatMap((block) => {
      const ref = block.scalar('reverses');
      return rowsOf(block).map((row) => ({ ref, key: keyOf(ref, row), row: row.row }));
    });

function originals(commits: readonly Stored[], ref: string) {
  const [partition, incarnation, outSeq, number] = ref.split('-');
  const place = `${partition}\t${incarnation}\t${outSeq}\t${number}\t`;
  const line = commits.find(({ seq }) => seq === Number(outSeq))?.lines.find((each) => each.startsWith(place));
  return new Map((line === undefined ? [] : rowsOf(readBlocks(line)[0]!)).map((row) => [keyOf(ref, row), row.row]));
}
