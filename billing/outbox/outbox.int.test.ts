import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { ControlMessage } from '#core/messages/control.ts';
import { streams } from '#core/messages/names.ts';
import type { AppendResult, Log } from '#platform/log.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { startEngine, testEngines, type TestEngine } from '#platform/postgres/testDatabase.ts';
import { changeAmount } from '../budgets/budgets.ts';
import type { Tables } from '../schema.ts';
import { smallOrganisation, testOffice, type TestOffice } from '../testing/office.ts';
import { outboxOf, publishWaiting, reconcileOutbox } from './publish.ts';

let broker: TestServer;
let connection: NatsConnection;
let log: Log;
beforeAll(async () => {
  broker = await startTestServer({ partitions: 4 });
  connection = await connectNats({ url: broker.url, credentials: broker.credentials, role: 'office' });
  log = await jetstreamLog(connection);
});
afterAll(async () => {
  await connection.close();
  await broker[Symbol.asyncDispose]();
});

const seqOf = (data: Uint8Array): number => (JSON.parse(new TextDecoder().decode(data)) as ControlMessage).seq;

/** A log in memory that, by a list of dice, stores and answers, stores and does not answer, refuses, or breaks. */
function faultyLog(dice: number[]) {
  const stored = new Map<string, number[]>();
  const append: Log['append'] = async (stream, _subject, data): Promise<AppendResult> => {
    const die = dice.shift() ?? 0;
    if (die === 2) return { kind: 'full' };
    if (die === 3) throw new Error('the connection is gone');
    if (die === 4) return { kind: 'unknown' };
    stored.set(stream, [...(stored.get(stream) ?? []), seqOf(data)]);
    return die === 1 ? { kind: 'unknown' } : { kind: 'stored', seq: 1 };
  };
  return { stored, append };
}

/** What the rater keeps of a control stream: the next in line, and a gap is a fault. */
function taken(seqs: readonly number[]): number[] {
  let mark = 0;
  for (const seq of seqs) {
    expect(seq).toBeLessThanOrEqual(mark + 1);
    mark = Math.max(mark, seq);
  }
  return Array.from({ length: mark }, (_, index) => index + 1);
}

async function spend(test: TestOffice, tenant: string, amounts: number, from = 11): Promise<void> {
  for (let n = 0; n < amounts; n++) {
    await changeAmount(test.office, test.author(tenant), 'web-month', { amount: String(from + n), reason: 'test' });
  }
}

describe.each(testEngines)('on the %s engine', (kind) => {
  let engine: TestEngine<Tables>;
  beforeAll(async () => {
    engine = await startEngine<Tables>(kind);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
  });

  it('publishes to the log of the tenant, in order, once when nothing fails; a lost log is filled again', async () => {
    await using test = await testOffice(engine);
    await test.apply(smallOrganisation());
    await spend(test, 'northwind', 3);
    const { partition } = await test.office.db.selectFrom('tenant').select('partition').executeTakeFirstOrThrow();
    const stream = streams.control(partition);
    const before = (await log.info(stream)).lastSeq;

    expect(await publishWaiting(outboxOf(test.office.db), log, test.office.now)).toEqual({ messages: 4, stuck: [] });
    expect(await publishWaiting(outboxOf(test.office.db), log, test.office.now)).toEqual({ messages: 0, stuck: [] });
    const last = await log.last(stream);
    expect(last).toMatchObject({ seq: before + 4, subject: `control.${partition}.northwind` });
    expect(seqOf(last!.data)).toBe(4);

    // A log that ends earlier, as after a restored backup: what it lacks comes again. One that is ahead is refused.
    const endsAt = async (seq: number, change: object = {}) => {
      const message = JSON.parse(Buffer.from((await log.get(stream, before + Math.min(seq, 4)))!.data).toString());
      const data = Buffer.from(JSON.stringify({ ...message, seq, ...change }));
      return { last: async (name: string) => (name === stream ? { ...last!, data } : undefined) };
    };
    const compare = async (seq: number, change?: object) =>
      reconcileOutbox(test.office.db, await endsAt(seq, change), [0, 1, 2, 3]);
    expect(await compare(4)).toEqual([]);
    expect((await publishWaiting(outboxOf(test.office.db), log, test.office.now)).messages).toBe(0);
    expect(await compare(2)).toEqual([{ partition, messages: 2 }]);
    expect((await publishWaiting(outboxOf(test.office.db), log, test.office.now)).messages).toBe(2);
    await expect(compare(5)).rejects.toMatchObject({ code: 'OUTBOX_BEHIND_LOG' });
    await expect(compare(4, { changes: [] })).rejects.toMatchObject({ code: 'OUTBOX_DIVERGED' });
  });

  it('never skips or reorders, whatever the log answers, wherever a publisher dies, and with two at once', async () => {
    await using test = await testOffice(engine);
    const tenants = ['alpha', 'beta', 'gamma'];
    for (const tenant of tenants) await test.apply(smallOrganisation(tenant), { tenant });
    const dice = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(dice, fc.integer({ min: 0, max: 6 }), fc.boolean(), async (throws, diesAt, twins) => {
        await test.office.db.updateTable('outbox').set({ published_ms: null }).execute();
        for (const tenant of tenants) await spend(test, tenant, 2, 100 + 2 * round);
        round++;
        const faulty = faultyLog([...throws]);
        // The process that dies has sent the message, or not, and never comes to mark it.
        let sent = 0;
        const dying: Log['append'] = async (...args) => {
          if (sent++ === diesAt) {
            await faulty.append(...args);
            throw new Error('killed');
          }
          return faulty.append(...args);
        };
        const pass = (append: Log['append']) => publishWaiting(outboxOf(test.office.db), { append }, test.office.now);
        await Promise.all([pass(dying), ...(twins ? [pass(faulty.append)] : [])]);
        for (let n = 0; n < 100; n++) {
          const waiting = await test.office.db
            .selectFrom('outbox')
            .select('seq')
            .where('published_ms', 'is', null)
            .execute();
          if (waiting.length === 0) break;
          await pass(faulty.append);
        }
        const heads = await test.office.db.selectFrom('outbox_head').selectAll().execute();
        for (const { partition, last_seq } of heads) {
          expect(taken(faulty.stored.get(streams.control(partition)) ?? []).length).toBe(last_seq);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('leaves nothing of a change that fails half-way, and no gap in the sequence', async () => {
    await using test = await testOffice(engine);
    await test.apply(smallOrganisation());
    const failing = changeAmount(test.office, test.author('northwind'), 'web-month', { amount: '1.234', reason: 'x' });
    await expect(failing).rejects.toMatchObject({ code: 'AMOUNT_INVALID' });
    const unknown = changeAmount(test.office, test.author('northwind'), 'no-such', { amount: '1', reason: 'x' });
    await expect(unknown).rejects.toMatchObject({ code: 'BUDGET_UNKNOWN' });
    await Promise.all(Array.from({ length: 10 }, (_, n) => spend(test, 'northwind', 1, 50 + n)));
    const rows = await test.office.db.selectFrom('outbox').select(['seq', 'payload']).orderBy('seq').execute();
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
    expect(rows.map(({ payload }) => (JSON.parse(payload) as ControlMessage).auditId)).toEqual(
      rows.map((_, n) => `northwind-${n + 1}`),
    );
  });
});
