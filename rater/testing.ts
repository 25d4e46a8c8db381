/** What the rater's tests share: owners, reading a rated log, taking its tail, and waiting. */
import { jetstreamManager } from '@nats-io/jetstream';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { blockColumns, splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { sha256 } from '#platform/crypto.ts';
import type { PartitionState } from '#core/rating/state.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { ensureStreams, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import type { TestProducer } from '#platform/nats/testProducer.ts';
import { createLogger } from '#platform/telemetry.ts';
import type { CommittedView } from './committedView.ts';
import { raterEvents } from './events.ts';
import type { Incarnations } from './incarnations.ts';
import { own, type OwnerDeps } from './owner.ts';
import { drawSnapshot } from './snapshotDraw.ts';
import { parseHeader } from './replay.ts';

interface Read {
  readonly headers: CommitHeader[];
  /** "<producer> <seq> <index>" of every first row, in log order. */
  readonly rows: string[];
}

/** Reads RATED_<p>, checking that it chains from the first message to the last. */
export async function readRated(log: Log, partition: number): Promise<Read> {
  const read: Read = { headers: [], rows: [] };
  const { lastSeq } = await log.info(`RATED_${partition}`);
  const reading = new AbortController();
  let prev = { seq: 0, hash: '' };
  for await (const message of log.follow(`RATED_${partition}`, 1, reading.signal)) {
    const header = parseHeader(message.data);
    expect(header.prev).toEqual(prev);
    prev = { seq: message.seq, hash: sha256(message.data) };
    read.headers.push(header);
    for (const line of Buffer.from(splitCommit(message.data).blocks).toString().split('\n').filter(Boolean)) {
      const cells = Object.fromEntries(line.split('\t').map((cell, i) => [blockColumns[i]![0], cell]));
      expect(Number(cells['out_seq'])).toBe(message.seq);
      for (const index of JSON.parse(cells['idx']!) as number[])
        read.rows.push(`${cells['producer']} ${cells['seq']} ${index}`);
    }
    if (message.seq === lastSeq) break;
  }
  reading.abort();
  return read;
}

/** None are kept: the log's own counts. */
export const noIncarnations: Incarnations = { read: () => Promise.resolve(0), write: () => Promise.resolve() };

/** Runs an owner until it ends; `reached` once it has committed all that the producer has sent. */
export function startOwner(
  partition: number,
  ports: Pick<OwnerDeps, 'log' | 'snapshots'> & Partial<OwnerDeps>,
  standby?: PartitionState,
) {
  const stop = new AbortController();
  let view: CommittedView | undefined;
  const deps: OwnerDeps = {
    incarnations: noIncarnations,
    events: raterEvents(new Registry(), createLogger('test', 'silent'), () => 0), nowMs: () => Date.now(),
    owned: (now) => (view = now), tellMark: () => undefined, offerAlerts: () => undefined, committed: () => undefined,
    drawSnapshot: (of) => drawSnapshot(of, ports.log, ports.snapshots),
    ...ports,
  }; // prettier-ignore
  const ended = own(partition, deps, stop.signal, standby).then(
    () => undefined,
    (error: unknown) => error,
  );
  const reached = (producer: TestProducer) =>
    until(async () => (view?.mark(producer.tenant, producer.id).mark === producer.seq ? view : undefined));
  return {
    ended,
    reached,
    async stop() {
      stop.abort();
      return ended;
    },
  };
}

/** The stream as it was up to `lastSeq`, as a restored disk has it. */
export async function rewindStream(
  admin: NatsConnection,
  partitions: number,
  name: string,
  lastSeq: number,
): Promise<void> {
  const log = await jetstreamLog(admin);
  const kept: LogMessage[] = [];
  for (let seq = 1; seq <= lastSeq; seq++) kept.push((await log.get(name, seq))!);
  await (await jetstreamManager(admin)).streams.delete(name);
  await ensureStreams(admin, partitions, 1);
  for (const { subject, data } of kept) await log.append(name, subject, data);
}

export async function until<Value>(what: () => Promise<Value | undefined>): Promise<Value> {
  for (;;) {
    const value = await what().catch(() => undefined);
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
