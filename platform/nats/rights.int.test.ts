/** What somebody with a stolen agent's credential can do on the broker: send as that agent, and nothing else. */
import { Kvm } from '@nats-io/kv';
import { headers, nkeyAuthenticator, connect, type NatsConnection } from '@nats-io/transport-node';
import { createUser } from '@nats-io/nkeys';
import { jetstreamManager } from '@nats-io/jetstream';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buckets } from '#core/messages/names.ts';
import { append, connectNats } from './index.ts';
import { agentRole } from './serverConfig.ts';
import { startTestServer, type TestServer } from './testServer.ts';

let server: TestServer;
let admin: NatsConnection;
let thief: NatsConnection;
/** Errors that the broker sent the thief, by subject. */
const denied: string[] = [];

beforeAll(async () => {
  server = await startTestServer({
    partitions: 2,
    agents: [
      { tenant: 'acme', producer: 'mine' },
      { tenant: 'acme', producer: 'other' },
      { tenant: 'rival', producer: 'theirs' },
    ],
  });
  admin = await connectNats({ ...server, role: 'admin' });
  await new Kvm(admin).create(buckets.targets);
  await (await new Kvm(admin).open(buckets.targets)).put('rival.hook', 'secret');
  thief = await connectNats({ ...server, role: agentRole('mine') });
  void (async () => {
    for await (const status of thief.status()) if (status.type === 'error') denied.push(status.error.message);
  })();
}, 30_000);
afterAll(async () => {
  await thief.close();
  await admin.close();
  await server[Symbol.asyncDispose]();
});

/** Everything that the broker holds: what an attack may not change. */
async function holdings(): Promise<string> {
  const manager = await jetstreamManager(admin);
  const all: string[] = [];
  for await (const { config, state } of manager.streams.list())
    all.push(
      `${config.name} ${state.messages} ${state.last_seq} ${state.consumer_count} ${JSON.stringify(config.subjects)}`,
    );
  return all.sort().join('\n');
}

const refusedPublish = async (subject: string, body = '{}') => {
  const before = denied.length;
  thief.publish(subject, body, { reply: `_INBOX_${agentRole('mine')}.x` });
  await thief.flush();
  await expect.poll(() => denied.slice(before).join(), { message: subject }).toContain(subject);
};
const refusedSubscribe = async (subject: string, queue?: string) => {
  const heard: string[] = [];
  const error = await new Promise<string>((resolve) => {
    thief.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (failure, message) => (failure === null ? void heard.push(message.subject) : resolve(failure.message)),
    });
  });
  expect(error, subject).toMatch(/permissions violation/i);
  expect(heard).toEqual([]);
};

describe('an agent', () => {
  test('sends its own batches to any partition and hears its own mark', async () => {
    expect(await append(thief, 'usage.0.acme.mine', Buffer.from('x'))).toMatchObject({ kind: 'stored' });
    const marks: string[] = [];
    thief.subscribe('mark.acme.mine', { callback: (_, message) => void marks.push(message.string()) });
    await thief.flush();
    admin.publish('mark.acme.mine', 'hello');
    await expect.poll(() => marks).toEqual(['hello']);
  });

  test('publishes nothing as another, to no log, bucket, store or API', async () => {
    const before = await holdings();
    const subjects = [
      'usage.0.acme.other', 'usage.0.rival.theirs', 'usage.0.acme', 'usage.0.acme.mine.more', 'usage.x.rival.mine',
      'control.0.acme', 'rated.0', 'alerts.acme', 'deliveries.acme.hook', 'mark.acme.mine', 'mark.acme.other',
      'mark.get.0.acme.other', 'mark.get.0.rival.theirs', 'balance.get.0',
      '$KV.TARGETS.acme.hook', '$KV.LEASE.0', '$KV.LOAD.0', '$KV.NOTIFIER.0', '$O.SNAPSHOTS.C.x', '$O.SNAPSHOTS.M.x',
      '$JS.API.INFO', '$JS.API.STREAM.NAMES', '$JS.API.STREAM.LIST', '$JS.API.STREAM.INFO.RATED_0',
      '$JS.API.STREAM.CREATE.MINE', '$JS.API.STREAM.UPDATE.USAGE_0', '$JS.API.STREAM.DELETE.USAGE_0',
      '$JS.API.STREAM.PURGE.USAGE_0', '$JS.API.STREAM.MSG.GET.RATED_0', '$JS.API.STREAM.MSG.DELETE.USAGE_0',
      '$JS.API.DIRECT.GET.KV_TARGETS', '$JS.API.DIRECT.GET.KV_TARGETS.$KV.TARGETS.rival.hook',
      '$JS.API.CONSUMER.CREATE.RATED_0', '$JS.API.CONSUMER.CREATE.RATED_0.c.rated.0', '$JS.API.CONSUMER.DURABLE.CREATE.USAGE_0.c',
      '$JS.API.CONSUMER.MSG.NEXT.USAGE_0.c', '$JS.API.STREAM.SNAPSHOT.RATED_0', '$JS.API.STREAM.RESTORE.RATED_0',
      '$JS.API.META.LEADER.STEPDOWN', '$JS.ACK.USAGE_0.c.1.1.1.1.0', '$JS.FC.x', '$SYS.REQ.SERVER.PING', '$SYS.REQ.USER.INFO2',
      '_INBOX_rater.x', '_INBOX_office.x', '_INBOX_agent-other.x', '_INBOX.x', 'anything',
    ]; // prettier-ignore
    for (const subject of subjects) await refusedPublish(subject);
    expect(await holdings()).toBe(before);
  });

  test('hears nothing of another, nor of the logs, buckets or anybody’s answers', async () => {
    const subjects = [
      '>', '*', '*.>', 'usage.>', 'usage.0.acme.mine', 'control.0.acme', 'rated.*', 'alerts.*', 'deliveries.>',
      'mark.*.*', 'mark.>', 'mark.acme.*', 'mark.acme.other', 'mark.rival.theirs', 'mark.get.>', 'mark.get.0.acme.mine', 'balance.get.*',
      '$KV.>', '$KV.TARGETS.>', '$O.>', '$JS.>', '$JS.EVENT.>', '$SYS.>',
      '_INBOX.>', '_INBOX_rater.>', '_INBOX_office.>', '_INBOX_admin.>', '_INBOX_agent-other.>', '_INBOX_agent-mine2.>', '_INBOX_*.>',
    ]; // prettier-ignore
    for (const subject of subjects) await refusedSubscribe(subject);
    await refusedSubscribe('mark.>', 'queue');
  });

  test('cannot answer in the rater’s place, roll a stream up, claim a message id, or set a message’s life', async () => {
    const stored = (await (await jetstreamManager(admin)).streams.info('USAGE_0')).state.messages;
    for (const [name, value] of [
      ['Nats-Rollup', 'all'],
      ['Nats-Rollup', 'sub'],
      ['Nats-TTL', '1s'],
      ['Nats-Incr', '+1'],
      ['Nats-Batch-Id', 'x'],
    ] as const) {
      const head = headers();
      head.set(name, value);
      const reply = await thief.request('usage.0.acme.mine', 'x', { headers: head, timeout: 2000 });
      expect(reply.json<{ error?: object }>().error, name).toBeDefined();
    }
    // An id that it claims is its own loss at most: we never send one, so nobody else's message is dropped for it.
    const head = headers();
    head.set('Nats-Msg-Id', 'usage.0.rival.theirs:1');
    await thief.request('usage.0.acme.mine', 'x', { headers: head, timeout: 2000 });
    const theirs = await connectNats({ ...server, role: agentRole('theirs') });
    expect(await append(theirs, 'usage.0.rival.theirs', Buffer.from('x'))).toMatchObject({ kind: 'stored' });
    await theirs.close();
    expect((await (await jetstreamManager(admin)).streams.info('USAGE_0')).state.messages).toBe(stored + 2);
  });

  test('cannot have the broker or the rater write for it by naming a log as the place for the answer', async () => {
    const before = await holdings();
    for (const reply of [
      'rated.0',
      'control.0.acme',
      'alerts.acme',
      '$KV.TARGETS.rival.hook',
      '$JS.API.STREAM.PURGE.RATED_0',
    ]) {
      thief.publish('usage.1.acme.mine', 'x', { reply });
      await thief.flush();
    }
    await expect
      .poll(async () => (await (await jetstreamManager(admin)).streams.info('USAGE_1')).state.messages)
      .toBe(5);
    expect((await holdings()).replace(/USAGE_1 .*/, '')).toBe(before.replace(/USAGE_1 .*/, ''));
  });

  test('no credential, a foreign one and an agent’s under another’s inbox open nothing', async () => {
    const refused = (options: object) =>
      connect({ servers: server.url, maxReconnectAttempts: 0, timeout: 1000, ...options });
    await expect(refused({})).rejects.toThrow(/[Aa]uthorization/);
    await expect(refused({ user: 'admin', pass: '' })).rejects.toThrow(/[Aa]uthorization/);
    await expect(refused({ authenticator: nkeyAuthenticator(createUser().getSeed()) })).rejects.toThrow(
      /[Aa]uthorization/,
    );
    const seed = readFileSync(join(server.credentials, `${agentRole('mine')}.nk`));
    const disguised = await connect({
      servers: server.url,
      authenticator: nkeyAuthenticator(seed),
      inboxPrefix: '_INBOX_rater',
    });
    await expect(disguised.request('usage.0.acme.mine', 'x', { timeout: 500 })).rejects.toThrow();
    await disguised.close();
  });
});

describe('the gateway, which sends for many', () => {
  test('reads no log, writes no control, hears no answers but its own', async () => {
    const gateway = await connectNats({ ...server, role: 'gateway' });
    const failures: string[] = [];
    void (async () => {
      for await (const status of gateway.status()) if (status.type === 'error') failures.push(status.error.message);
    })();
    for (const subject of [
      'control.0.acme',
      'rated.0',
      '$JS.API.STREAM.DELETE.USAGE_0',
      '$KV.TARGETS.a.b',
      'balance.get.0',
    ]) {
      gateway.publish(subject, '{}');
      await gateway.flush();
      await expect.poll(() => failures.join(), { message: subject }).toContain(subject);
    }
    await gateway.close();
  });
});
