import { expect, test } from 'vitest';
import { Faults } from './faults.ts';
import { readOrganisation } from './read.ts';

const before = `version: 1
tenant: { id: acme, name: Acme, currency: EUR, timeZone: Europe/Berlin }
accounts: [{ slug: web, name: Web, type: organisation, tags: { env: prod } }, { slug: s, name: S, type: suspense, parent: web }]
budgets:
`;

function read(budget: string) {
  const faults = new Faults();
  const organisation = readOrganisation(before + budget, faults);
  return { faults, budgets: organisation?.budgets ?? [], accounts: organisation?.accounts ?? [] };
}

test('everything that a budget may say is read as the record has it', () => {
  const { faults, budgets, accounts } = read(`  - id: gpu
    account: web
    amount: 1200
    period: { kind: fiscal, pattern: 4-4-5, endMonth: 12, endWeekday: 7, rule: last }
    scope: { services: [gpu], resources: [rack1/*], tags: { env: [prod] } }
    carryOver: { maximum: 100.50 }
    fx: [{ currency: USD, rate: 0.92, date: 2026-10-01 }]
    releaseAt: 90
    forecast: true
    thresholds:
      - { percent: 80, action: notify, severity: warning }
      - { absolute: 1000, action: throttle }
      - { forecast: 110, action: notify }
      - { rate: { amount: 50, hours: 24 }, action: block }
  - { id: reads, account: web, meter: cpu, amount: 1000000, period: { kind: rolling, hours: 24 }, thresholds: [{ percent: 100, action: block }] }
  - { id: old, account: web, amount: 10.00, period: month, thresholds: [{ percent: 50, action: notify }] }
`); // prettier-ignore
  expect(faults.sorted()).toEqual([]);
  expect(budgets[0]!.terms).toEqual({
    period: { kind: 'fiscal', pattern: '4-4-5', endMonth: 12, endWeekday: 7, rule: 'last' },
    scope: { services: ['gpu'], resources: ['rack1/*'], tags: { env: ['prod'] } },
    carryOver: { maximum: '100.5' },
    fx: [{ currency: 'USD', rate: '0.92', date: '2026-10-01' }],
    releaseAt: '90',
    forecast: true,
    thresholds: [
      { percent: '80', action: 'notify', severity: 'warning' },
      { absolute: '1000', action: 'throttle' },
      { forecast: '110', action: 'notify' },
      { rate: { amount: '50', hours: 24 }, action: 'block' },
    ],
  });
  expect(budgets[1]).toMatchObject({ meter: { name: 'cpu' }, terms: { period: { kind: 'rolling', hours: 24 } } });
  expect(budgets[2]!.terms).toEqual({ period: 'month', thresholds: [{ percent: '50', action: 'notify' }] });
  expect(accounts[0]!.tags).toEqual({ env: 'prod' });
});

test('what a scope names is taken letter by letter, also where it looks like a figure, an instant or a word of YAML', () => {
  const { faults, budgets } = read(
    `  - { id: b, account: web, amount: 1, thresholds: [{ percent: 1, action: notify }], scope: { services: [true, 1.0], tags: { at: [2026-11-23], value: [0.50, "null"], order: [1] } } }\n`,
  );
  expect(faults.sorted()).toEqual([]);
  expect(budgets[0]!.terms.scope).toEqual({
    services: ['true', '1.0'],
    tags: { at: ['2026-11-23'], value: ['0.50', 'null'], order: ['1'] },
  });
});

test('a text that no store takes is told where it stands', () => {
  for (const odd of [String.raw`"a\0b"`, String.raw`"\ud800"`]) {
    const { faults } = read(
      `  - { id: b, account: web, amount: 1, thresholds: [{ percent: 1, action: notify }], scope: { services: [${odd}] } }\n`,
    );
    expect(faults.sorted()).toMatchObject([{ code: 'FILE_SYNTAX', line: 5, expected: 'text without U+0000 and halves of surrogate pairs' }]); // prettier-ignore
  }
});

test.each([
  ['period: fortnight', 'VALUE_INVALID budgets[0].period'],
  ['period: { kind: rolling, hours: 0 }', 'VALUE_INVALID budgets[0].period.hours'],
  ['period: { kind: rolling, hours: 3 }, carryOver: {}', 'VALUE_INVALID budgets[0].carryOver'],
  ['scope: { service: [s] }', 'KEY_UNKNOWN budgets[0].scope.service'],
  ['scope: { tags: { env: [] } }', 'VALUE_INVALID budgets[0].scope.tags.env'],
  ["scope: { tags: { env: [''] } }", 'VALUE_INVALID budgets[0].scope.tags.env[0]'],
  [`scope: { tags: { env: [${'x'.repeat(201)}] } }`, 'VALUE_INVALID budgets[0].scope.tags.env[0]'],
  [`scope: { tags: { ${'x'.repeat(201)}: [prod] } }`, 'VALUE_INVALID budgets[0].scope.tags.xxx'],
  ['releaseAt: 120', 'VALUE_INVALID budgets[0].releaseAt'],
  ['fx: [{ currency: EUR, rate: 1, date: 2026-01-01 }]', 'VALUE_INVALID budgets[0].fx[0].currency'],
  ['meter: cpu, currency: EUR', 'KEY_UNKNOWN budgets[0].currency'],
])('what is wrong is told at its place: %s', (text, told) => {
  const { faults } = read(
    `  - { id: b, account: web, amount: 1, ${text}, thresholds: [{ percent: 1, action: notify }] }\n`,
  );
  expect(faults.sorted().map(({ code, path }) => `${code} ${path}`).join()).toContain(told); // prettier-ignore
});
