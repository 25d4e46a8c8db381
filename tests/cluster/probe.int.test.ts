/** The probe of replicated streams (ARCHITECTURE.md, Three brokers) on a version that fails it and one that passes. */
import { jetstreamManager } from '@nats-io/jetstream';
import { expect, test } from 'vitest';
import { ensureNatsVersion } from '#deploy/bootstrap/nats.mjs';
import { natsVersionOfClusters } from '#deploy/bootstrap/natsVersion.mjs';
import { connectNats, probeBroker, requireSafeBroker } from '#platform/nats/index.ts';
import { startTestCluster } from '#platform/nats/testCluster.ts';

async function streamsAfter<Result>(version: string, act: (connection: Connection) => Promise<Result>) {
  await using cluster = await startTestCluster({ partitions: 1, binary: await ensureNatsVersion(version) });
  const result = await act(await connectNats({ ...cluster, role: 'rater' }));
  const admin = await connectNats({ ...cluster, role: 'admin' });
  const manager = await jetstreamManager(admin);
  const names = await manager.streams.names().next();
  // The brokers are as well as before.
  await cluster.healthy();
  await admin.close();
  return { result, names };
}
type Connection = Awaited<ReturnType<typeof connectNats>>;

const streams = ['ALERTS', 'CONTROL_0', 'DELIVERIES', 'RATED_0', 'USAGE_0'];

test.concurrent('2.12.8 passes, its streams go on, and nothing of the probe is left', async () => {
  const { result, names } = await streamsAfter(natsVersionOfClusters, async (connection) => {
    await requireSafeBroker(connection, 3);
    expect(await probeBroker(connection, 1)).toBe('notNeeded');
    return probeBroker(connection, 3).finally(() => connection.close());
  });
  expect(result).toBe('passed');
  expect(names.toSorted()).toEqual(streams);
});

test.concurrent(
  '2.15.1 fails, a rater refuses to start on it and says which version to take, and nothing of the probe is left',
  async () => {
    const { result, names } = await streamsAfter('2.15.1', (connection) =>
      requireSafeBroker(connection, 3).catch((error: unknown) => error),
    );
    expect(result).toMatchObject({ code: 'NATS_CLUSTER_UNSAFE', details: { version: '2.15.1' } });
    expect((result as { solve: string }).solve).toContain('2.12.8');
    expect(names.toSorted()).toEqual(streams);
  },
);
