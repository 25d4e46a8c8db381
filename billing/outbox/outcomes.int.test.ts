import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlChange } from '#core/messages/control.ts';
import { streams } from '#core/messages/names.ts';
import { PartitionMachine } from '#core/rating/machine.ts';
import { emptyState } from '#core/rating/state.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { startEngine, testEngines, type TestEngine } from '#platform/postgres/testDatabase.ts';
import { auditPage, verifyAudit } from '../audit/read.ts';
import { change } from '../change.ts';
import type { Tables } from '../schema.ts';
import { smallOrganisation, testOffice, type TestOffice } from '../testing/office.ts';
import { outcomeOf, settleOutcomes } from './outcomes.ts';
import { outboxOf, publishWaiting, reconcileOutbox } from './publish.ts';

/** A log in memory that counts what is read, and the rater's machine behind it. */
function logWithRater(partition: number) {
  const stored = new Map<string, LogMessage[]>();
  let reads = 0;
  const log: Pick<Log, 'append' | 'get' | 'last'> = {
    async append(stream, subject, data) {
      const messages = stored.get(stream) ?? [];
      stored.set(stream, [...messages, { subject, seq: messages.length + 1, timeMs: 1_790_000_000_000, data }]);
      return { kind: 'stored', seq: messages.length + 1 };
    },
    async get(stream, seq) {
      reads += 1;
      return stored.get(stream)?.[seq - 1];
    },
    last: async (stream) => stored.get(stream)?.at(-1),
  };
  const machine = new PartitionMachine(emptyState(partition), {
    text: (bytes) => new TextDecoder().decode(bytes),
    hash: (bytes) => createHash('sha256').update(bytes).digest('base64url'),
    verify: () => false,
  });
  const commit = async () => {
    const seq = stored.get(streams.rated(partition))?.length ?? 0;
    const { bytes } = machine.drain({ kind: 'commit', incarnation: 1, nonce: 'n', n: seq, prev: { seq, hash: '' } });
    await log.append(streams.rated(partition), '', bytes);
  };
  let taken = 0;
  return {
    log,
    reads: () => reads,
    /** Takes the control messages that it has not, all in one commit. */
    async take() {
      for (const message of (stored.get(streams.control(partition)) ?? []).slice(taken)) machine.takeControl(message);
      taken = stored.get(streams.control(partition))?.length ?? 0;
      await commit();
    },
    async commitOthers(count: number) {
      for (let i = 0; i < count; i++) {
        machine.takeUsage({ subject: 'usage.0.x.y', seq: i + 1, timeMs: 1_790_000_000_000, data: new Uint8Array() });
        await commit();
      }
    },
  };
}

const tell = (test: TestOffice, changes: ControlChange[]) =>
  change(test.office, test.author('northwind'), async () => ({
    result: undefined,
    recorded: { action: 'test', subject: 'test', before: null, after: null, why: 'test', changes },
  }));

describe.each(testEngines)('on the %s engine', (kind) => {
  let engine: TestEngine<Tables>;
  beforeAll(async () => {
    engine = await startEngine<Tables>(kind);
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it('what the rater rejects is told once, with its reason, in the audit log and to who asks', async () => {
    await using test = await testOffice(engine);
    const applied = await test.apply(smallOrganisation());
    const { db, now } = test.office;
    const { partition } = await db.selectFrom('tenant').select('partition').executeTakeFirstOrThrow();
    const rater = logWithRater(partition);
    const publish = () => publishWaiting(outboxOf(db), rater.log, now);
    const settle = () => settleOutcomes(db, rater.log, now);
    const outcome = (auditId: string | null) => outcomeOf(db, 'northwind', auditId!);

    expect(await settle()).toEqual({ rejected: [], waiting: 0 }); // nothing is published
    await publish();
    expect(await settle()).toEqual({ rejected: [], waiting: 1 });
    expect(await outcome(applied.auditId)).toEqual({ outcome: 'pending', rejected: [] });
    await rater.commitOthers(3);
    await rater.take();
    expect(await settle()).toEqual({ rejected: [], waiting: 0 });
    expect(await outcome(applied.auditId)).toEqual({ outcome: 'taken', rejected: [] });

    // As if the rater knew another organisation than the database: one of three changes cannot be applied there.
    const good: ControlChange = { kind: 'budgetReset', budget: 'web-month', reason: 'x' };
    const bad: ControlChange = { kind: 'budgetReset', budget: 'no-such', reason: 'x' };
    const [before, refused, after] = [
      await tell(test, [good]),
      await tell(test, [good, bad]),
      await tell(test, [good]),
    ];
    await publish();
    // The log holds the first of them twice, as after a lost answer.
    await reconcileOutbox(
      db,
      { last: (stream) => (stream === streams.control(partition) ? rater.log.get(stream, 1) : rater.log.last('')) },
      [0, 1, 2, 3],
    );
    await publish();
    await rater.commitOthers(5);
    await rater.take();
    await rater.commitOthers(200);
    const readsBefore = rater.reads();
    const told = (await Promise.all([settle(), settle()])).flatMap(({ rejected }) => rejected);
    expect(rater.reads() - readsBefore).toBeLessThan(60);
    expect(told).toEqual([
      { tenant: 'northwind', partition, seq: 3, auditId: refused.auditId, detail: expect.stringContaining('no-such') },
    ]);
    expect(await settle()).toEqual({ rejected: [], waiting: 0 });
    expect(await outcome(before.auditId)).toMatchObject({ outcome: 'taken' });
    expect(await outcome(after.auditId)).toMatchObject({ outcome: 'taken' });
    expect(await outcome(refused.auditId)).toEqual({ outcome: 'rejected', rejected: [told[0]!.detail] });

    const rows = await auditPage(db, 'northwind', { limit: 10 });
    expect(rows.filter(({ action }) => action === 'rejected')).toEqual([
      expect.objectContaining({
        actor: 'rater', subject: `control/${partition}/3`, after: { auditId: refused.auditId }, why: told[0]!.detail,
      }),
    ]); // prettier-ignore
    expect(await verifyAudit(db, 'northwind')).toMatchObject({ ok: true });
  });

  it('a database restored to yesterday is told from one that is as it was: at the start by numbers, while it runs by content', async () => {
    await using test = await testOffice(engine);
    await test.apply(smallOrganisation());
    const { db, now } = test.office;
    const { partition } = await db.selectFrom('tenant').select('partition').executeTakeFirstOrThrow();
    const rater = logWithRater(partition);
    const publish = () => publishWaiting(outboxOf(db), rater.log, now);
    const settle = () => settleOutcomes(db, rater.log, now);
    const reset = () => tell(test, [{ kind: 'budgetReset', budget: 'web-month', reason: 'x' }]);
    for (let i = 0; i < 3; i++) await reset();
    await publish();
    await rater.take();
    expect(await settle()).toEqual({ rejected: [], waiting: 0 });
    expect(await reconcileOutbox(db, rater.log, [0, 1, 2, 3])).toEqual([]);

    // Yesterday: two changes less. What the office decides now gets their numbers.
    await db.deleteFrom('outbox').where('seq', '>', 2).execute();
    await db.updateTable('outbox_head').set({ last_seq: 2 }).execute();
    await expect(reconcileOutbox(db, rater.log, [0, 1, 2, 3])).rejects.toMatchObject({ code: 'OUTBOX_BEHIND_LOG' });
    await reset();
    await publish();
    await rater.take();
    await expect(settle()).rejects.toMatchObject({ code: 'OUTBOX_DIVERGED', details: { partition, seq: 3 } });
    // The control log ends with the number of the database; the rater has been further.
    await expect(reconcileOutbox(db, rater.log, [0, 1, 2, 3])).rejects.toMatchObject({ code: 'OUTBOX_BEHIND_LOG' });
    for (let i = 0; i < 3; i++) await reset();
    await publish();
    await rater.take();
    expect(await reconcileOutbox(db, rater.log, [0, 1, 2, 3])).toEqual([]);
    for (let start = 0; start < 2; start++) await expect(settle()).rejects.toMatchObject({ code: 'OUTBOX_DIVERGED' });
  });
});
