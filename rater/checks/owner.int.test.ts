/** What an owner tells of holds, and when: after the commit is stored, or that it was not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MeterlineError } from '#core/errors.ts';
import type { HoldRequest } from '#core/messages/checks.ts';
import type { Log } from '#platform/log.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { TestBilling, testOrganisation } from '#platform/nats/testProducer.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { openSnapshots } from '../snapshots.ts';
import { readRated, startOwner, until } from '../testing.ts';
import type { Desk } from './desk.ts';

let server: TestServer;
let admin: NatsConnection;
beforeAll(async () => {
  server = await startTestServer({ partitions: 1 });
  admin = await connectNats({ ...server, role: 'admin' });
}, 30_000);
afterAll(async () => {
  await admin.close();
  await server[Symbol.asyncDispose]();
});

const hold = (key: string): HoldRequest => ({ op: 'hold', tenant: 't', key, account: 1, amount: '1', currency: 'EUR', expiresInMs: 60_000 }); // prettier-ignore
const codeOf = (decided: unknown) => (decided instanceof MeterlineError ? decided.code : decided);

test('a hold is answered once its commit is stored; where the owner changed before, it is asked again and decided once', async () => {
  const log = await jetstreamLog(admin);
  const snapshots = await openSnapshots(admin, log, 1);
  /** The older owner's appends, which wait. */
  const appends: (() => void)[] = [];
  let isHeld = false;
  const slow: Log = {
    ...log,
    append: async (...of) => {
      if (isHeld) await new Promise<void>((resolve) => appends.push(resolve));
      return log.append(...of);
    },
  };
  await new TestBilling(admin, 0).publish('t', testOrganisation('t', []));
  const desks: Desk[] = [];
  const owned = (_: unknown, desk: Desk) => void desks.push(desk);
  const older = startOwner(0, { log: slow, snapshots, owned });
  await until(async () => (desks[0]?.books.tenant('t') === undefined ? undefined : true));

  isHeld = true;
  let told: unknown;
  const first = desks[0]!.ask(hold('a')).then((decided) => (told = decided));
  await until(async () => appends[0]);
  expect(told).toBeUndefined();
  appends.pop()!();
  expect(await first).toMatchObject({ allowed: true });

  const second = desks[0]!.ask(hold('b'));
  await until(async () => appends[0]);
  const third = desks[0]!.ask(hold('c'));
  const newer = startOwner(0, { log, snapshots, owned });
  await until(async () => desks[1]);
  appends.pop()!();
  expect([codeOf(await second), codeOf(await third)]).toEqual(['CHECK_UNANSWERED', 'CHECK_UNANSWERED']);
  expect(codeOf(await desks[0]!.ask(hold('d')))).toBe('CHECK_NOT_OWNED');
  expect(await desks[1]!.ask(hold('a'))).toEqual(told);
  expect(await desks[1]!.ask(hold('b'))).toMatchObject({ allowed: true });
  desks[1]!.isHeld = true;
  expect(codeOf(await desks[1]!.ask(hold('e')))).toBe('CHECK_RATING_WAITS');
  await Promise.all([older.stop(), newer.stop()]);
  const { headers } = await readRated(log, 0);
  expect(headers.flatMap(({ requests = [] }) => requests.map(({ request }) => request.key))).toEqual(['a', 'b']);
}, 60_000);
