/** Draws a snapshot from what is stored: the newest one and the commits after it. Nobody's state is touched, so no owner waits for it. */
import { emptyState } from '#core/rating/state.ts';
import type { Log } from '#platform/log.ts';
import { catchUp } from './restore.ts';
import type { Snapshots } from './snapshots.ts';

export interface Drawn {
  /** The commit that it is of. */
  readonly outSeq: number;
  readonly bytes: number;
}

/** Of all that `RATED_<p>` holds when it begins. */
export async function drawSnapshot(partition: number, log: Log, snapshots: Snapshots): Promise<Drawn> {
  const state = (await snapshots.newest(partition)) ?? emptyState(partition, false);
  await catchUp(state, log, () => undefined);
  return { outSeq: state.outSeq, bytes: await snapshots.save(state) };
}
