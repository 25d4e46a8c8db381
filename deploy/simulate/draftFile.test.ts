import { expect, test } from 'vitest';
import type { MeterlineError } from '#core/errors.ts';
import type { ControlChange } from '#core/messages/control.ts';
import { History } from '#core/simulate/history.ts';
import { testOrganisation } from '#platform/nats/testProducer.ts';
import { corePorts } from '#rater/ports.ts';
import { readDraft } from './draftFile.ts';

/** Two tenants on one partition, each with its accounts a1 to a3, meter `cpu` and a published price. */
const mastersOf = (...tenants: string[]) => {
  const history = new History(0, corePorts());
  tenants.forEach((tenant, i) => {
    const changes: ControlChange[] = testOrganisation(tenant, []);
    const message = { v: 1, tenant, seq: i + 1, auditId: '', trace: '', changes };
    history.take({ subject: `control.0.${tenant}`, seq: i + 1, timeMs: 1, data: Buffer.from(JSON.stringify(message)) });
  });
  return new Map(tenants.map((tenant) => [tenant, history.master(tenant)!]));
};

const price = (more: string) =>
  `  - { key: cpu, service: compute, component: cpu, meter: cpu, per: vCPU·h, unitPrice: "36", ${more} }\n`;

const codesOf = (text: string, ...tenants: string[]): string[] => {
  try {
    readDraft(text, 'draft.yaml', mastersOf(...tenants));
    return [];
  } catch (error) {
    const { details } = error as MeterlineError;
    return (details['faults'] as { code: string; line: number; column: number }[]).map(
      ({ code, line, column }) => `${code} ${line}:${column}`,
    );
  }
};

test('a list of prices alone is of the only tenant; dates are of its zone, terms as apply reads them', () => {
  const { tenant, prices } = readDraft(
    `prices:\n${price('version: 1')}${price('version: 2, effectiveFrom: 2026-12-01')}`,
    'draft.yaml',
    mastersOf('t'),
  );
  expect(tenant).toBe('t');
  expect(prices.map(({ id, version, effectiveFromMs }) => [id, version, effectiveFromMs])).toEqual([
    [2, 1, 0],
    [3, 2, Date.UTC(2026, 10, 30, 23)],
  ]);
});

test('what is published binds no draft: other figures, a date gone by, a later version alone', () => {
  const { prices } = readDraft(
    `prices:\n${price('version: 7, effectiveFrom: 2020-01-01T00:00:00Z').replace('36', '1')}`,
    'draft.yaml',
    mastersOf('t'),
  );
  expect(prices).toMatchObject([
    { key: 'cpu', version: 7, effectiveFromMs: Date.UTC(2020, 0, 1), model: { kind: 'perUnit', unitPrice: '1' } },
  ]);
  expect(codesOf(`prices:\n${price('version: 1')}${price('version: 3, effectiveFrom: 2026-12-01')}`, 't')).toEqual([
    'VERSION_GAP 3:12',
  ]);
});

test('among several tenants the file says which; one that is unknown or other than in the log is refused', () => {
  const of = (id: string, currency = 'EUR') =>
    `version: 1\ntenant: { id: ${id}, name: X, currency: ${currency}, timeZone: Europe/Berlin }\nprices:\n${price('version: 1')}`;
  expect(readDraft(of('u'), 'draft.yaml', mastersOf('t', 'u')).tenant).toBe('u');
  expect(codesOf(`prices:\n${price('version: 1')}`, 't', 'u')).toEqual(['KEY_MISSING 1:1']);
  expect(codesOf(of('w'), 't', 'u')).toEqual(['REFERENCE_UNKNOWN 2:9']);
  expect(codesOf(of('t', 'USD'), 't')).toEqual(['TENANT_FIXED 2:9']);
});

test('what is no draft is told: nothing, a list, no prices, other sections', () => {
  expect(codesOf('', 't')).toEqual(['FILE_SYNTAX 1:1']);
  expect(codesOf('- 1', 't')).toEqual(['VALUE_INVALID 1:1']);
  expect(codesOf('version: 1', 't')).toEqual(['KEY_MISSING 1:1']);
  expect(codesOf(`prices: []\nbudgets: []`, 't')).toEqual(['KEY_UNKNOWN 2:1']);
  expect(readDraft('prices: []', 'draft.yaml', mastersOf('t')).prices).toEqual([]);
});
