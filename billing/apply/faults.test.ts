import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MeterlineError } from '#core/errors.ts';
import { smallOrganisation } from '../testing/office.ts';
import { describeFault, Faults, type Fault } from './faults.ts';
import { planChanges } from './plan.ts';
import type { Present } from './present.ts';
import { readOrganisation } from './read.ts';

const nothing: Present = {
  tenant: undefined,
  lastAccount: 0,
  lastPrice: 0,
  users: [],
  accounts: [],
  ownership: [],
  producers: [],
  meters: [],
  pricingUnits: [],
  series: [],
  points: new Map(),
  prices: [],
  fees: [],
  agreements: [],
  targets: [],
  budgets: [],
  wallets: [],
};

function faultsOf(text: string): Fault[] {
  const faults = new Faults();
  const organisation = readOrganisation(text, faults);
  if (organisation !== undefined) planChanges(organisation, nothing, Date.UTC(2026, 10, 23), faults);
  return faults.sorted();
}

const said = (text: string): string[] =>
  faultsOf(text).map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`);

/**
 * One thing wrong in an organisation that is right otherwise: what is replaced and by what, where `»` marks the place that
 * must be told, and the faults expected.
 */
const table: [name: string, from: string, to: string, ...expected: string[]][] = [
  ['syntax', 'version: 1\n', 'version: [1\n»', 'FILE_SYNTAX '],
  ['an alias', 'name: Top', 'name: &n Top, timeZone: »*n', 'FILE_SYNTAX '],
  ['the same key twice', 'name: N,', 'name: N, »name: M,', 'DUPLICATE '],
  ['an unknown key', 'currency: EUR', 'currency: EUR, »colour: red', 'KEY_UNKNOWN tenant.colour'],
  ['an unknown section', 'version: 1', 'version: 1\n»budget: []', 'KEY_UNKNOWN budget'],
  ['a missing key', '{ id: northwind, name: N,', '»{ id: northwind,', 'KEY_MISSING tenant.name'],
  ['another version', 'version: 1', 'version: »2', 'VALUE_INVALID version'],
  ['an id out of shape', 'id: northwind', 'id: »North_Wind', 'VALUE_INVALID tenant.id'],
  ['an unknown currency', 'EUR', '»EURO', 'CURRENCY_UNKNOWN tenant.currency'],
  ['an unknown time zone', 'Europe/Berlin', '»Europe/Bärlin', 'TIME_ZONE_UNKNOWN tenant.timeZone'],
  [
    'a duplicate slug',
    '- { slug: suspense',
    '- { slug: »top, name: Again, type: client }\n  - { slug: suspense',
    'DUPLICATE accounts[1].slug',
  ],
  ['an unknown type', 'type: project', 'type: »team', 'VALUE_INVALID accounts[0].children[0].type'],
  ['an unknown parent', 'type: suspense', 'type: suspense, parent: »tpo', 'REFERENCE_UNKNOWN accounts[1].parent'],
  [
    'a circle',
    '- { slug: suspense',
    '- { slug: a, name: A, type: host, parent: »b }\n  - { slug: b, name: B, type: host, parent: a }\n  - { slug: suspense',
    'ACCOUNT_CYCLE accounts[1].parent',
  ],
  ['a parent within the tree', 'name: Web,', 'name: Web, parent: »top,', 'KEY_UNKNOWN accounts[0].children[0].parent'],
  [
    'two suspense accounts',
    'project }] }\n  - { slug: ',
    'suspense }] }\n  - { slug: »',
    'SUSPENSE_COUNT accounts[1].slug',
  ],
  ['an unknown owner', 'account: web }]', 'account: »wbe }]', 'REFERENCE_UNKNOWN ownership[0].account'],
  ['a pattern in the middle', 'web-1/*', '»web-*/x', 'VALUE_INVALID ownership[0].resource'],
  [
    'two owners at once',
    'account: web }]',
    'account: web }, { resource: »web-1/*, account: top }]',
    'OWNERSHIP_AMBIGUOUS ownership[1].resource',
  ],
  ['a date that is none', 'account: web }]', 'account: web, from: »2026-02-30 }]', 'VALUE_INVALID ownership[0].from'],
  [
    'an instant without offset',
    'account: web }]',
    'account: web, from: »2026-02-03T10:00 }]',
    'VALUE_INVALID ownership[0].from',
  ],
  ['a key that is none', 'type: agent', 'type: agent, keys: [»abc]', 'PRODUCER_KEY_INVALID producers[0].keys[0]'],
  ['a list that is none', 'mode: [user, system]', 'mode: [»{ a: b }]', 'VALUE_INVALID meters[0].filter.mode[0]'],
  ['an unknown meter', 'meter: cpu', 'meter: »gpu', 'REFERENCE_UNKNOWN prices[0].meter'],
  ['a unit of another kind', 'vCPU·h', '»GiB·h', 'UNIT_UNKNOWN prices[0].per'],
  ['a price with 13 decimals', '1.50', '»0.0000000000001', 'DECIMALS_TOO_MANY prices[0].unitPrice'],
  ['a price with an exponent', '1.50', '»1e3', 'DECIMAL_INVALID prices[0].unitPrice'],
  ['a price with a comma', '1.50', "»'1,50'", 'DECIMAL_INVALID prices[0].unitPrice'],
  ['a negative price', '1.50', '»-1.50', 'NEGATIVE prices[0].unitPrice'],
  ['a price beyond all bounds', '1.50', `»${'1'.repeat(16)}`, 'VALUE_INVALID prices[0].unitPrice'],
  [
    "another currency than the tenant's",
    'unitPrice',
    'currency: »USD, unitPrice',
    'CURRENCY_FOREIGN prices[0].currency',
  ],
  ['a first version that is not 1', 'key: cpu', 'version: 2, key: »cpu', 'VERSION_GAP prices[0].key'],
  ['an unknown price account', 'per: vCPU', 'account: »wbe, per: vCPU', 'REFERENCE_UNKNOWN prices[0].account'],
  ['unit price and tiers', '1.50', '»1.50, tiers: []', 'KEY_UNKNOWN prices[0].unitPrice'],
  ['no tiers', 'unitPrice: 1.50', 'tiers: »[]', 'TIERS_NOT_CLOSED prices[0].tiers'],
  [
    'tiers that do not rise',
    'unitPrice: 1.50',
    'tiers: [{ upTo: 5, unitPrice: 1 }, { upTo: »5, unitPrice: 2 }, { unitPrice: 3 }]',
    'TIERS_NOT_ASCENDING prices[0].tiers[1].upTo',
  ],
  [
    'tiers without an open end',
    'unitPrice: 1.50',
    'tiers: [{ upTo: »5, unitPrice: 1 }]',
    'TIERS_NOT_CLOSED prices[0].tiers[0].upTo',
  ],
  [
    'an open tier too early',
    'unitPrice: 1.50',
    'tiers: [{ upTo: »null, unitPrice: 1 }, { upTo: null, unitPrice: 1 }]',
    'TIERS_NOT_CLOSED prices[0].tiers[0].upTo',
  ],
  [
    'versions that take effect at once',
    'unitPrice: 1.50 }]',
    'unitPrice: 1 }, { version: 2, key: »cpu, service: Hosting, component: CPU, meter: cpu, per: vCPU·h, unitPrice: 2, effectiveFrom: 1970-01-01T00:00:00Z }]',
    'EFFECTIVE_NOT_LATER prices[1].key',
  ],
  [
    'two prices that hide one another',
    'unitPrice: 1.50 }]',
    'unitPrice: 1 }, { key: »cpu2, service: Hosting, component: CPU, meter: cpu, per: vCPU·h, unitPrice: 2 }]',
    'DUPLICATE prices[1].key',
  ],
  [
    'more components of a metric than a commit can hold',
    'unitPrice: 1.50 }]',
    `unitPrice: 1 }, ${Array.from({ length: 20 }, (_, i) => `{ key: ${i === 19 ? '»' : ''}c${i}, service: S, component: C${i}, meter: cpu, per: vCPU·h, unitPrice: 1 }`).join(', ')}]`,
    'COMPONENTS_TOO_MANY prices[20].key',
  ],
  ['an address that is none', "'https://example.org/hook'", "»'ftp://example.org'", 'VALUE_INVALID targets[0].url'],
  [
    'the metadata service',
    "'https://example.org/hook'",
    "»'https://169.254.169.254/x'",
    'VALUE_INVALID targets[0].url',
  ],
  [
    'plain http beyond this machine',
    "'https://example.org/hook'",
    "»'http://example.org/x'",
    'VALUE_INVALID targets[0].url',
  ],
  [
    'a password in an address',
    "'https://example.org/hook'",
    "»'https://me:secret@example.org'",
    'VALUE_INVALID targets[0].url',
  ],
  ['an unknown kind of target', '{ id: hook,', '{ id: hook, kind: »fax,', 'VALUE_INVALID targets[0].kind'],
  [
    'a limit that is out of bounds',
    '{ id: hook,',
    '{ id: hook, limits: { concurrency: »17 },',
    'VALUE_INVALID targets[0].limits.concurrency',
  ],
  [
    'mail by clear text, to nobody, with an address',
    "url: 'https://example.org/hook' }",
    "kind: mail, url: »'https://a.org', server: »'http://mail', from: »me, to: [»nobody] }",
    'KEY_UNKNOWN targets[0].url',
    'VALUE_INVALID targets[0].server',
    'VALUE_INVALID targets[0].from',
    'VALUE_INVALID targets[0].to[0]',
  ],
  ['a webhook with recipients', "hook' }", "hook', to: »[a@b.org] }", 'KEY_UNKNOWN targets[0].to'],
  [
    'an unknown budget account',
    'account: web, amount',
    'account: »wbe, amount',
    'REFERENCE_UNKNOWN budgets[0].account',
  ],
  ['an amount of three decimals', '10.00', '»10.001', 'DECIMALS_TOO_MANY budgets[0].amount'],
  [
    'thresholds that fall',
    'action: notify }',
    'action: notify }, { percent: »50, action: block }',
    'THRESHOLDS_NOT_ASCENDING budgets[0].thresholds[1].percent',
  ],
  ['an unknown action', 'action: notify', 'action: »explode', 'VALUE_INVALID budgets[0].thresholds[0].action'],
  ['an unknown target', '[hook]', '[hook, »hoop]', 'REFERENCE_UNKNOWN budgets[0].targets[1]'],
  ['an unknown role', 'role: viewer', 'role: »root', 'VALUE_INVALID users[1].role'],
];

/** `line:column` of each mark, and the text without them. */
function unmarked(text: string): { text: string; places: string[] } {
  const places: string[] = [];
  let clean = '';
  for (const part of text.split('»')) {
    if (clean !== '' || part === '')
      places.push(`${clean.split('\n').length}:${clean.length - clean.lastIndexOf('\n')}`);
    clean += part;
  }
  return { text: clean, places };
}

it('finds nothing wrong with what is right', () => {
  expect(said(smallOrganisation())).toEqual([]);
  expect(said(readFileSync(new URL('../../examples/northwind.yaml', import.meta.url), 'utf8'))).toEqual([]);
});

it.each(table)('tells %s, with its place', (_, from, to, ...expected) => {
  const { text, places } = unmarked(smallOrganisation().replace(from, to));
  expect(text).not.toBe(smallOrganisation());
  expect(said(text)).toEqual(expected.map((fault, index) => `${places[index]} ${fault}`));
});

it('tells a tenant without a suspense account', () => {
  const text = smallOrganisation().replace('type: suspense', 'type: client');
  expect(faultsOf(text).map(({ code, line }) => [code, line])).toEqual([['SUSPENSE_COUNT', 2]]);
});

it('reports everything at once, in the order of the file, and blames no name that is a fault itself', () => {
  const { text, places } = unmarked(
    smallOrganisation()
      .replace('EUR', '»XXX')
      .replace('type: project', 'type: »nothing')
      .replace('sum', '»mean')
      .replace('1.50', '»free')
      .replace('percent: 80', 'percent: »80.555'),
  );
  expect(said(text)).toEqual([
    `${places[0]} CURRENCY_UNKNOWN tenant.currency`,
    `${places[1]} VALUE_INVALID accounts[0].children[0].type`,
    `${places[2]} VALUE_INVALID meters[0].aggregation`,
    `${places[3]} DECIMAL_INVALID prices[0].unitPrice`,
    `${places[4]} DECIMALS_TOO_MANY budgets[0].thresholds[0].percent`,
  ]);
});

it('says what stands there, what would be right and how to get there', () => {
  const faults = new Faults();
  readOrganisation(smallOrganisation().replace('1.50', '0.0000000000001'), faults);
  const line =
    'org.yaml:10:92: prices[0].unitPrice ("0.0000000000001"): The number has too many decimals. ' +
    'Expected at most 12 decimals. Round it to the decimals allowed. [DECIMALS_TOO_MANY]';
  expect(describeFault('org.yaml', faults.sorted()[0]!)).toBe(line);
  let error: MeterlineError | undefined;
  try {
    faults.throwIfAny('org.yaml');
  } catch (cause) {
    error = cause as MeterlineError;
  }
  expect(error).toMatchObject({ code: 'APPLY_INVALID', status: 422, details: { faultCount: 1 } });
  expect(error!.message).toContain(line);
});

it('never breaks, whatever the file holds, and says a place inside it', () => {
  const lines = smallOrganisation().split('\n');
  const mutated = fc.tuple(
    fc.nat(lines.length - 1),
    fc.nat(200),
    fc.nat(12),
    fc.string({ maxLength: 12, unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(mutated, { minLength: 1, maxLength: 3 }), (edits) => {
      const copy = [...lines];
      for (const [line, column, cut, text] of edits) {
        const old = copy[line]!;
        copy[line] = old.slice(0, column) + text + old.slice(column + cut);
      }
      for (const fault of faultsOf(copy.join('\n'))) {
        expect(fault.line).toBeGreaterThanOrEqual(1);
        expect(fault.column).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 150 },
  );
});
