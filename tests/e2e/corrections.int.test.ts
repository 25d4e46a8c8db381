import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { LiveState, RatedRow, RatedRows, Why } from '#core/messages/api.ts';
import type { Correction } from '#core/messages/correction.ts';
import { fullAmount, fullUsage, Instance, noDifference, organisation, patience, type Usage } from './instance.ts';

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

  // A peak is rebuilt from the samples that stand: whole batches, whatever they hold, while others come.
  const memory = (availableKb: number) =>
    instance.tree.write('proc/meminfo', `MemTotal: 24669120 kB\nMemAvailable: ${availableKb} kB\n`);
  memory(20_474_816);
  const extended = join(instance.dataDir, 'peak.yaml');
  writeFileSync(
    extended,
    readFileSync(organisation, 'utf8').replace('\nprices:', `${peakMeters}\nprices:${peakPrices}`),
  );
  await instance.run(['apply', extended]);
  await reaches('9.606060001');
  memory(19_426_240);
  await reaches('10.606060001');
  memory(20_474_816);
  const high = (await priced(instance)).find(({ meter, amount }) => meter === 'peak' && amount === '1')!;
  // As of the rater, for the store is some batches behind; those on their way then are high as well.
  const { producers } = await instance.office.get<LiveState>('/live-state');
  const low = producers.find(({ producer }) => producer === high.producer)!.mark + 5;
  await vi.waitFor(async () => expect((await newestOf(instance, 'peak')).seq).toBeGreaterThan(low), patience);
  const batches = ['--producer', high.producer, '--from-seq', String(high.seq), '--to-seq', String(low)];
  const wrongPeak = await correction('preview', ...batches);
  expect(wrongPeak).toMatchObject({ id: 'c-3', totals: [{ currency: 'EUR', previewed: '-1' }] });
  await correction('apply', 'c-3', '--reason', 'the host was not ours');
  expect((await ended('c-3')).totals).toEqual([{ currency: 'EUR', previewed: '-1', booked: '-1' }]);
  await reaches('9.606060001');
  const { rows: rebuilt } = await instance.office.get<RatedRows>('/rows?kind=adjustment&meter=peak&limit=500');
  expect(rebuilt.filter((row) => row.correction === 'c-3').length).toBeGreaterThan(1);
  const proofs = await Promise.all(rebuilt.map(({ id }) => instance.office.get<Why>(`/why/${id}`)));
  expect(proofs.flatMap(({ checks }) => checks.filter(({ ok }) => !ok))).toEqual([]);
  // Without the peak nothing is left that costs what it did: all of the host, by time.
  const stretch = ['--from', '2020-01-01T00:00:00Z', '--to', '2100-01-01T00:00:00Z', '--resource', 'this-host'];
  expect((await correction('preview', ...stretch)).totals).toMatchObject([{ currency: 'EUR', previewed: '-9.60006' }]);
  await correction('preview', '--correction', 'c-3');
  await correction('apply', 'c-5', '--reason', 'it was');
  expect((await ended('c-5')).totals).toEqual([{ currency: 'EUR', previewed: '1', booked: '1' }]);
  await reaches('10.606060001');

  // The host was another's in truth: nothing moves by itself, and then all of it does, row by row traced.
  const owned = join(instance.dataDir, 'owned.yaml');
  const another = '\n      - { slug: other, name: Other, type: host }\n      - { slug: suspense';
  const record = '\n  - { resource: this-host, account: other, from: 2026-01-01 }\nmeters:';
  const text = readFileSync(extended, 'utf8')
    .replace(/\n +- \{ slug: suspense/, another)
    .replace('\nmeters:', record);
  writeFileSync(owned, text);
  expect(await instance.run(['apply', owned])).toMatchObject({ ok: false });
  expect(await instance.run(['apply', owned, '--past'])).toMatchObject({ ok: true });
  const kept = await correction('preview', ...stretch, '--rerate');
  expect(kept).toMatchObject({ ok: false, error: { code: 'CORRECTION_REFUSED' } });
  const moved = await correction('preview', ...stretch, '--meter', 'cpu', '--rerate');
  expect(moved).toMatchObject({ id: 'c-6', what: 'rerate', totals: [{ currency: 'EUR', previewed: '0' }] });
  await correction('apply', 'c-6', '--reason', 'it was theirs');
  const booked = await ended('c-6');
  expect(sorted(booked.booked!)).toEqual(sorted(moved.effects));
  expect(new Set(booked.booked!.map(({ again }) => again === undefined))).toEqual(new Set([true, false]));
  // And what comes since then is the other's: a peak of 4 GiB and a host.
  await reaches('16.606060001');
  const { rows: anew } = await instance.office.get<RatedRows>('/rows?kind=rerated&limit=500');
  const ofAnew = await Promise.all(anew.slice(0, 3).map(({ id }) => instance.office.get<Why>(`/why/${id}`)));
  expect(ofAnew.flatMap(({ checks }) => checks.filter(({ ok }) => !ok))).toEqual([]);
  expect(ofAnew[0]).toMatchObject({ of: 'sample', row: { correction: 'c-6', kind: 'rerated' } });
  expect(await instance.verify()).toMatchObject({ ok: true, difference: noDifference });
}, 420_000);

/** 4 GiB at 1, one host at 2. */
const peakMeters = `
  - { id: peak, metric: host.memory.used, unit: By, aggregation: max }
  - { id: hosts, metric: host.memory.used, unit: '1', aggregation: unique }`;
const peakPrices = `
  - { key: peak, service: Memory, component: Peak, meter: peak, per: GiB, unitPrice: 1, effectiveFrom: 2026-01-01 }
  - { key: hosts, service: Memory, component: Hosts, meter: hosts, per: '{host}', unitPrice: 2, effectiveFrom: 2026-01-01 }`;

async function newestOf(instance: Instance, meter: string, kind = 'usage'): Promise<RatedRow> {
  const { rows } = await instance.office.get<RatedRows>(`/rows?kind=${kind}&meter=${meter}&limit=1`);
  return rows[0]!;
}

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
