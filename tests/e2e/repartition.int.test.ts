import { expect, test, vi } from 'vitest';
import type { Accounts, RatedRow, RatedRows, Status, WhySample } from '#core/messages/api.ts';
import { fullAmount, fullUsage, Instance, noDifference, patience, type Usage } from './instance.ts';

/** Within the first tier and the allowance: what is left of both must go on elsewhere. */
const half: Usage = { userTicks: 300_000, systemTicks: 20_000, containerUs: 12_000_001 };

test('an instance that is partitioned anew, through kill -9 too, goes on where it stood and proves what it charges', async () => {
  await using instance = new Instance();
  await instance.start();
  instance.use(half);
  await vi.waitFor(async () => {
    const { rater, clickhouse } = await instance.totals();
    expect(rater).toBe('1.6');
    expect(clickhouse).toBe(rater);
  }, patience);
  expect(await instance.stop()).toBe(0);

  for (const killAt of ['partition 1 has retired', 'partition 6 inherits', 'placing tenants']) {
    expect(await instance.run(['repartition', '--partitions', '5'], killAt)).toBeUndefined();
    expect(await instance.run(['up', '--port', '0'])).toMatchObject({
      ok: false,
      error: { code: 'REPARTITION_REFUSED' },
    });
  }
  expect(await instance.run(['repartition', '--partitions', '3'])).toMatchObject({
    ok: false,
    error: { code: 'REPARTITION_REFUSED' },
  });
  expect(await instance.run(['repartition', '--partitions', '5'])).toMatchObject({
    ok: true, from: { firstPartition: 0, partitions: 4 }, to: { firstPartition: 4, partitions: 5 }, tenants: [{ tenant: 'small' }],
  }); // prettier-ignore
  expect(await instance.verify()).toMatchObject({ ok: true, difference: noDifference });

  await instance.start(half);
  instance.use(fullUsage);
  const both = { rater: fullAmount, clickhouse: fullAmount };
  await vi.waitFor(async () => expect(await instance.totals()).toEqual(both), patience);
  const { partitions } = await instance.office.get<Status>('/status');
  expect(partitions.map(({ retired }) => retired)).toEqual([...Array(4).fill(true), ...Array(5).fill(false)]);
  // A row of each generation, with its tally before it and after.
  const { accounts } = await instance.office.get<Accounts>('/accounts');
  const root = accounts.find(({ slug }) => slug === 'small')!.id;
  const priced: RatedRow[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: RatedRows = await instance.office.get(
      `/rows?account=${root}&limit=200${cursor && `&cursor=${cursor}`}`,
    );
    priced.push(...page.rows.filter(({ amount }) => amount !== '0'));
    cursor = page.cursor;
  }
  expect(new Set(priced.map(({ partition }) => partition)).size).toBe(2);
  for (const { id } of [priced[0]!, priced.at(-1)!]) {
    const why = await instance.office.get<WhySample>(`/why/${id}`);
    expect(why.checks.filter(({ ok }) => !ok)).toEqual([]);
  }
  const { checks } = await instance.verify();
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
}, 600_000);
