import { takeovers } from '../schema/tables.ts';
import type { Commit } from './commit.ts';
import { takeoverLine } from './lines.ts';
import type { LoadStore } from './loadStore.ts';

/**
 * Makes the store follow a take-over before anything of the new incarnation is loaded: rows beyond its base are void,
 * hidden by the views as soon as the take-over's own row is there, then removed. Returns how many were.
 *
 * A log that lost its tail may give incarnation numbers out twice, so rows of the same and higher ones count as void, too,
 * until the take-over's own row, which carries its nonce, stands in the store. Running it again changes nothing.
 * That is done only where the store was found to hold such rows (`inDoubt`): a loader that was stopped and wakes late must not
 * remove what another has loaded meanwhile.
 */
export async function applyTakeover(
  store: LoadStore,
  commit: Commit,
  token: string,
  inDoubt: boolean,
): Promise<number> {
  const { partition, incarnation, nonce, base } = commit.header;
  const beyond = { partition, incarnation, baseSeq: base?.outSeq ?? 0 };
  const older = { ...beyond, which: 'older' } as const;
  if (!(await store.isClaimed({ partition, incarnation, seq: commit.seq, nonce }))) {
    if (inDoubt) await store.removeBeyond({ ...beyond, which: 'thisAndNewer' });
    const line = takeoverLine(commit, await store.countBeyond(older));
    await store.insert(takeovers, [new TextEncoder().encode(line)], token);
  }
  return store.removeBeyond(older);
}
