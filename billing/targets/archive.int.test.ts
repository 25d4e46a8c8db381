import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Delivery } from '#core/messages/api.ts';
import { recordOf } from '#core/messages/delivery.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { startEngine, type TestEngine } from '#platform/postgres/testDatabase.ts';
import type { BillingEvents } from '../events.ts';
import type { Tables } from '../schema.ts';
import { testOffice } from '../testing/office.ts';
import { archiveDeliveries, archivedAttempts } from './archive.ts';

let engine: TestEngine<Tables>;
beforeAll(async () => void (engine = await startEngine<Tables>('embedded')));
afterAll(() => engine[Symbol.asyncDispose]());

const attempt = (alertId: string, n: number, over: Partial<Delivery> = {}): Delivery => ({
  alertId, tenant: 'acme', target: 'ops', attempt: n, status: 'failed', httpStatus: 500, detail: 'HTTP 500', atMs: n, latencyMs: 1, nextAttemptAtMs: 9, ...over,
}); // prettier-ignore

test('every attempt is archived once, of its own tenant alone, before the notifier is told so, and after a lost tail too', async () => {
  await using at = await testOffice(engine);
  const { db } = at.office;
  const stored: LogMessage[] = [];
  const put = (body: unknown, tenant = 'acme') =>
    void stored.push({ subject: `deliveries.${tenant}.ops`, seq: stored.length + 1, timeMs: 0, data: Buffer.from(JSON.stringify(body)) }); // prettier-ignore
  const log = {
    info: async () => ({ firstSeq: 1, lastSeq: stored.length, bytes: 0 }),
    async *follow(_stream: string, fromSeq: number) {
      yield* stored.slice(fromSeq - 1);
    },
  } satisfies Pick<Log, 'info' | 'follow'>;
  const told: string[] = [];
  const bucket = { put: async (key: string, text: string) => told.push(`${key} ${text}`) };
  const events = { archiveFailed: (error: unknown) => void told.push(String(error)) } as unknown as BillingEvents;
  const run = async () => {
    const stop = new AbortController();
    const running = archiveDeliveries({ db, log, bucket }, events, stop.signal);
    await vi.waitFor(() => expect(told.at(-1)).toBe(`archived {"seq":${stored.length}}`), 10_000);
    stop.abort();
    await running;
  };
  const names = async (query: object, tenant = 'acme') =>
    (await archivedAttempts(db, tenant, { limit: 10, ...query })).map(({ alertId, attempt: n }) => `${alertId}${n}`);

  put(attempt('a', 1));
  put(attempt('a', 1));
  put(recordOf([attempt('a', 2), attempt('b', 1, { atMs: 2, status: 'delivered' })]));
  put(attempt('stolen', 1, { tenant: 'globex' }));
  put({ kind: 'replay', tenant: 'acme', target: 'ops', deliveries: [] });
  put(null);
  await run();
  expect((await names({})).toSorted()).toEqual(['a1', 'a2', 'b1']);
  expect(await names({ alert: 'a' })).toEqual(['a2', 'a1']);
  expect(await names({ beforeMs: 2 })).toEqual(['a1']);
  expect([await names({ target: 'none' }), await names({}, 'globex')]).toEqual([[], []]);

  // Another history under the same numbers.
  stored.splice(1);
  put(attempt('c', 1));
  await run();
  expect((await names({})).toSorted()).toEqual(['a1', 'a2', 'b1', 'c1']);
});
