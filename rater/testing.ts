/** What the rater's tests share: reading a rated log, and waiting. */
import { expect } from 'vitest';
import { blockColumns, splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { parseHeader } from './restore.ts';

interface Read {
  readonly headers: CommitHeader[];
  /** "<producer> <seq> <index>" of every first row, in log order. */
  readonly rows: string[];
}

/** Reads RATED_<p>, checking that it chains from the first message to the last. */
export async function readRated(log: Log, partition: number): Promise<Read> {
  const read: Read = { headers: [], rows: [] };
  const { lastSeq } = await log.info(`RATED_${partition}`);
  const reading = new AbortController();
  let prev = { seq: 0, hash: '' };
  for await (const message of log.follow(`RATED_${partition}`, 1, reading.signal)) {
    const header = parseHeader(message.data);
    expect(header.prev).toEqual(prev);
    prev = { seq: message.seq, hash: sha256(message.data) };
    read.headers.push(header);
    for (const line of Buffer.from(splitCommit(message.data).blocks).toString().split('\n').filter(Boolean)) {
      const cells = Object.fromEntries(line.split('\t').map((cell, i) => [blockColumns[i]![0], cell]));
      expect(Number(cells['out_seq'])).toBe(message.seq);
      for (const index of JSON.parse(cells['idx']!) as number[])
        read.rows.push(`${cells['producer']} ${cells['seq']} ${index}`);
    }
    if (message.seq === lastSeq) break;
  }
  reading.abort();
  return read;
}

export async function until<Value>(what: () => Promise<Value | undefined>): Promise<Value> {
  for (;;) {
    const value = await what().catch(() => undefined);
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
