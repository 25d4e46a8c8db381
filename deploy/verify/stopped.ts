/** The stores of a stopped instance: an own broker on its streams, ClickHouse opened directly. The directory's lock is held. */
import { Kvm } from '@nats-io/kv';
import { loadedSeq, storedGroups } from '#aggregator/reconcileRoutes.ts';
import { natsIntents } from '#aggregator/loader/intent.ts';
import { buckets } from '#core/messages/names.ts';
import { dataPaths, type Config } from '#platform/config.ts';
import { openStore } from '#platform/clickhouse/index.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import { lockInstance } from '../instance/lock.ts';
import { endOrphans } from '../instance/processes.ts';
import { startBroker } from './broker.ts';
import { trimmedMarks, type Source } from './source.ts';

export async function openStopped(config: Config): Promise<Source> {
  await using opened = new AsyncDisposableStack();
  opened.use(lockInstance(config.dataDir));
  await endOrphans(config.dataDir, () => undefined);
  const broker = opened.use(await startBroker(config));
  const intents = await natsIntents(broker.connection, 1);
  const store = opened.use(await openStore(`embedded:${dataPaths(config.dataDir).clickhouse}`));
  const copies = await new Kvm(broker.connection).create(buckets.notifier, { replicas: 1 });
  const log = await jetstreamLog(broker.connection);
  const trimmedUntil = await trimmedMarks(broker.connection);
  const stays = opened.move();
  return {
    placement: config,
    log,
    trimmedUntil,
    /** What the loader has recorded as done must be there, and what a load in the store says it holds. */
    async storedUpTo(partition) {
      const recorded = (await intents.read(partition))?.record;
      const done = recorded === undefined ? 0 : recorded.state === 'done' ? recorded.end.seq : recorded.base.seq;
      return Math.max(done, await loadedSeq(store, partition));
    },
    async copiedUpTo(partition) {
      const entry = await copies.get(String(partition));
      return entry === null || entry.operation !== 'PUT' ? 0 : entry.json<{ seq: number }>().seq;
    },
    async stored(partition, upTo) {
      const groups = await storedGroups(store, partition, upTo, '');
      return { tenant: '', loadedSeq: upTo, groups };
    },
    [Symbol.asyncDispose]: () => stays.disposeAsync(),
  };
}
