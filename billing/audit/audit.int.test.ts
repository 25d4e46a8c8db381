import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, testEngines, type TestEngine } from '#platform/postgres/testDatabase.ts';
import { changeAmount } from '../budgets/budgets.ts';
import type { Tables } from '../schema.ts';
import { smallOrganisation, testOffice } from '../testing/office.ts';
import { auditPage, verifyAudit } from './read.ts';

describe.each(testEngines)('on the %s engine', (kind) => {
  let engine: TestEngine<Tables>;
  beforeAll(async () => {
    engine = await startEngine<Tables>(kind);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
  });

  it('holds as written, refuses changes, and shows any that is forced past it', async () => {
    await using test = await testOffice(engine);
    const { db } = test.office;
    const tampering = `DROP TRIGGER audit_append_only ON audit`;
    await test.apply(smallOrganisation());
    await test.apply(smallOrganisation('other'), { tenant: 'other' });
    for (const amount of ['11', '12.5', '13']) {
      await changeAmount(test.office, test.author('northwind'), 'web-month', {
        amount,
        reason: `ü "${amount}" \\ \u2028`,
      });
    }
    const whole = await verifyAudit(db, 'northwind');
    expect(whole).toMatchObject({ ok: true, checked: 4, brokenAt: null });
    expect((await auditPage(db, 'northwind', { limit: 2, beforeSeq: 4 })).map(({ seq }) => seq)).toEqual([3, 2]);

    await expect(db.updateTable('audit').set({ why: 'never mind' }).execute()).rejects.toThrow('append-only');
    await expect(db.deleteFrom('audit').execute()).rejects.toThrow('append-only');
    await expect(sql`TRUNCATE audit`.execute(db)).rejects.toThrow('append-only');

    const forced = async (statement: string) => {
      const undo = new Error('undo');
      let check: unknown;
      await db
        .transaction()
        .execute(async (tx) => {
          await sql.raw(`${tampering}; ${statement}`).execute(tx);
          check = { northwind: await verifyAudit(tx, 'northwind'), other: (await verifyAudit(tx, 'other')).ok };
          throw undo;
        })
        .catch((error: unknown) => expect(error).toBe(undo));
      return check;
    };
    const row = `WHERE tenant = 'northwind' AND seq =`;
    const broken = (brokenAt: number) => ({ northwind: expect.objectContaining({ ok: false, brokenAt }), other: true });
    expect(await forced(`UPDATE audit SET actor = 'nobody' ${row} 2`)).toEqual(broken(2));
    expect(await forced(`UPDATE audit SET after = '{"amount": "99"}' ${row} 3`)).toEqual(broken(3));
    expect(await forced(`DELETE FROM audit ${row} 1`)).toEqual(broken(1));
    expect(await forced(`DELETE FROM audit ${row} 3`)).toEqual(broken(3));
    expect(await forced(`DELETE FROM audit ${row} 4`)).toEqual(broken(4));
    expect(await forced(`UPDATE audit SET seq = 5 ${row} 4`)).toEqual(broken(4));
    expect(await verifyAudit(db, 'northwind')).toEqual(whole);
  });
});
