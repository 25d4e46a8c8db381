/**
 * The simulated broker is held against the real one, alone and three of them with replicated streams: the same scripts, the
 * same answers. What a script sees is written down as text; times, sizes and revisions are left out, for those are each broker's own.
 */
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buckets, streams, subjects } from '#core/messages/names.ts';
import { ensureNatsVersion } from '#deploy/bootstrap/nats.mjs';
import { natsVersionOfClusters } from '#deploy/bootstrap/natsVersion.mjs';
import { openLeases, type LeaseKeys } from '#rater/lease.ts';
import type { Blobs } from '#rater/snapshots.ts';
import type { AppendResult, Log } from '#platform/log.ts';
import { sleep } from '#platform/lifecycle.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { ensureStreams } from '#platform/nats/streams.ts';
import { startTestCluster } from '#platform/nats/testCluster.ts';
import { startTestServer } from '#platform/nats/testServer.ts';
import { Faults } from './faults.ts';
import { Keys } from './parts/keys.ts';
import { Streams } from './parts/streams.ts';
import { Wire } from './parts/wire.ts';
import { Random } from './random.ts';
import { Process, Schedule } from './schedule.ts';

interface Broker {
  readonly log: Log;
  readonly leases: LeaseKeys;
  readonly blobs: Blobs;
  /** A stream of this script alone, and its subject. */
  readonly stream: string;
  readonly subject: string;
  /** The stream loses everything after a sequence. */
  cut(lastSeq: number): Promise<void>;
  /** Who leads the stream dies and comes back: what is in flight is lost, what was acknowledged is not. */
  killLeader(): Promise<void>;
}

type Script = (broker: Broker, say: (line: string) => void) => Promise<void>;

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined) => (data === undefined ? 'nothing' : new TextDecoder().decode(data));
const told = (result: AppendResult) => (result.kind === 'stored' ? `stored ${result.seq}` : result.kind);
const outcome = (asked: Promise<unknown>) => asked.then(() => 'done', () => 'refused'); // prettier-ignore

/** The next messages that a follower yields, or how it ended. */
async function next(messages: AsyncIterator<{ seq: number; data: Uint8Array }>, count: number): Promise<string> {
  const seen: string[] = [];
  try {
    while (seen.length < count) {
      const { done, value } = await messages.next();
      if (done === true) return `${seen.join(' ')} end`;
      seen.push(`${value.seq}:${text(value.data)}`);
    }
  } catch (error) {
    seen.push((error as Error).name);
  }
  return seen.join(' ');
}

/** Appends as a committer does: after a refusal or silence the last message tells whether it is stored. */
async function persisted(log: Log, [stream, subject]: readonly [string, string], data: string, at: number) {
  for (;;) {
    if ((await log.append(stream, subject, bytes(data), at)).kind === 'stored') return `${data} stored`;
    const last = await log.last(stream).catch(() => undefined);
    if (last?.seq === at + 1) return text(last.data) === data ? `${data} stored` : `${data} taken by another`;
    await sleep(50);
  }
}

const scripts: Readonly<Record<string, Script>> = {
  async 'an expectation is checked against the last sequence'({ log, stream, subject }, say) {
    const append = async (data: string, expected?: number) =>
      say(told(await log.append(stream, subject, bytes(data), expected)));
    await append('a', 0);
    await append('b', 0);
    await append('b', 1);
    await append('c');
    await append('d', 2);
    await append('d', 3);
    say(`last ${text((await log.last(stream))?.data)}, second ${text((await log.get(stream, 2))?.data)}`);
    say(`beyond ${text((await log.get(stream, 9))?.data)}, ends at ${(await log.info(stream)).lastSeq}`);
  },
  async 'appends sent one behind the other are stored in that order'({ log, stream, subject }, say) {
    const all = ['a', 'b', 'c', 'd'].map((data, at) => log.append(stream, subject, bytes(data), at));
    say((await Promise.all(all)).map(told).join(', '));
    const late = ['x', 'y'].map((data) => log.append(stream, subject, bytes(data), 4));
    say((await Promise.all(late)).map(told).join(', '));
  },
  async 'a follower reads what is there and what comes, from where it likes'({ log, stream, subject }, say) {
    const stop = new AbortController();
    for (const data of ['a', 'b', 'c']) await log.append(stream, subject, bytes(data));
    const whole = log.follow(stream, 1, stop.signal)[Symbol.asyncIterator]();
    const later = log.follow(stream, 3, stop.signal)[Symbol.asyncIterator]();
    const beyond = log.follow(stream, 5, stop.signal)[Symbol.asyncIterator]();
    say(`whole ${await next(whole, 3)}; later ${await next(later, 1)}`);
    const waiting = Promise.all([next(whole, 2), next(later, 2), next(beyond, 1)]);
    for (const data of ['d', 'e']) await log.append(stream, subject, bytes(data));
    say((await waiting).join('; '));
    const ended = next(whole, 1);
    stop.abort();
    say(await ended);
  },
  async 'a follower that has read what is lost ends, another goes on'({ log, stream, subject, cut }, say) {
    const stop = new AbortController();
    for (const data of ['a', 'b', 'c', 'd']) await log.append(stream, subject, bytes(data));
    const ahead = log.follow(stream, 1, stop.signal)[Symbol.asyncIterator]();
    say(await next(ahead, 4));
    const ended = next(ahead, 1);
    await cut(2);
    say(`ends at ${(await log.info(stream)).lastSeq}`);
    for (const data of ['x', 'y', 'z']) say(told(await log.append(stream, subject, bytes(data))));
    say(await ended);
    const anew = log.follow(stream, 1, stop.signal)[Symbol.asyncIterator]();
    say(await next(anew, 5));
    stop.abort();
  },
  async 'a leader that dies takes nothing with it that was acknowledged'({ log, stream, subject, killLeader }, say) {
    const stop = new AbortController();
    for (const [at, data] of ['a', 'b'].entries()) say(told(await log.append(stream, subject, bytes(data), at)));
    const reader = log.follow(stream, 1, stop.signal)[Symbol.asyncIterator]();
    say(await next(reader, 2));
    const killed = killLeader();
    for (const [at, data] of [[2, 'c'], [3, 'd']] as const) say(await persisted(log, [stream, subject], data, at)); // prettier-ignore
    await killed;
    say(`${await next(reader, 2)}, ends at ${(await log.info(stream)).lastSeq}`);
    stop.abort();
  },
  async 'a lease is made once, changed by who knows it, and runs out'({ leases }, say) {
    const first = await leases.create('0', 'me');
    say(`another: ${await outcome(leases.create('0', 'you'))}`);
    const second = await leases.update('0', 'me', first);
    say(`with an old revision: ${await outcome(leases.update('0', 'me', first))}`);
    say(`given back by a stranger: ${await outcome(leases.delete('0', { previousSeq: first }))}`);
    await leases.delete('0', { previousSeq: second });
    const third = await sooner(() => leases.create('0', 'you'));
    await sleep(1000);
    let fourth = await leases.update('0', 'you', third);
    for (;;) {
      const renewedMs = performance.now();
      await sleep(1500);
      const taken = await outcome(leases.create('0', 'me'));
      // A machine that was busy for so long says nothing about leases: once more.
      if (performance.now() - renewedMs > 1900) {
        await sleep(2500);
        fourth = await leases.create('0', 'you');
        continue;
      }
      say(`renewed: ${taken}`);
      break;
    }
    await sleep(1500);
    say(`run out, renewed: ${await outcome(leases.update('0', 'you', fourth))}`);
    say(`run out, made: ${await outcome(leases.create('0', 'me'))}`);
  },
  async 'blobs are listed, read, put anew and deleted'({ blobs }, say) {
    const list = async () =>
      say((await blobs.list()).filter(({ deleted }) => !deleted).map(({ name }) => name).toSorted().join(' ')); // prettier-ignore
    await blobs.putBlob({ name: '0/1' }, bytes('one'));
    await blobs.putBlob({ name: '0/2' }, bytes('two'));
    await blobs.putBlob({ name: '0/1' }, bytes('one again'));
    await list();
    say(`${text((await blobs.getBlob('0/1')) ?? undefined)}, ${text((await blobs.getBlob('0/3')) ?? undefined)}`);
    await blobs.delete('0/1');
    await list();
    say(text((await blobs.getBlob('0/1')) ?? undefined));
  },
};

/** A replica that is behind may not know yet that a lease was given back: raters ask again, too. */
async function sooner<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(100);
    }
  }
}

/** Streams on the real brokers are each script's own; the last ones use none. */
const partitions = 5;
const partitionOf = (script: Script): number => Math.min(Object.values(scripts).indexOf(script), partitions - 1);

async function inSimulation(script: Script): Promise<string[]> {
  const schedule = new Schedule(Date.UTC(2026, 10, 1));
  const random = new Random(7);
  const faults = new Faults(random.fork());
  faults.heal();
  const wire = new Wire(schedule, faults, random.fork());
  const stored = new Streams(wire, { sent: () => undefined, stored: () => undefined, cut: () => undefined });
  const keys = new Keys(wire, { leased: () => undefined, recorded: () => undefined });
  const process = new Process('script');
  using _time = schedule.install(() => random.next());
  const said: string[] = [];
  let isOver = false;
  const broker: Broker = {
    log: stored.for(process),
    leases: keys.leasesFor(process),
    blobs: keys.blobsFor(process),
    stream: streams.rated(0),
    subject: subjects.rated(0),
    cut: async (lastSeq) => stored.loseTail(streams.rated(0), stored.messages(streams.rated(0)).length - lastSeq),
    killLeader: async () => stored.loseTail(streams.rated(0), 0),
  };
  schedule.after(0, process, () => void script(broker, (line) => said.push(line)).then(() => (isOver = true)));
  while (!isOver && (await schedule.step()));
  return said;
}

interface Real extends AsyncDisposable {
  readonly url: string;
  readonly credentials: string;
  readonly replicas: number;
  killLeader(stream: string): Promise<void>;
  /** Resolves once what an earlier script has killed is level again. */
  healthy(): Promise<void>;
}

async function single(): Promise<Real> {
  const server = await startTestServer({ partitions });
  return {
    ...server,
    replicas: 1,
    killLeader: () => server.restart(),
    healthy: async () => undefined,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function three(): Promise<Real> {
  const cluster = await startTestCluster({ partitions, binary: await ensureNatsVersion(natsVersionOfClusters) });
  return {
    ...cluster,
    async killLeader(stream) {
      const leader = await cluster.leaderOf(stream);
      await cluster.kill(leader);
      cluster.start(leader);
    },
  };
}

async function onNats(real: Real, script: Script): Promise<string[]> {
  const { replicas } = real;
  await real.healthy();
  const connection = await connectNats({ ...real, role: 'admin' });
  const log = await jetstreamLog(connection);
  const stream = streams.rated(partitionOf(script));
  const said: string[] = [];
  await script(
    {
      log,
      leases: await openLeases(connection, replicas),
      blobs: await new Objm(connection).create(buckets.snapshots, { replicas }),
      stream,
      subject: subjects.rated(partitionOf(script)),
      async cut(lastSeq) {
        const kept = await Promise.all(Array.from({ length: lastSeq }, (_, at) => log.get(stream, at + 1)));
        await (await jetstreamManager(connection)).streams.delete(stream);
        await ensureStreams(connection, partitions, replicas);
        for (const message of kept) await log.append(stream, message!.subject, message!.data);
      },
      killLeader: () => real.killLeader(stream),
    },
    (line) => said.push(line),
  );
  await connection.close();
  return said;
}

describe.each([
  ['one nats-server', single],
  ['three nats-servers', three],
] as const)('the simulated broker answers as %s', (_, start) => {
  let real: Real;
  beforeAll(async () => {
    real = await start();
  });
  afterAll(() => real[Symbol.asyncDispose]());

  test.each(Object.entries(scripts))('%s', async (__, script) => {
    const said = await onNats(real, script);
    expect(await inSimulation(script)).toEqual(said);
    expect(said.length).toBeGreaterThan(1);
  });
});
