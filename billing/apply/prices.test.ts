/** Prices as YAML says them: what becomes of each model, and what is told of each mistake. */
import { expect, it } from 'vitest';
import type { PriceRecord } from '#core/messages/control.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import { smallOrganisation } from '../testing/office.ts';
import { Faults } from './faults.ts';
import { planChanges } from './plan.ts';
import type { Present } from './present.ts';
import { readOrganisation } from './read.ts';

const nothing: Present = {
  tenant: undefined, lastAccount: 0, lastPrice: 0, users: [], accounts: [], ownership: [], producers: [], meters: [], pricingUnits: [], series: [],
  points: new Map(), prices: [], fees: [], agreements: [],
  targets: [], budgets: [], wallets: [],
}; // prettier-ignore

/** The organisation with one price, whose terms are given, of a meter of the aggregation. */
const withPrice = (terms: string, aggregation = 'sum'): string =>
  smallOrganisation()
    .replace('aggregation: sum', `aggregation: ${aggregation}`)
    .replace(
      'prices: [{ key: cpu, service: Hosting, component: CPU, meter: cpu, per: vCPU·h, unitPrice: 1.50 }]',
      `prices:\n  - key: cpu\n    service: Hosting\n    component: CPU\n    meter: cpu\n    per: ${aggregation === 'unique' || aggregation === 'count' ? "'1'" : 'vCPU·s'}\n${terms.replaceAll(/^/gm, '    ')}`,
    );

function planned(text: string, present = nothing) {
  const faults = new Faults();
  const organisation = readOrganisation(text, faults);
  const plan = organisation && planChanges(organisation, present, Date.UTC(2026, 10, 23), faults);
  return { faults: faults.sorted(), prices: plan?.prices ?? [], accounts: plan?.accounts ?? [] };
}

const said = (text: string): string[] =>
  planned(text).faults.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`);

type Terms = Partial<PriceRecord>;
const good: [name: string, yaml: string, terms: Terms][] = [
  ['perUnit', 'unitPrice: 1.50', { model: { kind: 'perUnit', unitPrice: '1.5' } }],
  ['perUnit in full', 'model: { kind: perUnit, unitPrice: 0.10 }', { model: { kind: 'perUnit', unitPrice: '0.1' } }],
  ['flat', 'model: { kind: flat, amount: 9.99 }', { model: { kind: 'flat', amount: '9.99' } }],
  [
    'graduated, short',
    'tiers: [{ upTo: 10, unitPrice: 2 }, { unitPrice: 1, flat: 5 }]',
    {
      model: {
        kind: 'graduated',
        tiers: [
          { upTo: '10', unitPrice: '2', flat: '0' },
          { upTo: null, unitPrice: '1', flat: '5' },
        ],
      },
    },
  ],
  [
    'volume',
    'model:\n  kind: volume\n  tiers:\n    - { upTo: 100, unitPrice: 0.1, flat: 0 }\n    - { upTo: null, unitPrice: 0.05, flat: 2 }',
    {
      model: {
        kind: 'volume',
        tiers: [
          { upTo: '100', unitPrice: '0.1', flat: '0' },
          { upTo: null, unitPrice: '0.05', flat: '2' },
        ],
      },
    },
  ],
  [
    'an allowance that goes on',
    'allowance: 10\nrollover: { periods: 2, maximum: 5.0 }\nunitPrice: 1',
    { allowance: '10', rollover: { periods: 2, maximum: '5' }, model: { kind: 'perUnit', unitPrice: '1' } },
  ],
  [
    'figures for a part of a period',
    'allowance: 10\nmaximum: 50\nprorate: { by: day, allowance: true, flats: false, maximum: true }\nunitPrice: 1',
    {
      allowance: '10',
      maximum: '50',
      prorate: { by: 'day', allowance: true, maximum: true },
      model: { kind: 'perUnit', unitPrice: '1' },
    },
  ],
  [
    'package with an allowance',
    'allowance: 1.0\nmodel: { kind: package, size: 10, price: 3.00, partial: down }',
    { allowance: '1', model: { kind: 'package', size: '10', price: '3', partial: 'down' } },
  ],
  [
    'packageTiers',
    'model: { kind: packageTiers, reach: all, tiers: [{ size: 5, count: 2, price: 4 }, { size: 2, count: null, price: 1 }] }',
    {
      model: {
        kind: 'packageTiers',
        reach: 'all',
        tiers: [
          { size: '5', count: '2', price: '4' },
          { size: '2', count: null, price: '1' },
        ],
      },
    },
  ],
  [
    'stairstep',
    'model: { kind: stairstep, tiers: [{ upTo: 10, amount: 5 }, { upTo: ~, amount: 8 }] }',
    {
      model: {
        kind: 'stairstep',
        tiers: [
          { upTo: '10', amount: '5' },
          { upTo: null, amount: '8' },
        ],
      },
    },
  ],
  [
    'percentage',
    'model: { kind: percentage, percent: 2.9, perEvent: 0.30, freeEvents: 3, freeValue: 15, free: whicheverFirst, minimum: 0.5, maximum: 12 }',
    {
      model: {
        kind: 'percentage', percent: '2.9', perEvent: '0.3', freeEvents: '3', freeValue: '15', free: 'whicheverFirst', minimum: '0.5',
        maximum: '12',
      },
    },
  ], // prettier-ignore
  [
    'percentage, as little as may be said',
    'model: { kind: percentage, percent: 1 }',
    { model: { kind: 'percentage', percent: '1', perEvent: '0', free: 'totals' } },
  ],
  [
    'graduatedPercentage',
    'model: { kind: graduatedPercentage, tiers: [{ upTo: null, percent: 2 }] }',
    { model: { kind: 'graduatedPercentage', tiers: [{ upTo: null, percent: '2', flat: '0' }] } },
  ],
  ['dynamic', 'model: { kind: dynamic, multiplier: 1.10 }', { model: { kind: 'dynamic', multiplier: '1.1' } }],
  [
    'perEvent, rounded first',
    'quantity: { at: event, mode: up, increment: 1, first: 60 }\nmodel: { kind: perEvent, unitPrice: 0.001, fee: 0.05 }',
    {
      quantity: { at: 'event', mode: 'up', increment: '1', first: '60' },
      model: { kind: 'perEvent', unitPrice: '0.001', fee: '0.05' },
    },
  ],
  [
    'matrix',
    'model: { kind: matrix, rules: [{ name: eu, match: { region: eu, a.b: x }, model: { kind: flat, amount: 1 } }] }',
    {
      model: {
        kind: 'matrix',
        rules: [{ name: 'eu', match: { region: 'eu', 'a.b': 'x' }, model: { kind: 'flat', amount: '1' } }],
        otherwise: null,
      },
    },
  ],
  [
    'grouped',
    'model: { kind: grouped, by: [mode], groupsMax: 16, model: { kind: perUnit, unitPrice: 1 } }',
    { model: { kind: 'grouped', by: ['mode'], groupsMax: 16, model: { kind: 'perUnit', unitPrice: '1' } } },
  ],
  [
    'schedule',
    "model:\n  kind: schedule\n  bands: [{ name: office, days: [mon, tue], from: '08:00', to: '18:00', model: { kind: perUnit, unitPrice: 2 } }]\n  otherwise: { kind: perUnit, unitPrice: 1 }",
    {
      model: {
        kind: 'schedule',
        bands: [
          {
            name: 'office', days: ['mon', 'tue'], from: '08:00', to: '18:00', model: { kind: 'perUnit', unitPrice: '2' },
          },
        ],
        otherwise: { kind: 'perUnit', unitPrice: '1' },
      },
    },
  ], // prettier-ignore
  [
    'discount, maximum and restart',
    'unitPrice: 2\ndiscountPercent: 12.50\nmaximum: 100.00\nonVersion: restart\nquantity: { at: tally, mode: halfEven, increment: 10, threshold: 5 }',
    {
      discountPercent: '12.5',
      maximum: '100',
      onVersion: 'restart',
      quantity: { at: 'tally', mode: 'halfEven', increment: '10', threshold: '5' },
    },
  ],
];

it.each(good)('reads %s', (_, yaml, terms) => {
  const { faults, prices } = planned(withPrice(yaml));
  expect(faults).toEqual([]);
  expect(prices[0]!.after).toMatchObject(terms);
  expect(() => compilePrice(prices[0]!.after, { scale: 0 })).not.toThrow();
  // Published, and read again: no change.
  const published = { ...nothing, lastPrice: 1, prices: prices.map(({ after }) => after) };
  expect(planned(withPrice(yaml), published)).toMatchObject({ faults: [], prices: [{ status: 'unchanged' }] });
});

it('says nothing of what means nothing', () => {
  const { prices } = planned(withPrice('unitPrice: 1\ndiscountPercent: 0.00\nonVersion: carry'));
  expect(Object.keys(prices[0]!.after)).not.toContain('discountPercent');
  expect(Object.keys(prices[0]!.after)).not.toContain('onVersion');
});

const kinds = ['count', 'max', 'latest', 'unique'] as const;
it.each(kinds)('takes a meter of aggregation %s', (aggregation) => {
  const text = withPrice('unitPrice: 1', aggregation).replace(
    'unit: us',
    aggregation === 'count' || aggregation === 'unique' ? "unit: '1'" : 'unit: us',
  );
  expect(said(text)).toEqual([]);
});

const bad: [name: string, yaml: string, ...expected: string[]][] = [
  ['no model', '', 'KEY_MISSING prices[0].unitPrice'],
  ['an unknown model', 'model: { kind: »magic }', 'MODEL_UNKNOWN prices[0].model.kind'],
  ['a model without kind', 'model: »{ unitPrice: 1 }', 'KEY_MISSING prices[0].model.kind'],
  ['a model that is a text', 'model: »perUnit', 'VALUE_INVALID prices[0].model'],
  ['a calendar without its fields', 'unitPrice: 1\nperiod: »{ kind: anniversary, interval: year }', 'KEY_MISSING prices[0].period.anchor'],
  ['two models', 'unitPrice: »1\nmodel: { kind: perUnit, unitPrice: 1 }', 'KEY_UNKNOWN prices[0].unitPrice'],
  ['a misspelt figure', 'model: »{ kind: perUnit, »unitprice: 1 }', 'KEY_MISSING prices[0].model.unitPrice', 'KEY_UNKNOWN prices[0].model.unitprice'],
  ['a figure deep down', 'model: { kind: graduated, tiers: [{ upTo: 1, unitPrice: »x }, { unitPrice: »-1 }] }', 'DECIMAL_INVALID prices[0].model.tiers[0].unitPrice', 'NEGATIVE prices[0].model.tiers[1].unitPrice'],
  ['tiers that fall', 'model: { kind: volume, tiers: [{ upTo: 5, unitPrice: 1 }, { upTo: »4, unitPrice: 1 }, { unitPrice: 1 }] }', 'TIERS_NOT_ASCENDING prices[0].model.tiers[1].upTo'],
  ['packages of nothing', 'model: { kind: package, size: »0, price: 1, partial: »sideways }', 'VALUE_INVALID prices[0].model.size', 'VALUE_INVALID prices[0].model.partial'],
  ['a last tier of packages that ends', 'model: { kind: packageTiers, reach: all, tiers: [{ size: 1, count: »2, price: 1 }] }', 'TIERS_NOT_CLOSED prices[0].model.tiers[0].count'],
  ['a percentage beyond all', 'model: { kind: percentage, percent: »100.1 }', 'VALUE_INVALID prices[0].model.percent'],
  ['bounds that cross', 'model: { kind: perEvent, fee: 1, minimum: 3, maximum: »2 }', 'BOUNDS_CROSSED prices[0].model.maximum'],
  ['a rollover for ever', 'allowance: 1\nrollover: { periods: »99, maximum: 1 }\nunitPrice: 1', 'VALUE_INVALID prices[0].rollover.periods'],
  ['a part of no figure', 'unitPrice: 1\nprorate: { by: »hour, allowance: »true, maximum: »maybe }', 'VALUE_INVALID prices[0].prorate.by', 'PRORATION_MEANINGLESS prices[0].prorate.allowance', 'VALUE_INVALID prices[0].prorate.maximum'],
  ['an allowance of events', 'allowance: »1\nmodel: { kind: perEvent, fee: 1 }', 'ALLOWANCE_MEANINGLESS prices[0].allowance'],
  ['a rule without at', 'unitPrice: 1\nquantity: »{ mode: up, increment: 60 }', 'KEY_MISSING prices[0].quantity.at'],
  ['a discount of too much', 'unitPrice: 1\ndiscountPercent: »101', 'VALUE_INVALID prices[0].discountPercent'],
  ['a maximum that is none', 'unitPrice: 1\nmaximum: »lots', 'DECIMAL_INVALID prices[0].maximum'],
  ['an unknown onVersion', 'unitPrice: 1\nonVersion: »keep', 'VALUE_INVALID prices[0].onVersion'],
  ['two rules for one sample', 'model: { kind: matrix, rules: [{ name: a, match: { x: y }, model: { kind: flat, amount: 1 } }, { name: b, match: »{ z: w }, model: { kind: flat, amount: »q } }] }', 'RULES_AMBIGUOUS prices[0].model.rules[1].match', 'DECIMAL_INVALID prices[0].model.rules[1].model.amount'],
  ['two rules of one name', 'model: { kind: matrix, rules: [{ name: a, match: { x: y }, model: { kind: flat, amount: 1 } }, { name: »a, match: { x: w }, model: { kind: flat, amount: 1 } }] }', 'DUPLICATE prices[0].model.rules[1].name'],
  ['cells within cells', 'model: { kind: matrix, rules: [{ name: a, match: { x: y }, model: { kind: »matrix } }] }', 'MODEL_UNKNOWN prices[0].model.rules[0].model.kind'],
  ['groups without end', 'model: { kind: grouped, by: [x], groupsMax: »many, model: { kind: flat, amount: 1 } }', 'VALUE_INVALID prices[0].model.groupsMax'],
  ['groups by nothing', 'model: { kind: grouped, by: »[], groupsMax: 1, model: { kind: flat, amount: 1 } }', 'VALUE_INVALID prices[0].model.by'],
  ['a week with holes', "model: { kind: schedule, bands: »[{ name: a, days: [mon], from: '08:00', to: '18:00', model: { kind: flat, amount: 1 } }] }", 'BANDS_GAP prices[0].model.bands'],
  ['a day that is none', "model: { kind: schedule, bands: [{ name: a, days: »[mo], from: '08:00', to: '18:00', model: { kind: flat, amount: 1 } }], otherwise: { kind: flat, amount: 1 } }", 'BAND_INVALID prices[0].model.bands[0].days'],
  ['a name with a line end', 'model: { kind: matrix, rules: [{ name: »"a\\nb", match: { x: y }, model: { kind: flat, amount: 1 } }] }', 'VALUE_INVALID prices[0].model.rules[0].name'],
]; // prettier-ignore

function unmarked(text: string): { text: string; places: string[] } {
  const parts = text.split('»');
  const places = parts.slice(1).map((_, index) => {
    const before = parts.slice(0, index + 1).join('');
    return `${before.split('\n').length}:${before.length - before.lastIndexOf('\n')}`;
  });
  return { text: parts.join(''), places };
}

it.each(bad)('tells %s, with its place', (_, yaml, ...expected) => {
  const { text, places } = unmarked(withPrice(yaml));
  const found = said(text);
  if (places.length === 0) expect(found.map((fault) => fault.replace(/^\S+ /, ''))).toEqual(expected);
  else expect(found).toEqual(expected.map((fault, index) => `${places[index]} ${fault}`));
});

it('tells an event-wise price on a meter of the latest value, in the file and published before', () => {
  const text = withPrice('model: { kind: perEvent, fee: 1 }', 'latest');
  expect(planned(text).faults.map(({ code, path }) => `${code} ${path}`)).toEqual(['EVENTS_OF_LATEST prices[0].meter']);
  const organisation = readOrganisation(withPrice('unitPrice: 1', 'latest'), new Faults())!;
  const meters = organisation.meters.map(({ at: _, ...meter }) => meter);
  const faults = new Faults();
  const alone = readOrganisation(text.replace(/^meters: .*\n/m, ''), faults)!;
  planChanges(alone, { ...nothing, meters }, 0, faults);
  expect(faults.sorted().map(({ code }) => code)).toEqual(['EVENTS_OF_LATEST']);
});

it('tells all faults of all prices together', () => {
  const second = `  - { key: more, service: S, component: C, meter: gone, per: x, model: { kind: flat, amount: »1.0000000000001 }, maximum: »-1 }\ntargets:`;
  const { text, places } = unmarked(withPrice('unitPrice: »a\n').replace('\ntargets:', `\n${second}`));
  expect(said(text).slice(0, 3)).toEqual([
    `${places[0]} DECIMAL_INVALID prices[0].unitPrice`,
    `${places[1]} DECIMALS_TOO_MANY prices[1].model.amount`,
    `${places[2]} NEGATIVE prices[1].maximum`,
  ]);
});

const slots = (directions: string): string =>
  `slots: { lengthMs: 300000, discardPercent: 5, directions: { dimension: way, ${directions} } }`;

it.each([
  ["unit: us, aggregation: sum", "unit: us, aggregation: count", 'VALUE_INVALID meters[0].unit'],
  ["aggregation: sum", "aggregation: sum, distinct: mode", 'KEY_UNKNOWN meters[0].distinct'],
  ["aggregation: sum", "aggregation: max, exact: { beyond: refuse }, slots: {}, samples: {}", 'KEY_UNKNOWN meters[0].exact'],
  ["unit: us, aggregation: sum", "unit: '1', aggregation: unique, exact: { upTo: 50 }", 'VALUE_INVALID meters[0].exact.upTo'],
  ["unit: us, aggregation: sum", "unit: '1', aggregation: unique, exact: { upTo: 500 }", 'KEY_MISSING meters[0].exact.beyond'],
  ["aggregation: sum", "aggregation: samplePercentile", 'KEY_MISSING meters[0].samples'],
  ["aggregation: sum", "aggregation: samplePercentile, samples: { discardPercent: 100, countMax: 10001 }", 'VALUE_INVALID meters[0].samples.discardPercent'],
  ["aggregation: sum", "aggregation: samplePercentile, samples: { discardPercent: 5, countMax: 10001 }", 'VALUE_INVALID meters[0].samples.countMax'],
  ["aggregation: sum", "aggregation: recurring", 'KEY_MISSING meters[0].recurs'],
  ["aggregation: sum", "aggregation: recurring, recurs: { by: month }", 'VALUE_INVALID meters[0].recurs.by'],
  ["aggregation: sum", `aggregation: percentile, ${slots('in: [a], out: [b, a], take: max, of: percentiles')}`, 'VALUE_INVALID meters[0].slots.directions.out[1]'],
  ["aggregation: sum", `aggregation: percentile, ${slots('in: [a], take: max, of: percentiles')}`, 'KEY_MISSING meters[0].slots.directions.out'],
  ["aggregation: sum", `aggregation: percentile, ${slots('in: [], out: [b], take: max, of: slots')}`, 'VALUE_INVALID meters[0].slots.directions.in'],
  ["aggregation: sum", `aggregation: percentile, ${slots('in: [a], out: [b], take: each, of: slots')}`, 'VALUE_INVALID meters[0].slots.directions.take'],
])('tells a meter that counts wrongly: %s as %s', (from, to, expected) => {
  expect(said(smallOrganisation().replace(from, to)).join()).toContain(expected);
}); // prettier-ignore

it('takes the shapes of percentiles and counts, and keeps what they say', () => {
  const of = (terms: string) =>
    readOrganisation(smallOrganisation().replace('unit: us, aggregation: sum', terms), new Faults())!.meters[0];
  const directions = 'in: [receive, other], out: [transmit], take: max, of: percentiles';
  expect(of(`unit: us, aggregation: percentile, ${slots(directions)}`)).toMatchObject({
    slots: { lengthMs: 300_000, discardPercent: '5', directions: { dimension: 'way', in: ['other', 'receive'], out: ['transmit'], take: 'max', of: 'percentiles' } },
  }); // prettier-ignore
  expect(of('unit: us, aggregation: samplePercentile, samples: { discardPercent: 5.0 }')).toMatchObject({ samples: { discardPercent: '5', countMax: 10_000 } }); // prettier-ignore
  expect(of("unit: '1', aggregation: unique, exact: { beyond: approximate }")).toMatchObject({ distinct: '', exact: { upTo: 10_000, beyond: 'approximate' } }); // prettier-ignore
});

it('refuses any change of what was published, also in the new terms', () => {
  const before = planned(withPrice('unitPrice: 1\nmaximum: 5')).prices.map(({ after }) => after);
  const published = { ...nothing, lastPrice: 1, prices: before };
  for (const changed of ['unitPrice: 1', 'unitPrice: 1\nmaximum: 6', 'unitPrice: 1\nmaximum: 5\nonVersion: restart'])
    expect(planned(withPrice(changed), published).faults.map(({ code }) => code)).toEqual(['PRICE_FIXED']);
  expect(planned(withPrice('unitPrice: 1.0\nmaximum: 5.00'), published).faults).toEqual([]);
});

/** The organisation with a start of its root, or without. */
const started = (terms: string, since = 'since: 2026-01-31, '): string =>
  withPrice(terms).replace('slug: top, ', `slug: top, ${since}`);

it.each([
  ['an interval by itself', 'period: quarter', { kind: 'calendar', interval: 'quarter' }],
  ['weeks', 'period: { kind: calendar, interval: week, weekStart: 7 }', { kind: 'calendar', interval: 'week', weekStart: 7 }],
  ['anniversaries', 'period: { kind: anniversary, anchor: 2026-01-31, interval: month, every: 3 }', { kind: 'anniversary', anchor: '2026-01-31', interval: 'month', every: 3 }],
  ['one’s own anniversaries', 'period: { kind: anniversary, anchor: account, interval: month }', { kind: 'anniversary', anchor: 'account', interval: 'month' }],
  ['a fiscal year', 'period: { kind: fiscal, pattern: 4-4-5, endMonth: 1, endWeekday: 6, rule: nearest }', { kind: 'fiscal', pattern: '4-4-5', endMonth: 1, endWeekday: 6, rule: 'nearest' }],
  ['dates', 'period: { kind: list, dates: [2026-01-01, 2026-03-15] }', { kind: 'list', dates: ['2026-01-01', '2026-03-15'] }],
  ['months, which go without saying', 'period: month', undefined],
])('reads what cuts the tallies: %s', (_, yaml, period) => {
  const { prices, faults } = planned(started(`unitPrice: 1\n${yaml}`));
  expect(faults).toEqual([]);
  expect(prices[0]!.after.period).toEqual(period);
}); // prettier-ignore

it('reads a pool, and tells what is no calendar, no pool and no split', () => {
  const pool = planned(withPrice('unitPrice: 1\ntallyScope: subtree\naccount: top\nsplit: asArrived'));
  expect(pool.faults).toEqual([]);
  expect(pool.prices[0]!.after).toMatchObject({ tallyScope: 'subtree', account: 1, split: 'asArrived' });
  const told = (terms: string) => planned(withPrice(`unitPrice: 1\n${terms}`)).faults.map(({ code, path }) => `${code} ${path}`);
  expect(told('tallyScope: subtree')).toEqual(['KEY_MISSING prices[0].account']);
  expect(told('split: proRata')).toEqual(['VALUE_INVALID prices[0].split']);
  expect(told('period: fortnight')).toEqual(['VALUE_INVALID prices[0].period.interval']);
  expect(told('period: { kind: list, dates: [2026-02-01, 2026-01-01] }')).toEqual(['VALUE_INVALID prices[0].period']);
  expect(told('period: { kind: calendar, interval: week, from: 1 }')).toEqual(['KEY_UNKNOWN prices[0].period.from']);
}); // prettier-ignore

it('wants a start of each account that a price counts from, once, and keeps it', () => {
  const own = 'unitPrice: 1\nperiod: { kind: anniversary, anchor: account, interval: month }';
  const told = (text: string, present = nothing) => planned(text, present).faults.map(({ code, path }) => `${code} ${path}`);
  expect(told(started(own))).toEqual([]);
  expect(told(withPrice(own))).toEqual(['START_MISSING accounts[0].slug']);
  expect(told(started(own, 'since: 2026-02-30, '))).toContain('VALUE_INVALID accounts[0].since');
  const published = (text: string) => {
    const { accounts, prices } = planned(text);
    return { ...nothing, lastAccount: accounts.length, lastPrice: 1, accounts: accounts.map(({ after }) => after), prices: prices.map(({ after }) => after) };
  };
  const present = published(started(own));
  const parted = 'unitPrice: 1\nallowance: 5\nprorate: { by: day, allowance: true }';
  expect(told(started(parted), published(withPrice(parted)))).toEqual(['ACCOUNT_FIXED accounts[0].slug']);
  expect(present.accounts[0]).toMatchObject({ slug: 'top', startsOn: '2026-01-31' });
  expect(told(started(own, ''), present)).toEqual([]);
  expect(told(started(own, 'since: 2026-02-01, '), present)).toEqual(['ACCOUNT_FIXED accounts[0].slug']);
}); // prettier-ignore
