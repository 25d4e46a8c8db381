/** Applications at the same time, and applications that break off in the middle. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, testEngines, type TestEngine } from '#platform/postgres/testDatabase.ts';
import { auditPage, verifyAudit } from '../audit/read.ts';
import { budgetsOf } from '../budgets/budgets.ts';
import type { Tables } from '../schema.ts';
import { smallOrganisation, testOffice, type TestOffice } from '../testing/office.ts';

/** Every row of every table that an application may write. */
async function everything({ office: { db } }: TestOffice): Promise<string> {
  const tables = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1`.execute(
    db,
  );
  const rows = await Promise.all(
    tables.rows.map(async ({ name }) => [
      name,
      (await sql`SELECT * FROM ${sql.table(name)} ORDER BY 1, 2`.execute(db)).rows,
    ]),
  );
  return JSON.stringify(rows);
}

describe.each(testEngines)('on the %s engine', (kind) => {
  let engine: TestEngine<Tables>;
  beforeAll(async () => {
    engine = await startEngine<Tables>(kind);
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it('of the same file at once one changes, the others find nothing to do; different ones follow one another', async () => {
    await using test = await testOffice(engine);
    const results = await Promise.all([1, 2, 3].map(() => test.apply(smallOrganisation())));
    expect(results.filter(({ auditId }) => auditId !== null).map(({ auditId }) => auditId)).toEqual(['northwind-1']);

    const amounts = ['11.00', '12.00', '13.00', '14.00'];
    await Promise.all(
      amounts.map((amount) => test.apply(smallOrganisation().replace('amount: 10.00', `amount: ${amount}`))),
    );
    const { db } = test.office;
    const audited = (await auditPage(db, 'northwind', { limit: 10 })).toReversed().slice(1);
    const steps = audited.map(({ before, after }) =>
      [before, after].map((side) => (side as { 'budgets/web-month': { amount: string } })['budgets/web-month'].amount),
    );
    expect(steps.length).toBe(4);
    // Each began where the one before it had ended: nobody overwrote what they had not seen.
    expect(steps.map(([before]) => before)).toEqual(['10', ...steps.slice(0, -1).map(([, after]) => after)]);
    expect((await budgetsOf(db, 'northwind'))[0]!.amount).toBe(steps.at(-1)![1]);
    const sent = await db.selectFrom('outbox').select('audit_id').orderBy('seq').execute();
    expect(sent.map((row) => row.audit_id)).toEqual(['northwind-1', ...audited.map(({ id }) => id)]);
    expect(await verifyAudit(db, 'northwind')).toMatchObject({ ok: true });
  });

  it.each(['account', 'price', 'budget', 'target', 'audit', 'outbox'])(
    'one that breaks off while it writes to %s leaves nothing, and done again is done whole',
    async (table) => {
      await using test = await testOffice(engine);
      const { db } = test.office;
      const before = await everything(test);
      await sql`CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$`.execute(
        db,
      );
      await sql`CREATE TRIGGER breaks BEFORE INSERT ON ${sql.table(table)} FOR EACH ROW EXECUTE FUNCTION breaks()`.execute(
        db,
      );
      await expect(test.apply(smallOrganisation())).rejects.toThrow();
      expect(await everything(test)).toBe(before);
      await sql`DROP TRIGGER breaks ON ${sql.table(table)}`.execute(db);
      expect(await test.apply(smallOrganisation())).toMatchObject({ auditId: 'northwind-1', messages: 1 });
    },
  );
});
