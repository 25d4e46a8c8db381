/** A process that rates: it seeks the lease of every partition. */
import { Registry } from 'prom-client';
import type { CommittedView } from '#rater/committedView.ts';
import { raterEvents } from '#rater/events.ts';
import { keepPartition } from '#rater/keep.ts';
import type { Lease } from '#rater/lease.ts';
import { drawSnapshot } from '#rater/snapshotDraw.ts';
import { snapshotsIn } from '#rater/snapshots.ts';
import { Process } from '../schedule.ts';
import type { World } from '../world.ts';

export function startRater(world: World, name: string): Process {
  const process = new Process(name);
  world.schedule.after(0, process, () => run(world, process));
  return process;
}

function run(world: World, process: Process): void {
  const { streams, keys, marks, schedule, watch, partitions, owners, logger } = world;
  const log = streams.for(process);
  const snapshots = snapshotsIn(keys.blobsFor(process), log);
  const views = new Map<number, CommittedView>();
  const held = new Map<number, Lease>();
  const events = raterEvents(new Registry(), logger, () => views.size);
  marks.answer(process, (partition, tenant, producer) =>
    held.get(partition)?.isValid() === true ? views.get(partition)?.mark(tenant, producer) : undefined,
  );
  for (let partition = 0; partition < partitions; partition++) {
    void keepPartition(
      partition,
      {
        log,
        snapshots,
        drawSnapshot: (of) => drawSnapshot(of, log, snapshots),
        leases: keys.leasesFor(process),
        events,
        nowMs: () => schedule.wallMs(process),
        leased: (lease) => held.set(partition, lease),
        owned: (view) => {
          views.set(partition, view);
          owners.add(`${partition} ${process.name}`);
          process.onEnd(() => owners.delete(`${partition} ${process.name}`));
        },
        left: () => {
          views.delete(partition);
          owners.delete(`${partition} ${process.name}`);
        },
        tellMark: (mark) => {
          watch.told(partition, mark);
          marks.push(mark);
        },
        offerAlerts: () => undefined,
        committed: () => undefined,
      },
      new AbortController().signal,
    );
  }
}
