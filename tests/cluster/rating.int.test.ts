/** Usage is counted once, and goes on, through what befalls three brokers with replicated streams. */
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokerFindings } from '#deploy/doctor/broker.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import type { TestNode } from '#platform/nats/testCluster.ts';
import { until } from '#rater/testing.ts';
import { startSite, type Site } from './site.ts';

let site: Site;

beforeAll(async () => {
  site = await startSite(256 * 1024 ** 2);
});
afterAll(() => site[Symbol.asyncDispose]());

/** Under load: it flows, the trouble comes, it flows again, and in the end all is there once, in the log and in the store. */
async function through(trouble: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const metering = site.meter(stop.signal);
  try {
    await site.goesOn();
    await trouble();
    await site.cluster.healthy();
    await site.goesOn();
  } finally {
    stop.abort();
    await metering;
  }
  const { rows, samples, reasons, held } = await site.settled();
  const expected = site.everyRow();
  expect(rows).toEqual(expected);
  expect(samples.rated).toBe(expected.length);
  expect(samples.received).toBe(samples.rated + samples.duplicates + samples.refused);
  // What the log took behind a gap is sent again.
  expect([...reasons].filter((reason) => reason !== 'ahead')).toEqual([]);
  expect(held).toMatchObject({ rows: expected.length, twice: 0 });
}

const another = (node: TestNode): TestNode => ((node + 1) % 3) as TestNode;

describe('ONCE, CONSERVE: on three brokers', () => {
  test('the leader of RATED is killed', () =>
    through(async () => {
      const leader = await site.cluster.leaderOf('RATED_0');
      await site.cluster.kill(leader);
      await site.goesOn();
      expect(await site.cluster.leaderOf('RATED_0')).not.toBe(leader);
      site.cluster.start(leader);
    }));

  test('a follower is killed', () =>
    through(async () => {
      const follower = another(await site.cluster.leaderOf('RATED_0'));
      await site.cluster.kill(follower);
      await site.goesOn();
      site.cluster.start(follower);
    }));

  test('the broker that the rater is connected to is cut off from the others: it acknowledges nothing, tells nothing that is old, and the rater leaves it', () =>
    through(async () => {
      const { cluster, log } = site;
      const clients = await Promise.all(([0, 1, 2] as const).map((node) => cluster.clientsOf(node)));
      const lone = clients.findIndex((names) => names.includes('meterline-rater')) as TestNode;
      const left = await connectNats({ ...cluster, url: cluster.urlOf(lone), role: 'admin' });
      const leftLog = await jetstreamLog(left);
      const before = await log.info('RATED_0');
      cluster.cut(lone, { clients: false });
      try {
        const asked = leftLog.append('RATED_0', 'rated.0', Buffer.from('{}'), before.lastSeq);
        expect((await asked).kind).not.toBe('stored');
        await site.goesOn();
        await until(async () => ((await cluster.clientsOf(lone)).includes('meterline-rater') ? undefined : true));
        const after = await until(() => log.info('RATED_0'));
        expect(after.lastSeq).toBeGreaterThan(before.lastSeq);
        expect(await leftLog.get('RATED_0', after.lastSeq).catch(() => 'does not know')).toBe('does not know');
      } finally {
        cluster.heal(lone);
        await left.close();
      }
    }));

  test('one after the other is stopped and started', () =>
    through(async () => {
      for (const node of [0, 1, 2] as const) {
        await site.cluster.stop(node);
        site.cluster.start(node);
        await site.cluster.healthy();
        await site.goesOn();
      }
    }));

  test('the disk of the leader of RATED is full, and has space again', () =>
    through(async () => {
      const { cluster } = site;
      const leader = await cluster.leaderOf('RATED_0');
      cluster.fillDisk(leader);
      await site.goesOn();
      expect(await cluster.leaderOf('RATED_0')).not.toBe(leader);
      cluster.freeDisk(leader);
      await cluster.stop(leader);
      cluster.start(leader);
    }));

  test('the doctor finds all replicas of every stream up to date, and names a broker that is away', async () => {
    const { cluster } = site;
    const admin = await connectNats({ ...cluster, role: 'admin' });
    const manager = await jetstreamManager(admin);
    for await (const { config } of manager.streams.list()) expect(config).toMatchObject({ num_replicas: 3 });
    await admin.close();
    const isWell = async () => (await brokerFindings(cluster.dir)).every(({ level }) => level === 'ok') || undefined;
    await until(isWell);
    await cluster.kill(1);
    const warned = await until(async () =>
      (await brokerFindings(cluster.dir)).find(({ check, level }) => check === 'cluster' && level === 'warning'),
    );
    expect(warned.detail).toContain('broker-2');
    cluster.start(1);
    await until(isWell);
  });
});
