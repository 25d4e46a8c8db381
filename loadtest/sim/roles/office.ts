/** The office: loads what is committed, publishes what was decided, and works on corrections. */
import { aggregatorEvents } from '#aggregator/events.ts';
import { PartitionLoader } from '#aggregator/loader/partition.ts';
import { publishWaiting } from '#billing/outbox/publish.ts';
import { sleep } from '#platform/lifecycle.ts';
import { Process } from '../schedule.ts';
import type { World } from '../world.ts';

const outboxPollMs = 1500;
const busyPollMs = 100;

export class Office {
  readonly process: Process;
  readonly loaders: readonly PartitionLoader[];

  constructor(world: World, name: string) {
    const { streams, keys, store, outbox, corrections, schedule, logger } = world;
    const process = new Process(name);
    this.process = process;
    const log = streams.for(process);
    const ports = {
      log,
      store: store.for(process),
      intents: keys.intentsFor(process),
      events: aggregatorEvents(logger),
    };
    this.loaders = Array.from({ length: world.partitions }, (_, partition) => new PartitionLoader(ports, partition));
    schedule.after(0, process, () => {
      for (const loader of this.loaders) void loader.run(new AbortController().signal);
      void publish();
    });
    const loadedSeq = (partition: number) => this.loaders[partition]!.head.seq;
    async function publish(): Promise<void> {
      const rows = outbox.for(process);
      for (;;) {
        // Whatever fails leaves the message where it is.
        await publishWaiting(rows, log, () => schedule.wallMs(process)).catch(() => undefined);
        const isBusy = await corrections.work(process, log, loadedSeq).catch(() => true);
        await sleep(isBusy ? busyPollMs : outboxPollMs);
      }
    }
  }
}
