import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createLogger } from '#platform/telemetry.ts';
import { Agent } from './agent.ts';
import { collectorEvents } from './events.ts';
import { limits } from './limits.ts';
import { metrics } from './sources/metrics.ts';
import { SeriesTable, zeroAtBirth, type Source } from './sources/source.ts';
import { Held } from './spool/held.ts';
import { MemoryDisk } from './testing/memoryDisk.ts';
import { bodyOf, kit, openSpool, readAll, testProducer } from './testing/spoolKit.ts';

test('an agent that has nothing to send says up to where nothing more will come, and keeps its word through a crash', async () => {
  const host = kit(new MemoryDisk());
  const series = new SeriesTable().get('h', metrics.hostNetworkIo, { device: 'eth0' }, zeroAtBirth);
  let received = 0n;
  const sources: Source[] = ['a', 'b'].map((name) => ({ name, read: () => [{ series, value: received }] }));
  const start = () => {
    const spool = openSpool(host);
    const held = new Held(host.disk, '/spool', spool);
    const clock = { wallMs: () => host.nowMs, monotonicUs: () => host.nowMs * 1000 };
    const agent = new Agent({
      producer: testProducer, sources, spool, held, clock, boot: { id: 'b', ms: 0 }, intervalMs: 1000,
      events: collectorEvents(new Registry(), createLogger('test', 'silent')), newTrace: () => '', onSpooled: () => undefined,
    }); // prettier-ignore
    return { agent, spool };
  };
  const first = start();
  first.agent.read(sources.slice(0, 1));
  const oldestMs = host.nowMs + 5000;
  host.nowMs = oldestMs;
  first.agent.read(sources.slice(1));
  host.nowMs += limits.heartbeatMs;
  first.agent.read(sources.slice(0, 1));
  first.agent.heartbeatIfIdle();
  const [word] = readAll(first.spool).map(bodyOf);
  expect(word).toMatchObject({ q: [], completeUntilMs: oldestMs });

  // Killed: what a reading takes up after it begins where the word ended, or later.
  const second = start();
  host.nowMs += 60_000;
  received = 977n;
  second.agent.read(sources.slice(1));
  const body = bodyOf(readAll(second.spool).at(-1)!);
  expect([body.baseMs + body.ticks[0]![0], body.q]).toEqual([oldestMs, [977]]);
});
