import { expect, test, vi } from 'vitest';
import type { RatedRow, RatedRows, Why } from '#core/messages/api.ts';
import type { Correction } from '#core/messages/correction.ts';
import { fullAmount, fullUsage, Instance, noDifference, patience, type Usage } from './instance.ts';

/** Of 9000.18 s of the host 5800.18 s are left: one vCPU·h at 1.80 and 2200.18 s at 1.20 an hour; the container's stay. */
const without = '2.539393334333';
const [taken, given] = ['-1.066666666667', '1.066666666667'];

const half: Usage = { userTicks: 300_000, systemTicks: 20_000, containerUs: 12_000_001 };

test('wrong batches are voided and brought back: the month changes by exactly that amount, through kill -9, and verify understands it', async () => {
  await using instance = new Instance();
  await instance.start();
  const reaches = (amount: string) =>
    vi.waitFor(async () => expect(await instance.totals()).toEqual({ rater: amount, clickhouse: amount }), patience);
  // The first batches are wrong: what comes after them is charged by other tiers and another allowance once they are gone.
  instance.use(half);
  await reaches('1.6');
  const wrong = (await priced(instance)).filter(({ meter }) => meter === 'cpu');
  instance.use(fullUsage);
  await reaches(fullAmount);
  const [first] = wrong;
  const seqs = wrong.map(({ seq }) => seq);
  const selection = [
    '--producer',
    first!.producer,
    '--from-seq',
    String(Math.min(...seqs)),
    '--to-seq',
    String(Math.max(...seqs)),
    '--meter',
    'cpu',
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
    totals: [{ currency: 'EUR', previewed: taken }],
  });
  await correction('apply', 'c-1', '--reason', 'counted twice');
  for (const name of ['rater', 'office']) process.kill(instance.process(name)!.pid, 'SIGKILL');
  const voided = await ended('c-1');
  expect(voided.totals).toEqual([{ currency: 'EUR', previewed: taken, booked: taken }]);
  expect(sorted(voided.booked!)).toEqual(sorted(previewed.effects));
  await reaches(without);

  // Traced both ways, and what other rows owe is proved like any row.
  const { rows } = await instance.office.get<RatedRows>('/rows?kind=void&limit=500');
  const { rows: rests } = await instance.office.get<RatedRows>('/rows?kind=adjustment&limit=500');
  expect(rests.length).toBeGreaterThan(0);
  const whys = await Promise.all(
    [rows[0]!, wrong[0]!, ...rests].map(({ id }) => instance.office.get<Why>(`/why/${id}`)),
  );
  expect(whys.flatMap(({ checks }) => checks.filter(({ ok }) => !ok))).toEqual([]);
  expect(whys[0]).toMatchObject({
    of: 'correction',
    correction: { id: 'c-1', reason: 'counted twice' },
    reversed: { amount: expect.any(String) },
  });
  expect(whys[1]!.reversedBy?.correction).toBe('c-1');
  expect(rests.map((row) => row.correction)).toContain('c-1');

  // Nothing is taken back twice.
  expect(await correction('preview', ...selection)).toMatchObject({ ok: false, error: { code: 'CORRECTION_EMPTY' } });

  await correction('preview', '--correction', 'c-1');
  await correction('apply', 'c-2', '--reason', 'it was right after all');
  expect((await ended('c-2')).totals).toEqual([{ currency: 'EUR', previewed: given, booked: given }]);
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
