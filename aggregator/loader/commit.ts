import type { MeterlineError } from '#core/errors.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { sha256 } from '#platform/crypto.ts';
import type { LogMessage } from '#platform/log.ts';
import { aggregatorError } from '../errors.ts';

/** One message of `RATED_<p>`: the header read, the blocks still bytes. */
export interface Commit {
  readonly seq: number;
  readonly hash: string;
  readonly header: CommitHeader;
  readonly blocks: Uint8Array;
}

const decoder = new TextDecoder();

/** Reads a message; `undefined` when it is not a commit at all, which readers ignore. */
export function readCommit(message: LogMessage): Commit | undefined {
  const { header, blocks } = splitCommit(message.data);
  try {
    const parsed = JSON.parse(decoder.decode(header)) as CommitHeader;
    if (parsed.v !== 1 || typeof parsed.partition !== 'number') return undefined;
    return { seq: message.seq, hash: sha256(message.data), header: parsed, blocks };
  } catch {
    return undefined;
  }
}

/**
 * LOAD_MALFORMED unless the blocks are as many lines as announced and start with the commit's own place: rows are counted
 * by that place after a doubt, so a wrong one could never be told from a missing row.
 */
export function blockFault({ seq, header, blocks }: Commit): MeterlineError | undefined {
  // A Buffer searches several bytes at a time, a plain array of bytes one.
  const bytes = Buffer.from(blocks.buffer, blocks.byteOffset, blocks.length);
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1;
  const start = `${header.partition}\t${header.incarnation}\t${seq}\t0\t`;
  const fits =
    blocks.length === 0 || (blocks.at(-1) === 10 && decoder.decode(blocks.subarray(0, start.length)) === start);
  if (lines === header.blocks && fits) return undefined;
  return aggregatorError(
    'LOAD_MALFORMED',
    `Partition ${header.partition}, sequence ${seq}: ${lines} lines, ${header.blocks} announced.`,
    {
      partition: header.partition,
      seq,
    },
  );
}
