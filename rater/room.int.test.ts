import { jetstreamManager } from '@nats-io/jetstream';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { MarkMessage } from '#core/messages/mark.ts';
import { pressureLimits } from '#core/pressure/limits.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { startTestServer } from '#platform/nats/testServer.ts';
import { createLogger } from '#platform/telemetry.ts';
import type { CommittedView } from './committedView.ts';
import { raterEvents } from './events.ts';
import { own, type OwnerDeps } from './owner.ts';
import { drawSnapshot } from './snapshotDraw.ts';
import { openSnapshots } from './snapshots.ts';
import { noIncarnations, readRated, until } from './testing.ts';

test('RATED at its share: usage waits, control is taken, an owner takes over; once the limit is raised nothing is missing or twice', async () => {
  const bytesMax = 200_000;
  await using server = await startTestServer({ partitions: 1, streams: { ratedBytesMax: bytesMax } });
  const admin = await connectNats({ ...server, role: 'admin' });
  const log = await jetstreamLog(admin);
  const snapshots = await openSnapshots(admin, log, 1);
  let view: CommittedView | undefined;
  let commits = 0;
  const marks: MarkMessage[] = [];
  const deps: OwnerDeps = {
    log,
    snapshots,
    drawSnapshot: (of) => drawSnapshot(of, log, snapshots),
    incarnations: noIncarnations,
    events: raterEvents(new Registry(), createLogger('test', 'silent'), () => 0),
    nowMs: () => Date.now(),
    owned: (owned) => (view = owned),
    tellMark: (mark) => void marks.push(mark),
    offerAlerts: () => void (commits += 1),
    committed: () => undefined,
  };
  const producer = new TestProducer('t', 'p', Date.now() - 3_600_000);
  const billing = new TestBilling(admin, 0);
  const organisation = testOrganisation('t', [producer]);
  await billing.publish('t', organisation);
  const start = () => {
    const stop = new AbortController();
    return { stop, running: own(0, deps, stop.signal).catch((error: unknown) => error) };
  };
  let owner = start();
  const batches = 300;
  for (let i = 0; i < batches; i++) await producer.publish(admin, producer.next(10_000, ['h1', 'h2']), 0);
  await until(() => Promise.resolve(view?.waits === true ? true : undefined));
  const { bytes } = await log.info('RATED_0');
  expect(bytes * 100).toBeGreaterThan(bytesMax * (pressureLimits.ratedStopPercent - 5));
  expect(bytes).toBeLessThan(bytesMax);
  expect(view!.mark('t', 'p')).toMatchObject({ waits: 'rated_full' });

  // Control goes on, and so does a take-over.
  const before = view!.outSeq;
  await billing.publish('t', organisation.slice(0, 1));
  await until(() => Promise.resolve(view!.outSeq > before ? true : undefined));
  owner.stop.abort();
  await owner.running;
  owner = start();
  await until(() => Promise.resolve(view!.incarnation === 2 && view!.waits ? true : undefined));
  const { mark } = view!.mark('t', 'p');
  expect(mark).toBeLessThan(batches);

  const manager = await jetstreamManager(admin);
  await manager.streams.update('RATED_0', { max_bytes: 10 * bytesMax });
  await until(() => Promise.resolve(view!.mark('t', 'p').mark === batches ? true : undefined));
  expect(view!.waits).toBe(false);
  expect(marks.at(-1)?.waits).toBe(undefined);
  owner.stop.abort();
  await owner.running;
  const { headers, rows } = await readRated(log, 0);
  expect(rows).toEqual(Array.from({ length: batches }, (_, i) => [`p ${i + 1} 0`, `p ${i + 1} 1`]).flat());
  expect(headers.at(-1)!.totals.samples).toEqual({ received: 600, rated: 600, duplicates: 0, refused: 0 });
  await admin.close();
}, 60_000);
