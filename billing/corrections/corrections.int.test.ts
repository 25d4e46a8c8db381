import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlMessage } from '#core/messages/control.ts';
import type { CorrectedBlock, CorrectionPreviewRequest } from '#core/messages/correction.ts';
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
    const peak = ', { id: peak, metric: mem, unit: By, aggregation: max }]';
    await test.apply(smallOrganisation().replace(/\]\nprices/, `${peak}\nprices`));
    const { db } = test.office;
    await db.updateTable('outbox').set({ outcome: 'taken' }).execute();
    const pages: readonly CorrectedBlock[][] = [[blockOf(1, 1500), blockOf(2, 1500)], [blockOf(3, 10)], []];
    const ports: CorrectionPorts = {
      ...noRows,
      selected: async (_, { cursor }) => {
        const at = Number(cursor ?? 0);
        return { blocks: pages[at]!, cursor: at + 1 < pages.length ? String(at + 1) : null };
      },
      preview: async () => ({ effects: [effect], recipes: [] }),
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

  it('rebuilds tallies that keep something: shadows, what samples would have kept, then versions that took over', async () => {
    const { test, ports, sent, answer, author, selection } = await scene();
    await using _ = test;
    const { office } = test;
    const place = { account: 1, price: 0, meter: 'peak', cell: '', periodStartMs: 0, resource: '' };
    const heir = { ...place, price: 7 };
    const period = { periodStartMs: 0, periodEndMs: 1000 };
    const recipes = [
      { tally: place, period, shadowSeq: 9, sources: [{ tally: place, upTo: null }], heirs: [heir] },
      { tally: heir, period, shadowSeq: 9, sources: [{ tally: heir, upTo: null }, { tally: place, upTo: [3, 0] as const }], heirs: [] },
    ]; // prettier-ignore
    // What the second one said is corrected; the last one came after the shadow began.
    const stored = [[1, 0, 5], [2, 0, 9], [3, 0, 6], [4, 0, 8], [5, 7, 7], [10, 0, 100]] as const; // prettier-ignore
    const standing = (partition: number, isPreview: boolean) =>
      stored.map(([usageSeq, price]) => ({
        ...place, price, resource: 'h', partition, usageSeq, producer: 'p', epoch: '1-a', seq: usageSeq, index: 0, startMs: usageSeq, durationMs: 0,
        order: [partition, usageSeq, 0] as const, stands: isPreview || usageSeq !== 2, wouldStand: usageSeq !== 2,
      })); // prettier-ignore
    const asked: CorrectionPreviewRequest[] = [];
    const keeping: CorrectionPorts = {
      ...ports,
      selected: async () => ({ blocks: [{ ...blockOf(2, 1), price: 0, meter: 'peak' }], cursor: null }),
      correctedPlaces: async () => [{ ...place, resource: 'h' }],
      standing: async (_, { partition, selection: asks }) => ({ rows: standing(partition, asks !== undefined).slice(0, asks === undefined ? 6 : 5), lastSeq: null }),
      batch: async (_, seq) => ({
        v: 1, tenant: 'northwind', producer: 'p', epoch: { startedAtMs: 1, nonce: 'a' }, seq, prev: '', trace: '', resources: ['h'], dims: [], ticks: [[0, 0, 0]],
        metrics: [{ name: 'mem', unit: 'By', scale: 0, kind: 'level' }], baseMs: seq, series: [[0, 0, -1]], s: [0], k: [0], q: [stored.find(([of]) => of === seq)![2]], raw: [null],
      }),
      preview: async (_, request) => {
        asked.push(request);
        const tallies = (request.recipes ?? []).map(({ price }) => recipes.find(({ tally }) => tally.price === price)!);
        return { effects: [effect], recipes: tallies };
      },
    }; // prettier-ignore
    const { id } = await previewCorrection(office, keeping, author, selection);
    expect(asked.at(-1)!.tallies).toEqual([
      { tally: place, before: { carried: '0', quantity: '9' }, after: { carried: '0', quantity: '8' } },
      { tally: heir, before: { carried: '9', quantity: '9' }, after: { carried: '6', quantity: '7' } },
    ]);
    await applyCorrection(office, author, id, 'wrong');
    for (let i = 0; i < 24; i++) {
      await correctOnce(office, keeping);
      await answer('taken');
    }
    const told = { carried: '0', isLast: true };
    expect((await sent()).slice(2)).toMatchObject([
      { kind: 'correctionShadow', n: 2, tallies: [place] },
      { kind: 'correctionTally', n: 3, tally: place, kept: { quantity: '8' }, ...told },
      { kind: 'correctionShadow', n: 4, tallies: [heir] },
      { kind: 'correctionTally', n: 5, tally: heir, kept: { quantity: '7' }, ...told, carried: '6' },
      { kind: 'correctionEnd', pieces: 5 },
    ]);
    expect(await oneCorrection(office.db, 'northwind', id)).toMatchObject({ status: 'ended' });
    // What the log lacks cannot be rebuilt, and is not previewed.
    const lacking = { ...keeping, batch: async () => undefined };
    await expect(previewCorrection(office, lacking, author, selection)).rejects.toMatchObject({ code: 'CORRECTION_REFUSED' }); // prettier-ignore
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
