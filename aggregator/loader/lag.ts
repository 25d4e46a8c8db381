import { streams } from '#core/messages/names.ts';
import type { Log } from '#platform/log.ts';
import type { Head } from './chain.ts';
import { readCommit } from './commit.ts';

/** Committed rated samples of the partition that are not in the store yet, by the counters in the log's last commit. */
export async function lagSamples(log: Log, partition: number, head: Head): Promise<number> {
  const stream = streams.rated(partition);
  const { lastSeq } = await log.info(stream);
  if (lastSeq <= head.seq) return 0;
  const last = await log.get(stream, lastSeq);
  const commit = last === undefined ? undefined : readCommit(last);
  return Math.max(0, (commit?.header.totals.samples.rated ?? 0) - head.samplesRated);
}
