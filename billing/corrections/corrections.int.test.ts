import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlMessage } from '#core/messages/control.ts';
import type { CorrectedBlock } from '#core/messages/correction.ts';
import { startEngine, testEngines, type TestEngine } from '#platform/postgres/testDatabase.ts';
import type { Tables } from '../schema.ts';
import { noRows } from '../testing/corrections.ts';
import { smallOrganisation, testOffice } from '../testing/office.ts';
import {
  applyCorrection,
  approveCorrection,
  oneCorrection,
  previewCorrection,
  setCorrectionPolicy,
} from './corrections.ts';
import type { CorrectionPorts } from './ports.ts';
import { correctOnce } from './work.ts';

const blockOf = (number: number, rows: number): CorrectedBlock => ({
  ref: `0-1-${number}-0`, kind: 'usage', account: 1, price: 1, meter: 'cpu', cell: '', periodStartMs: 0, producer: 'p', epoch: '1-a', seq: number,
  usageSeq: number, firstMs: 0, resources: ['h'], rows: Array.from({ length: rows }, (_, i) => [0, i, 0, 0, '1', '0.5']),
}); // prettier-ignore
const effect = { account: 1, price: 1, currency: 'EUR', periodStartMs: 0, bookedStartMs: 0, closedUntilMs: 0, rows: 1, reversed: '-5', rest: '1', amount: '-4' }; // prettier-ignore

describe.each(testEngines)('on the %s engine', (kind) => {
  let engine: TestEngine<Tables>;
  beforeAll(async () => {
    engine = await startEngine<Tables>(kind);
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  /** A store of three pages of a thousand rows and more, and the outbox as the rater answers it. */
  async function scene() {
    const test = await testOffice(engine);
    await test.apply(smallOrganisation());
    const { db } = test.office;
    await db.updateTable('outbox').set({ outcome: 'taken' }).execute();
    const pages: readonly CorrectedBlock[][] = [[blockOf(1, 1500), blockOf(2, 1500)], [blockOf(3, 10)], []];
    const ports: CorrectionPorts = {
      ...noRows,
      selected: async (_, { cursor }) => {
        const at = Number(cursor ?? 0);
        return { blocks: pages[at]!, cursor: at + 1 < pages.length ? String(at + 1) : null };
      },
      preview: async () => ({ effects: [effect] }),
      booked: async () => [effect],
    };
    const sent = async () =>
      (await db.selectFrom('outbox').selectAll().where('audit_id', 'like', 'correction-%').orderBy('seq').execute()).flatMap(
        ({ payload }) => (JSON.parse(payload) as ControlMessage).changes,
      );
    const answer = (outcome: 'taken' | 'rejected', detail: string | null = null) =>
      db.updateTable('outbox').set({ outcome, detail }).where('outcome', 'is', null).execute();
    return { test, ports, sent, answer, author: test.author('northwind'), selection: { producer: 'p', fromSeq: 1, toSeq: 3 } };
  } // prettier-ignore

  it('goes on piece by piece, each once though two offices work at once, when the rater has taken those before; what was booked stands beside the preview', async () => {
    const { test, ports, sent, answer, author, selection } = await scene();
    await using _ = test;
    const { office } = test;
    expect(await correctOnce(office, ports)).toBe(false);
    const { id, rows, totals } = await previewCorrection(office, ports, author, selection);
    expect([id, rows, totals]).toEqual(['c-1', 3010, [{ currency: 'EUR', previewed: '-4', booked: null }]]);
    await applyCorrection(office, author, id, 'wrong');
    const both = () => Promise.all([correctOnce(office, ports), correctOnce(office, ports)]);
    for (let i = 0; i < 3; i++) await both();
    expect((await sent()).map((change) => change.kind)).toEqual(['correction']);
    for (let i = 0; i < 12; i++) {
      await answer('taken');
      await both();
    }
    const pieces = (await sent()).filter((change) => change.kind === 'correctionRows');
    const counts = pieces.map(({ n, blocks }) => [n, blocks.reduce((sum, block) => sum + block.rows.length, 0)]);
    expect(counts).toEqual([[1, 2000], [2, 1000], [3, 10]]); // prettier-ignore
    expect((await sent()).slice(-1)).toMatchObject([{ kind: 'correctionEnd', pieces: 3 }]);
    expect(await sent()).toHaveLength(5);
    const ended = await oneCorrection(office.db, 'northwind', id);
    expect(ended).toMatchObject({ status: 'ended', rowsDone: 3010, totals: [{ previewed: '-4', booked: '-4' }] });
    await expect(applyCorrection(office, author, id, 'again')).rejects.toMatchObject({ code: 'CORRECTION_DECIDED' });
  });

  it('ends where the rater rejects a piece, and says why', async () => {
    const { test, ports, sent, answer, author, selection } = await scene();
    await using _ = test;
    const { office } = test;
    const { id } = await previewCorrection(office, ports, author, selection);
    await applyCorrection(office, author, id, 'wrong');
    await correctOnce(office, ports);
    await answer('taken');
    await correctOnce(office, ports);
    await correctOnce(office, ports);
    await answer('rejected', 'there is no such tally');
    for (let i = 0; i < 4; i++) {
      await correctOnce(office, ports);
      await answer('taken');
    }
    expect((await sent()).at(-1)).toMatchObject({ kind: 'correctionEnd', pieces: 0 });
    expect(await oneCorrection(office.db, 'northwind', id)).toMatchObject({ status: 'failed', detail: 'there is no such tally' }); // prettier-ignore
  });

  it('refuses what selects nothing or everything, what the rater could not do, and what nobody else has agreed to', async () => {
    const { test, ports, author, selection } = await scene();
    await using _ = test;
    const { office } = test;
    const preview = (asked: object, of: CorrectionPorts = ports) => previewCorrection(office, of, author, asked);
    for (const asked of [{}, { producer: 'p' }, { fromMs: 0, toMs: 5 }, { fromMs: 5, toMs: 5, meter: 'm' }, { correction: 'c-1', meter: 'm' }])
      await expect(preview(asked)).rejects.toMatchObject({ code: 'CORRECTION_SELECTION_INVALID' });
    await expect(preview(selection, noRows)).rejects.toMatchObject({ code: 'CORRECTION_EMPTY' });
    await expect(preview({ correction: 'c-9' })).rejects.toMatchObject({ code: 'CORRECTION_UNKNOWN' });
    await expect(preview(selection, { ...ports, preview: async () => ({ fault: 'no' }) })).rejects.toMatchObject({ code: 'CORRECTION_REFUSED' });
    await expect(preview(selection, { ...ports, preview: async () => undefined })).rejects.toMatchObject({ code: 'RATER_SILENT' });

    const { id } = await preview(selection);
    await expect(preview({ correction: id })).rejects.toMatchObject({ code: 'CORRECTION_NOT_ENDED' });
    await setCorrectionPolicy(office, author, true, 'two of us');
    await expect(applyCorrection(office, author, id, 'x')).rejects.toMatchObject({ code: 'CORRECTION_NEEDS_APPROVAL' });
    await expect(approveCorrection(office, author, id, 'x')).rejects.toMatchObject({ code: 'APPROVER_IS_AUTHOR' });
    await approveCorrection(office, { ...author, actor: 'anna' }, id, 'seen');
    expect((await applyCorrection(office, author, id, 'x')).result).toMatchObject({ status: 'queued', approvedBy: 'anna' });
  }); // prettier-ignore
});
