/** What a partition of a new generation began with: the first messages of its `RATED_<p>` (SPEC §13). */
import { streams } from '#core/messages/names.ts';
import type { CommitHeader, RolloverEntry, TallyEntry, TallyValue } from '#core/messages/rated.ts';
import type { Log } from '#platform/log.ts';
import { readCommit } from './commitBlocks.ts';

/** In order; none where it inherited nothing. */
export async function* inheritance(log: Log, partition: number): AsyncGenerator<CommitHeader> {
  for (let seq = 1; ; seq++) {
    const message = await log.get(streams.rated(partition), seq);
    const header = message && readCommit(message.data).header;
    if (header?.kind !== 'inherit') return;
    yield header;
  }
}

/** A tally as it was inherited; the parts may lie in several messages. */
export async function inheritedTally(
  log: Log,
  partition: number,
  isWanted: (entry: TallyEntry) => boolean,
): Promise<{ readonly entry?: TallyEntry; readonly value?: TallyValue; readonly rollover?: RolloverEntry }> {
  let [entry, value, rollover]: [TallyEntry?, TallyValue?, RolloverEntry?] = [];
  for await (const header of inheritance(log, partition)) {
    entry ??= header.tallies.find(isWanted);
    rollover ??= header.rollovers?.find(([id]) => id === entry?.id);
    value ??= header.tallyValues.find(([id]) => id === entry?.id);
    if (value !== undefined) break;
  }
  return { ...(entry && { entry }), ...(value && { value }), ...(rollover && { rollover }) };
}
