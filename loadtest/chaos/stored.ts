/** Which samples the log and ClickHouse hold, read from both directly, by nothing that the product reads them with. */
import { createHash } from 'node:crypto';
import { blockColumns, type CommitHeader } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import type { Store } from '#platform/clickhouse/index.ts';
import type { Log } from '#platform/log.ts';

/** How often each sample of a batch is there, by `<producer> <epoch> <seq>` and the sample's index in the batch. */
export type Holdings = Map<string, number[]>;

/** The samples of the blocks of a commit that counts. */
interface Counted {
  readonly seq: number;
  readonly hash: string;
  readonly incarnation: number;
  readonly batches: readonly (readonly [batch: string, indexes: readonly number[]])[];
}

export interface LogHoldings {
  readonly holdings: Holdings;
  /** Samples that were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** The owners of the commits that count: `<partition> <seq>` → incarnation. */
  readonly owners: ReadonlyMap<string, number>;
  /** Ids of alerts, each as often as it was raised. */
  readonly alerts: readonly string[];
  readonly takeovers: number;
  /** Messages that follow from nothing: no reader counts them. */
  readonly ignored: number;
}

const column = (name: (typeof blockColumns)[number][0]): number => blockColumns.findIndex(([known]) => known === name);
const at = { producer: column('producer'), epoch: column('epoch'), seq: column('seq'), idx: column('idx'), secondary: column('secondary') } as const; // prettier-ignore

/** Reads every partition from its first message: what chains from one to the next counts, a take-over makes void what lies beyond its base. */
export async function readLog(log: Log, partitions: number): Promise<LogHoldings> {
  const holdings: Holdings = new Map();
  const owners = new Map<string, number>();
  const refused: Record<string, number> = {};
  const alerts: string[] = [];
  let takeovers = 0;
  let ignored = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const chain: (Counted & Pick<CommitHeader, 'refusals' | 'alerts'>)[] = [];
    for await (const { seq, data } of messagesOf(log, streams.rated(partition))) {
      const newline = data.indexOf(10);
      const header = JSON.parse(Buffer.from(data.subarray(0, newline)).toString()) as CommitHeader;
      if (header.kind === 'takeover') {
        takeovers += 1;
        const base = chain.findLastIndex(
          (commit) => commit.seq === header.prev.seq && commit.hash === header.prev.hash,
        );
        if (base >= 0 || header.prev.seq === 0) chain.length = base + 1;
      }
      const tip = chain.at(-1);
      const isNext = (tip?.seq ?? 0) === header.prev.seq && (tip?.hash ?? '') === header.prev.hash;
      const isHeirs = header.kind === 'takeover' || tip?.incarnation === header.incarnation;
      if (!isNext || !isHeirs) {
        ignored += 1;
        continue;
      }
      const lines = Buffer.from(data.subarray(newline + 1))
        .toString()
        .split('\n')
        .filter(Boolean);
      chain.push({
        seq,
        hash: createHash('sha256').update(data).digest('base64url'),
        incarnation: header.incarnation,
        batches: lines.map((line) => batchOf(line.split('\t'))),
        refusals: header.refusals,
        alerts: header.alerts,
      });
    }
    for (const commit of chain) {
      owners.set(`${partition} ${commit.seq}`, commit.incarnation);
      for (const [batch, indexes] of commit.batches) hold(holdings, batch, indexes);
      for (const { reason, samples } of commit.refusals) refused[reason] = (refused[reason] ?? 0) + samples;
      alerts.push(...commit.alerts.map(({ id }) => id));
    }
  }
  return { holdings, refused, owners, alerts, takeovers, ignored };
}

async function* messagesOf(log: Log, stream: string) {
  const { lastSeq } = await log.info(stream);
  const reading = new AbortController();
  if (lastSeq === 0) return;
  for await (const message of log.follow(stream, 1, reading.signal)) {
    yield message;
    if (message.seq >= lastSeq) break;
  }
  reading.abort();
}

function batchOf(cells: readonly string[]): readonly [string, readonly number[]] {
  const batch = `${cells[at.producer]} ${cells[at.epoch]} ${cells[at.seq]}`;
  return [batch, firstRows(JSON.parse(cells[at.idx]!) as number[], JSON.parse(cells[at.secondary]!) as number[])];
}

/** A sample may have several rows, of which one is its first. */
const firstRows = (indexes: readonly number[], secondary: readonly number[]): number[] =>
  indexes.filter((_, row) => !secondary.includes(row + 1));

function hold(holdings: Holdings, batch: string, indexes: readonly number[]): void {
  const counts = holdings.get(batch) ?? [];
  for (const index of indexes) counts[index] = (counts[index] ?? 0) + 1;
  holdings.set(batch, counts);
}

export interface StoreHoldings {
  readonly holdings: Holdings;
  /** Samples in rows that show, although their commit is of an owner that had been fenced off. */
  readonly stale: number;
  /** Σ quantity and Σ amount, by producer. */
  readonly sums: ReadonlyMap<string, { readonly quantity: string; readonly amount: string }>;
}

/** Reads what shows in ClickHouse. */
export async function readStore(
  store: Store,
  partitions: number,
  owners: LogHoldings['owners'],
): Promise<StoreHoldings> {
  const holdings: Holdings = new Map();
  let stale = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const rows = await store.query<StoredBlock>(
      `SELECT incarnation, toString(out_seq) AS commit, producer, epoch, toString(seq) AS batch, idx, secondary FROM valid_blocks WHERE partition = {partition:UInt16}`,
      { partition },
    );
    for (const { incarnation, commit, producer, epoch, batch, idx, secondary } of rows) {
      const indexes = firstRows(idx, secondary);
      if (owners.get(`${partition} ${commit}`) !== incarnation) stale += indexes.length;
      hold(holdings, `${producer} ${epoch} ${batch}`, indexes);
    }
  }
  const sums = await store.query<{ producer: string; quantity: string; amount: string }>(
    `SELECT producer, toString(sum(quantity)) AS quantity, toString(sum(amount)) AS amount FROM valid_blocks WHERE kind = 'usage' GROUP BY producer`,
  );
  return { holdings, stale, sums: new Map(sums.map((sum) => [sum.producer, sum])) };
}

interface StoredBlock {
  readonly incarnation: number;
  readonly commit: string;
  readonly producer: string;
  readonly epoch: string;
  readonly batch: string;
  readonly idx: readonly number[];
  readonly secondary: readonly number[];
}
