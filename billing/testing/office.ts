/** An office on a real, empty database, with a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, type Database } from '#platform/postgres/index.ts';
import type { TestEngine } from '#platform/postgres/testDatabase.ts';
import { applyDocument, type ApplyResult, type Secrets } from '../apply/index.ts';
import type { Author, Office } from '../change.ts';
import type { Tables } from '../schema.ts';

export interface TestOffice extends AsyncDisposable {
  readonly office: Office;
  readonly database: Database<Tables>;
  readonly secrets: Secrets;
  readonly dir: string;
  readonly clock: { nowMs: number };
  author(tenant: string): Author;
  apply(document: string, options?: { dryRun?: boolean; isAdmin?: boolean; tenant?: string }): Promise<ApplyResult>;
}

export async function testOffice(engine: TestEngine<Tables>): Promise<TestOffice> {
  const database = await engine.fresh();
  await migrate(database.db, new URL('../migrations/', import.meta.url));
  const dir = mkdtempSync(join(tmpdir(), 'meterline-office-'));
  const clock = { nowMs: Date.UTC(2026, 10, 23, 9) };
  const office: Office = {
    db: database.db,
    now: () => clock.nowMs,
    placement: { firstPartition: 0, partitions: 4 },
    wake: () => {},
  };
  const secrets: Secrets = { sealingKey: Buffer.alloc(32, 7), targetSecrets: join(dir, 'targets') };
  const author = (tenant: string): Author => ({ tenant, actor: 'tester', trace: '' });
  return {
    office,
    database,
    secrets,
    dir,
    clock,
    author,
    apply: (document, options = {}) =>
      applyDocument(office, author(options.tenant ?? 'northwind'), secrets, document, {
        file: 'org.yaml',
        dryRun: options.dryRun ?? false,
        reason: 'test',
        isAdmin: options.isAdmin ?? true,
      }),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true });
    },
  };
}

/** The smallest organisation that charges for something; `more` adds sections. */
export const smallOrganisation = (tenant = 'northwind', more = ''): string => `version: 1
tenant: { id: ${tenant}, name: N, currency: EUR, timeZone: Europe/Berlin }
users: [{ id: anna, name: Anna, role: admin }, { id: vera, name: Vera, role: viewer }]
accounts:
  - { slug: top, name: Top, type: organisation, children: [{ slug: web, name: Web, type: project }] }
  - { slug: suspense, name: Suspense, type: suspense }
ownership: [{ resource: web-1/*, account: web }]
producers: [{ id: web-1, type: agent }]
meters: [{ id: cpu, metric: host.cpu.time, unit: us, aggregation: sum, filter: { mode: [user, system] } }]
prices: [{ key: cpu, service: Hosting, component: CPU, meter: cpu, per: vCPU·h, unitPrice: 1.50 }]
targets: [{ id: hook, url: 'https://example.org/hook' }]
budgets: [{ id: web-month, account: web, amount: 10.00, thresholds: [{ percent: 80, action: notify }], targets: [hook] }]
${more}`;
