import { expect, test, vi } from 'vitest';
import type { RatedRow, RatedRows } from '#core/messages/api.ts';
import type { Correction } from '#core/messages/correction.ts';
import { fullAmount, fullUsage, Instance, noDifference, patience, type Usage } from './instance.ts';

const half: Usage = { userTicks: 300_000, systemTicks: 20_000, containerUs: 12_000_001 };

test('wrong batches are voided and brought back: the month changes by exactly that amount, through kill -9, and verify understands it', async () => {
  await using instance = new Instance();
  await instance.start();
  const reaches = (amount: string) =>
    vi.waitFor(async () => expect(await instance.totals()).toEqual({ rater: amount, clickhouse: amount }), patience);
  instance.use(half);
  await reaches('1.6');
  const right = await priced(instance);
  instance.use(fullUsage);
  await reaches(fullAmount);
  const wrong = (await priced(instance)).filter(({ id }) => !right.some((row) => row.id === id));
  const [first] = wrong;
  const seqs = wrong.map(({ seq }) => seq);
  const selection = [
    '--producer',
    first!.producer,
    '--from-seq',
    String(Math.min(...seqs)),
    '--to-seq',
    String(Math.max(...seqs)),
  ];

  const correction = async (...args: readonly string[]) => (await instance.run(['correction', ...args])) as Correction;
  const ended = async (id: string, status = 'ended'): Promise<Correction> => {
    const shown = () => instance.office.get<Correction>(`/corrections/${id}`);
    await vi.waitFor(async () => expect((await shown()).status).toBe(status), patience);
    return shown();
  };
  const previewed = await correction('preview', ...selection);
  expect(previewed).toMatchObject({
    id: 'c-1',
    status: 'previewed',
    totals: [{ currency: 'EUR', previewed: '-2.006060001' }],
  });
  await correction('apply', 'c-1', '--reason', 'counted twice');
  for (const name of ['rater', 'office']) process.kill(instance.process(name)!.pid, 'SIGKILL');
  const voided = await ended('c-1');
  expect(voided.totals).toEqual([{ currency: 'EUR', previewed: '-2.006060001', booked: '-2.006060001' }]);
  expect(sorted(voided.booked!)).toEqual(sorted(previewed.effects));
  await reaches('1.6');

  // Nothing is taken back twice.
  expect(await correction('preview', ...selection)).toMatchObject({ ok: false, error: { code: 'CORRECTION_EMPTY' } });

  await correction('preview', '--correction', 'c-1');
  await correction('apply', 'c-2', '--reason', 'it was right after all');
  process.kill(instance.process('office')!.pid, 'SIGKILL');
  expect((await ended('c-2')).totals).toEqual([{ currency: 'EUR', previewed: '2.006060001', booked: '2.006060001' }]);
  await reaches(fullAmount);
  expect(await instance.verify()).toMatchObject({ ok: true, difference: noDifference });
}, 300_000);

const sorted = (effects: Correction['effects']): string[] => effects.map((each) => JSON.stringify(each)).toSorted();

/** Rows of the log's account, all of them. */
async function priced(instance: Instance): Promise<RatedRow[]> {
  const found: RatedRow[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: RatedRows = await instance.office.get(`/rows?kind=usage&limit=500${cursor && `&cursor=${cursor}`}`);
    found.push(...page.rows.filter(({ amount }) => amount !== '0'));
    cursor = page.cursor;
  }
  return found;
}
