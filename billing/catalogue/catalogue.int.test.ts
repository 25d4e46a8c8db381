import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '#platform/postgres/index.ts';
import { startEngine, testEngines, type TestEngine } from '#platform/postgres/testDatabase.ts';
import type { Tables } from '../schema.ts';
import { smallOrganisation, testOffice } from '../testing/office.ts';
import { metersOf, pricesOf } from './catalogue.ts';

const migrations = new URL('../migrations/', import.meta.url);

/** Every term that a price can have, and what a meter of distinct values says. */
const organisation = smallOrganisation()
  .replace('slug: top, ', 'slug: top, since: 2026-01-31, ')
  .replace(
    'meters: [',
    "meters: [{ id: hosts, metric: host.cpu.time, unit: '1', aggregation: unique, distinct: mode, exact: { upTo: 200, beyond: approximate } }, " +
      '{ id: net, metric: host.network.io, unit: By, aggregation: percentile, slots: { lengthMs: 300000, discardPercent: 5, directions: { dimension: direction, in: [receive], out: [transmit], take: max, of: percentiles } } }, ' +
      '{ id: slow, metric: call.time, unit: us, aggregation: samplePercentile, samples: { discardPercent: 1, countMax: 500 } }, { id: seats, metric: seats, unit: "1", aggregation: recurring, recurs: { by: day } }, ',
  )
  .replace(
    'unitPrice: 1.50',
    'unitPrice: 1.50, discountPercent: 5, maximum: 90.00, prorate: { by: second, maximum: true }, onVersion: restart, quantity: { at: tally, mode: up, increment: 0.5 }, tallyScope: subtree, account: top, split: asArrived, period: { kind: anniversary, anchor: account, interval: quarter }',
  );

describe.each(testEngines)('on the %s engine', (kind) => {
  let engine: TestEngine<Tables>;
  beforeAll(async () => {
    engine = await startEngine<Tables>(kind);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
  });

  it('keeps every term, and finds no change in it when it is applied again', async () => {
    await using test = await testOffice(engine);
    await test.apply(organisation);
    expect(await metersOf(test.office.db, 'northwind')).toMatchObject([
      { id: 'cpu' },
      { id: 'hosts', distinct: 'mode', exact: { upTo: 200, beyond: 'approximate' } },
      {
        id: 'net',
        slots: {
          discardPercent: '5',
          directions: { dimension: 'direction', in: ['receive'], out: ['transmit'], take: 'max', of: 'percentiles' },
        },
      },
      { id: 'seats', recurs: { by: 'day' } },
      { id: 'slow', samples: { discardPercent: '1', countMax: 500 } },
    ]);
    expect(await pricesOf(test.office.db, 'northwind')).toMatchObject([
      {
        discountPercent: '5',
        maximum: '90',
        prorate: { by: 'second', maximum: true },
        onVersion: 'restart',
        tallyScope: 'subtree',
        split: 'asArrived',
        period: { kind: 'anniversary', anchor: 'account', interval: 'quarter' },
        quantity: { at: 'tally', mode: 'up', increment: '0.5' },
      },
    ]);
    expect(await test.apply(organisation)).toMatchObject({ added: 0, changed: 0 });
  });

  it('reads meters and prices of the version before, which had no such terms', async () => {
    const database = await engine.fresh();
    const old = mkdtempSync(join(tmpdir(), 'meterline-migrations-'));
    try {
      for (const name of ['0001_master_data.sql', '0002_outcomes.sql'])
        cpSync(new URL(name, migrations), join(old, name));
      await migrate(database.db, pathToFileURL(`${old}/`));
      await sql`INSERT INTO tenant (id, name, currency, time_zone, partition, created_ms) VALUES ('t', 'T', 'EUR', 'UTC', 0, 1)`.execute(
        database.db,
      );
      await sql`INSERT INTO meter VALUES ('t', 'cpu', 'host.cpu.time', 'us', 0, 'sum', '{}')`.execute(database.db);
      await sql`INSERT INTO price VALUES ('t', 1, 'cpu', 1, 'S', 'C', 'cpu', 'EUR', 0, 0, 'account',
        '{"name":"us","numerator":"1","denominator":"1"}', '0', '{"kind":"perUnit","unitPrice":"1"}', 'anna', 5)`.execute(
        database.db,
      );
      expect((await migrate(database.db, migrations))[0]).toBe('0003_price_models.sql');
      const meter = { id: 'cpu', metric: 'host.cpu.time', unit: 'us', scale: 0, aggregation: 'sum', filter: {} };
      expect(await metersOf(database.db, 't')).toEqual([meter]);
      const [price] = await pricesOf(database.db, 't');
      expect(price).toMatchObject({ key: 'cpu', model: { kind: 'perUnit', unitPrice: '1' } });
      expect(Object.keys(price!)).not.toContain('quantity');
    } finally {
      await database[Symbol.asyncDispose]();
      rmSync(old, { recursive: true });
    }
  });
});
