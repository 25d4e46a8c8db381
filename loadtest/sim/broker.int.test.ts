/**
 * The simulated broker is held against the real one: the same scripts, the same answers. What a script sees is written down
 * as text; times, sizes and revisions are left out, for those are each broker's own.
 */
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { describe, expect, test } from 'vitest';
import { buckets } from '#core/messages/names.ts';
import { openLeases, type LeaseKeys } from '#rater/lease.ts';
import type { Blobs } from '#rater/snapshots.ts';
import type { AppendResult, Log } from '#platform/log.ts';
import { sleep } from '#platform/lifecycle.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { ensureStreams } from '#platform/nats/streams.ts';
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
  /** The stream loses everything after a sequence. */
  cut(stream: string, lastSeq: number): Promise<void>;
}

type Script = (broker: Broker, say: (line: string) => void) => Promise<void>;

const stream = 'RATED_0';
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

const scripts: Readonly<Record<string, Script>> = {
  async 'an expectation is checked against the last sequence'({ log }, say) {
    const append = async (data: string, expected?: number) =>
      say(told(await log.append(stream, 'rated.0', bytes(data), expected)));
    await append('a', 0);
    await append('b', 0);
    await append('b', 1);
    await append('c');
    await append('d', 2);
    await append('d', 3);
    say(`last ${text((await log.last(stream))?.data)}, second ${text((await log.get(stream, 2))?.data)}`);
    say(`beyond ${text((await log.get(stream, 9))?.data)}, ends at ${(await log.info(stream)).lastSeq}`);
  },
  async 'appends sent one behind the other are stored in that order'({ log }, say) {
    const all = ['a', 'b', 'c', 'd'].map((data, at) => log.append(stream, 'rated.0', bytes(data), at));
    say((await Promise.all(all)).map(told).join(', '));
    const late = ['x', 'y'].map((data) => log.append(stream, 'rated.0', bytes(data), 4));
    say((await Promise.all(late)).map(told).join(', '));
  },
  async 'a follower reads what is there and what comes, from where it likes'({ log }, say) {
    const stop = new AbortController();
    for (const data of ['a', 'b', 'c']) await log.append(stream, 'rated.0', bytes(data));
    const whole = log.follow(stream, 1, stop.signal)[Symbol.asyncIterator]();
    const later = log.follow(stream, 3, stop.signal)[Symbol.asyncIterator]();
    const beyond = log.follow(stream, 5, stop.signal)[Symbol.asyncIterator]();
    say(`whole ${await next(whole, 3)}; later ${await next(later, 1)}`);
    const waiting = Promise.all([next(whole, 2), next(later, 2), next(beyond, 1)]);
    for (const data of ['d', 'e']) await log.append(stream, 'rated.0', bytes(data));
    say((await waiting).join('; '));
    const ended = next(whole, 1);
    stop.abort();
    say(await ended);
  },
  async 'a follower that has read what is lost ends, another goes on'({ log, cut }, say) {
    const stop = new AbortController();
    for (const data of ['a', 'b', 'c', 'd']) await log.append(stream, 'rated.0', bytes(data));
    const ahead = log.follow(stream, 1, stop.signal)[Symbol.asyncIterator]();
    say(await next(ahead, 4));
    const ended = next(ahead, 1);
    await cut(stream, 2);
    say(`ends at ${(await log.info(stream)).lastSeq}`);
    for (const data of ['x', 'y', 'z']) say(told(await log.append(stream, 'rated.0', bytes(data))));
    say(await ended);
    const anew = log.follow(stream, 1, stop.signal)[Symbol.asyncIterator]();
    say(await next(anew, 5));
    stop.abort();
  },
  async 'a lease is made once, changed by who knows it, and runs out'({ leases }, say) {
    const first = await leases.create('0', 'me');
    say(`another: ${await outcome(leases.create('0', 'you'))}`);
    const second = await leases.update('0', 'me', first);
    say(`with an old revision: ${await outcome(leases.update('0', 'me', first))}`);
    say(`given back by a stranger: ${await outcome(leases.delete('0', { previousSeq: first }))}`);
    await leases.delete('0', { previousSeq: second });
    const third = await leases.create('0', 'you');
    await sleep(1000);
    const fourth = await leases.update('0', 'you', third);
    await sleep(1500);
    say(`renewed: ${await outcome(leases.create('0', 'me'))}`);
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

async function inSimulation(script: Script): Promise<string[]> {
  const schedule = new Schedule(Date.UTC(2026, 10, 1));
  const random = new Random(7);
  const faults = new Faults(random.fork());
  faults.heal();
  const wire = new Wire(schedule, faults, random.fork());
  const streams = new Streams(wire, { stored: () => undefined, cut: () => undefined });
  const keys = new Keys(wire);
  const process = new Process('script');
  using _time = schedule.install(() => random.next());
  const said: string[] = [];
  let isOver = false;
  const broker: Broker = {
    log: streams.for(process),
    leases: keys.leasesFor(process),
    blobs: keys.blobsFor(process),
    cut: async (name, lastSeq) => streams.loseTail(name, streams.messages(name).length - lastSeq),
  };
  schedule.after(0, process, () => void script(broker, (line) => said.push(line)).then(() => (isOver = true)));
  while (!isOver && (await schedule.step()));
  return said;
}

async function onNats(script: Script): Promise<string[]> {
  await using server = await startTestServer({ partitions: 1 });
  const connection = await connectNats({ ...server, role: 'admin' });
  const log = await jetstreamLog(connection);
  const said: string[] = [];
  await script(
    {
      log,
      leases: await openLeases(connection, 1),
      blobs: await new Objm(connection).create(buckets.snapshots, { replicas: 1 }),
      async cut(name, lastSeq) {
        const kept = await Promise.all(Array.from({ length: lastSeq }, (_, at) => log.get(name, at + 1)));
        await (await jetstreamManager(connection)).streams.delete(name);
        await ensureStreams(connection, 1, 1);
        for (const message of kept) await log.append(name, message!.subject, message!.data);
      },
    },
    (line) => said.push(line),
  );
  await connection.close();
  return said;
}

describe('the simulated broker answers as nats-server does', () => {
  test.each(Object.entries(scripts))('%s', async (_, script) => {
    const real = await onNats(script);
    expect(await inSimulation(script)).toEqual(real);
    expect(real.length).toBeGreaterThan(1);
  });
});
