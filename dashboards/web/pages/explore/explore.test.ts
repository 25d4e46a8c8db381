import { expect, test } from 'vitest';
import type { Explore } from '#core/messages/api.ts';
import type { AccountRecord, PriceRecord } from '#core/messages/control.ts';
import { sumAmounts } from '../../format/money.ts';
import { levelGroups } from './levelGroups.ts';
import { keyName } from './names.ts';
import { downTo, narrowed, scopeOf } from './scope.ts';
import { parseExploreSearch, type ExploreSearch } from './search.ts';
import { stacked } from './stacked.ts';

const account = (id: number, parent: number, slug: string): AccountRecord => ({
  id,
  parent,
  slug,
  name: slug,
  type: 'project',
  timeZone: 'UTC',
});
const accounts = [
  account(1, 0, 'northwind'),
  account(2, 1, 'retail'),
  account(3, 2, 'checkout'),
  account(4, 2, 'search'),
  account(5, 1, 'data'),
];

const answer = (groups: [string[], string][], other = '0'): Explore => ({
  asOf: { outSeq: 1, logTimeMs: 1 },
  currency: 'EUR',
  by: [],
  groups: groups.map(([key, amount]) => ({ key, amount, quantity: '1', unit: 'us', samples: 1 })),
  other: { groups: other === '0' ? 0 : 1, amount: other, samples: 0 },
  total: { amount: sumAmounts([...groups.map(([, amount]) => amount), other]), samples: groups.length },
});

test('charges of accounts add up to the children of the one looked at, and its own stay apart', () => {
  const owned = answer([
    [['3'], '0.1'],
    [['4'], '0.2'],
    [['2'], '0.000000000001'],
    [['5'], '7'],
  ]);
  expect(levelGroups(owned, 'account', accounts, undefined).map((group) => [group.key, group.amount])).toEqual([
    ['5', '7'],
    ['2', '0.300000000001'],
  ]);
  const below = answer([
    [['3'], '0.1'],
    [['4'], '0.2'],
    [['2'], '0.000000000001'],
  ]);
  expect(levelGroups(below, 'account', accounts, accounts[1]).map((group) => [group.key, group.amount, group.own])).toEqual([
    ['4', '0.2', false], ['3', '0.1', false], ['2', '0.000000000001', true],
  ]); // prettier-ignore
});

test('each level leads one down: accounts, service, component, resource, time', () => {
  const at = (search: Parameters<typeof scopeOf>[0]) => scopeOf(search, accounts, 'Europe/Berlin', '2026-11');
  expect(at({}).by).toBe('account');
  expect(at({}).isBalance).toBe(true);
  const retail = downTo({}, 'account', '2', accounts)!;
  expect(retail).toEqual({ account: 'retail' });
  expect(at(retail).filter.account).toBe('2');
  const checkout = downTo(retail, 'account', '3', accounts)!;
  expect(at(checkout).by).toBe('service');
  const compute = downTo(checkout, 'service', 'compute', accounts)!;
  expect(at(compute)).toMatchObject({ by: 'component', isBalance: false });
  const unserved = downTo(checkout, 'service', '', accounts)!;
  expect(at(parseExploreSearch(unserved)).filter.service).toBe('');
  expect(downTo(compute, 'day', '2026-11-23', accounts)).toEqual({
    account: 'checkout',
    service: 'compute',
    period: '2026-11-23',
  });
  expect(downTo(compute, 'hour', '2026-11-23T14:00+01:00', accounts)?.period).toBe('2026-11-23T14');
  expect(narrowed(at({}).filter, 'hour', '2026-11-23T14:00+01:00', 'UTC')?.from).toBe(Date.UTC(2026, 10, 23, 13));
});

test('where a price parts what is used, its parts come after its component', () => {
  const leaf = { kind: 'perUnit', unitPrice: '1' } as const;
  const prices = [
    { service: 'api', component: 'calls', model: { kind: 'grouped', by: ['tier'], groupsMax: 9, model: leaf } },
    { service: 'api', component: 'hosts', model: leaf },
  ] as unknown as PriceRecord[];
  const at = (search: ExploreSearch) => scopeOf(search, accounts, 'UTC', '2026-11', prices);
  const api = { account: 'checkout', service: 'api' };
  expect(at({ ...api, component: 'calls' }).by).toBe('cell');
  expect(at({ ...api, component: 'hosts' }).by).toBe('resource');
  const gold = downTo({ ...api, component: 'calls' }, 'cell', '["gold"]', accounts)!;
  expect([at(gold).by, at(gold).filter.cell, keyName('cell', gold.cell!, accounts)]).toEqual(['resource', '["gold"]', 'gold']); // prettier-ignore
  expect(parseExploreSearch({ kind: 'unpriced' }).kind).toBe('unpriced');
  expect(parseExploreSearch({ kind: 'odd' }).kind).toBeUndefined();
  expect(at(parseExploreSearch({ currency: 'TOKENS' }))).toMatchObject({
    isBalance: false,
    filter: { currency: 'TOKENS' },
  });
  expect(parseExploreSearch({ currency: 'tokens' })).toEqual({});
});

test('bars add up to their totals, whatever the store left out of the split', () => {
  const totals = answer([
    [['2026-11-01'], '10'],
    [['2026-11-02'], '5'],
  ]);
  const parts = answer(
    [
      [['2026-11-01', 'compute'], '4'],
      [['2026-11-01', 'storage'], '1'],
      [['2026-11-02', 'compute'], '5'],
    ],
    '5',
  );
  const groups = ['compute', 'storage'].map((key) => ({
    key,
    amount: '1',
    samples: 1,
    quantity: '',
    unit: '',
    own: false,
  }));
  const stack = stacked(
    ['2026-11-01', '2026-11-02', '2026-11-03'],
    totals,
    parts,
    'service',
    accounts,
    undefined,
    groups,
  );
  expect(stack.totals).toEqual(['10', '5', '0']);
  expect(stack.series.map((series) => [series.name, series.amounts])).toEqual([
    ['compute', ['4', '5', '0']], ['storage', ['1', '0', '0']], ['other', ['5', '0', '0']],
  ]); // prettier-ignore
});

test('an address with nonsense in it is read as far as it makes sense', () => {
  expect(
    parseExploreSearch({ by: 'mood', then: 'day', period: '2026-99', service: '', account: 'retail', view: 'x' }),
  ).toEqual({ then: 'day', account: 'retail' });
  expect(parseExploreSearch({ by: 'day', then: 'day' })).toEqual({ by: 'day' });
});
