/** Fees and agreements of a file: the records that they become, and each fault at its place. */
import { expect, test } from 'vitest';
import { smallOrganisation } from '../testing/office.ts';
import { Faults, type Fault } from './faults.ts';
import { planChanges } from './plan.ts';
import type { Present } from './present.ts';
import { readOrganisation } from './read.ts';

const nothing: Present = {
  tenant: undefined, lastAccount: 0, lastPrice: 0, users: [], accounts: [], ownership: [], producers: [], meters: [],
  pricingUnits: [], series: [], points: new Map(), prices: [], fees: [], agreements: [], targets: [], budgets: [], wallets: [],
}; // prettier-ignore

const start = Date.UTC(2026, 9, 31, 23);

function planned(sections: string, present: Present = nothing) {
  const faults = new Faults();
  const wanted = readOrganisation(`${smallOrganisation()}\n${sections}`, faults);
  const plan = planChanges(wanted!, present, start, faults);
  return { plan, faults: faults.sorted() };
}

const told = (faults: readonly Fault[]) => faults.map(({ code, path, value }) => [code, path, value]);

const sections = `
fees:
  - key: desk
    service: Support
    component: Desk
    account: top
    contract: house
    terms: { kind: recurring, terms: advance, proration: day, onDecrease: credit, term: { from: 2026-11-01 }, amount: 49.00 }
  - key: seats
    service: Licences
    component: Seats
    account: top
    calendar: { kind: anniversary, anchor: 2026-01-31, interval: month }
    terms:
      kind: recurring
      terms: arrears
      proration: second
      onDecrease: keep
      term: { from: 2026-11-01, to: 2027-11-01, trialEnd: 2026-11-08, pauses: [{ from: 2026-12-24, to: 2026-12-27 }] }
      amounts: [{ from: 2026-11-01, amount: 9.90 }, { from: 2027-01-01, amount: 12 }]
      quantities: [{ from: 2026-11-01, quantity: 3 }]
      uplift: { kind: scheduled, from: 2026-11-01, everyMonths: 12, percent: 2.5, compounding: true, round: { decimals: 2, mode: halfEven } }
  - { key: setup, service: Setup, component: Setup, account: top, terms: { kind: oneTime, amount: -10.50, at: 2026-11-05T10:00:00Z } }
  - key: rack
    service: Hardware
    component: Rack
    account: top
    terms: { kind: installments, total: 100.00, decimals: 2, dueAt: [2026-11-15, 2026-12-15, 2027-01-15], onEnd: due }
    allocation: [{ service: Hardware, component: Frame, weight: 3.0 }, { service: Hardware, component: Work, weight: 1 }]
agreements:
  - { key: loyal, service: Discounts, component: Loyalty, account: top, from: 2026-11-01, terms: { kind: discount, order: 1, base: left, take: { kind: percent, percent: 5.0 }, duration: { kind: forever } } }
  - { key: cap, service: Discounts, component: Cap, account: top, from: 2026-11-01, to: 2027-11-01, name: Cap of the house, terms: { kind: bound, scope: { kind: subtree }, maximum: 500.00, minimumBasis: net, prorate: { minimum: true, maximum: false } } }
  - { key: house, service: Commitment, component: House, account: top, from: 2026-11-01, terms: { kind: commitment, segments: [{ from: 2026-11-01, to: 2026-12-01, amount: 100 }], coveredPercent: 90, overagePercent: 120, payment: arrears, basis: list } }
`;

test('a file says records in their own structure, instants as dates; ids go on from those of prices', () => {
  const { plan, faults } = planned(sections);
  expect(faults).toEqual([]);
  const lastPrice = Math.max(...plan.prices.map(({ after }) => after.id));
  const records = [...plan.fees, ...plan.agreements].map(({ after }) => after);
  expect(records.map(({ id }) => id)).toEqual(records.map((_, index) => lastPrice + 1 + index));
  expect(plan.fees[0]!.after).toEqual({
    id: lastPrice + 1, key: 'desk', version: 1, service: 'Support', component: 'Desk', currency: 'EUR', account: 1, contract: 'house',
    calendar: { kind: 'calendar', interval: 'month' },
    terms: {
      kind: 'recurring', terms: 'advance', proration: 'day', onDecrease: 'credit',
      term: { fromMs: start, toMs: null, pauses: [] }, amounts: [{ fromMs: start, amount: '49' }],
    },
  }); // prettier-ignore
  expect(plan.fees[1]!.after.terms).toMatchObject({
    term: { trialEndMs: Date.UTC(2026, 10, 7, 23), pauses: [{ toMs: Date.UTC(2026, 11, 26, 23) }] },
    amounts: [{ amount: '9.9' }, { amount: '12' }], quantities: [{ quantity: '3' }],
    uplift: { fromMs: start, everyMonths: 12, percent: '2.5', compounding: true, round: { decimals: 2, mode: 'halfEven' } },
  }); // prettier-ignore
  expect(plan.fees[2]!.after.terms).toEqual({ kind: 'oneTime', amount: '-10.5', atMs: Date.UTC(2026, 10, 5, 10) });
  expect(plan.fees[3]!.after).toMatchObject({ terms: { total: '100', decimals: 2 }, allocation: [{ weight: '3' }, {}] }); // prettier-ignore
  expect(plan.agreements[0]!.after).toMatchObject({ name: 'Loyalty', fromMs: start, toMs: null, terms: { take: { percent: '5' } } }); // prettier-ignore
  expect(plan.agreements[1]!.after).toMatchObject({ name: 'Cap of the house', terms: { maximum: '500', prorate: { minimum: true } } }); // prettier-ignore
});

test('a bound of a price or a plan that lies in nothing else may say so, or nothing', () => {
  const bound = (key: string, scope: string) =>
    `  - { key: ${key}, service: S, component: C, account: top, from: 2026-11-01, terms: { kind: bound, scope: ${scope}, minimum: 5, minimumBasis: list, prorate: { minimum: true, maximum: true } } }\n`;
  const fees =
    'fees: [{ key: f, service: S, component: C, account: top, plan: p, contract: c, terms: { kind: oneTime, amount: 1, at: 2026-11-05 } }]\n';
  const { plan, faults } = planned(
    `${fees}agreements:\n${bound('a', "{ kind: price, price: cpu, plan: '', contract: c }")}${bound('b', '{ kind: price, price: cpu }')}${bound('c', '{ kind: plan, plan: p }')}`,
  );
  expect(faults).toEqual([]);
  expect(plan.agreements.map(({ after }) => after.terms)).toMatchObject([
    { scope: { plan: '', contract: 'c' } },
    { scope: { plan: '', contract: '' } },
    { scope: { contract: '' } },
  ]);
});

test('an agreement about what nobody sells is refused, unless it may be named by an entry that has faults', () => {
  const agreements = (contract: string) => `
agreements:
  - { key: a, service: S, component: C, account: top, from: 2026-11-01, terms: { kind: discount, order: 1, base: left, only: { services: [Hosting, Hostng], prices: [cpu, gpu] }, take: { kind: percent, percent: 5 }, duration: { kind: forever } } }
  - { key: b, service: S, component: C, account: top, from: 2026-11-01, terms: { kind: commitment, segments: [{ from: 2026-11-01, to: 2026-12-01, amount: 1 }], coveredPercent: 90, overagePercent: 90, payment: arrears, basis: list, services: [Nothing], contract: mine } }
  - { key: c, service: S, component: C, account: top, from: 2026-11-01, terms: { kind: bound, scope: { kind: contract, contract: ${contract} }, minimum: 5, minimumBasis: list, prorate: { minimum: true, maximum: true } } }
`;
  const unknown = (path: string, value: string) => ['REFERENCE_UNKNOWN', `agreements${path}`, value];
  const inAll = [
    unknown('[0].terms.only.services[1]', 'Hostng'),
    unknown('[0].terms.only.prices[1]', 'gpu'),
    unknown('[1].terms.services[0]', 'Nothing'),
  ];
  expect(told(planned(agreements('mine')).faults)).toEqual(inAll);
  const broken = 'fees: [{ key: f, service: S, component: C, account: top, contract: yours, terms: {} }]';
  expect(told(planned(broken + agreements('yours')).faults).slice(1)).toEqual(inAll);
  expect(told(planned(agreements('yours')).faults)).toEqual([...inAll, unknown('[2].terms.scope.contract', 'yours')]);
});

test('what is published stays; a next version goes on; both are told apart', () => {
  const { plan } = planned(sections);
  const present = {
    ...nothing,
    accounts: plan.accounts.map(({ after }) => after),
    fees: plan.fees.map(({ after }) => after),
    agreements: plan.agreements.map(({ after }) => after),
    lastPrice: 20,
  };
  const again = planned(sections, present);
  expect(again.faults).toEqual([]);
  expect([...again.plan.fees, ...again.plan.agreements].map(({ status }) => status)).toEqual(
    Array(7).fill('unchanged'),
  );
  const dearer = planned(sections.replace('49.00', '59.00'), present);
  expect(told(dearer.faults)).toEqual([['AGREED_FIXED', 'fees[0].key', expect.stringContaining('59')]]);
  const next = `${sections.replace('- key: desk', '- key: desk\n    version: 2').replace('49.00', '59')}`;
  const { plan: changed, faults } = planned(next, present);
  expect(faults).toEqual([]);
  expect(changed.fees.find(({ status }) => status === 'added')).toMatchObject({ id: 'desk v2', after: { version: 2 } }); // prettier-ignore
  const gap = planned(next.replace('version: 2', 'version: 3'), present);
  expect(told(gap.faults)).toEqual([['VERSION_GAP', 'fees[0].key', 'version 3']]);
});

test('every fault is told at its place, alone and together', () => {
  const { faults } = planned(`
fees:
  - { key: a, service: S, component: C, account: nobody, terms: { kind: oneTime, amount: 1, at: 2026-11-05 } }
  - { key: b, service: S, component: C, account: top, terms: { kind: recurring, terms: advance, proration: hour, term: { from: soon }, amount: -1, colour: red } }
agreements:
  - { key: x, service: S, component: C, account: top, from: 2026-11-01, terms: { kind: discount, order: 1, base: left, take: { kind: percent, percent: 5 }, duration: { kind: forever } } }
  - { key: y, service: S, component: C, account: top, from: 2026-11-01, terms: { kind: discount, order: 1, base: left, take: { kind: percent, percent: 500 }, duration: { kind: forever } } }
  - { key: z, service: S, component: C, account: top, from: 2026-11-01, terms: { kind: discount, order: 1, base: left, notWith: [w], take: { kind: percent, percent: 5 }, duration: { kind: forever } } }
  - { key: k, service: S, component: C, account: top, from: 2026-11-01, terms: { kind: commitment, segments: [{ from: 2026-11-02, to: 2026-12-01, amount: 100 }], coveredPercent: 100, overagePercent: 100, payment: arrears, basis: list } }
`);
  expect(told(faults)).toEqual([
    ['REFERENCE_UNKNOWN', 'fees[0].account', 'nobody'],
    ['KEY_MISSING', 'fees[1].terms.onDecrease', ''],
    ['VALUE_INVALID', 'fees[1].terms.proration', 'hour'],
    ['VALUE_INVALID', 'fees[1].terms.term.from', 'soon'],
    ['KEY_UNKNOWN', 'fees[1].terms.colour', 'colour'],
    ['VALUE_INVALID', 'agreements[1].terms.take.percent', '500'],
    ['DUPLICATE', 'agreements[2].terms.order', '1'],
    ['REFERENCE_UNKNOWN', 'agreements[2].terms.notWith', 'w'],
    ['VALUE_INVALID', 'agreements[3].terms.segments[0].from', '2026-11-02'],
  ]);
  expect(faults.every(({ expected }) => expected !== '' && !/\d{12}/.test(expected))).toBe(true);
  expect(faults[4]?.expected).toBe('one of terms, proration, onDecrease, term, amounts, quantities, uplift');
});

test('a fee of which more periods were due than the rater compares is refused at its key', () => {
  const daily = "calendar: { kind: calendar, interval: day }, terms: { kind: recurring, terms: advance, proration: none, onDecrease: keep, term: { from: 2010-01-01 }, amount: 1 }"; // prettier-ignore
  const { faults } = planned(`fees: [{ key: old, service: S, component: C, account: top, ${daily} }]`);
  expect(told(faults)).toEqual([['VALUE_INVALID', 'fees[0].key', 'old']]);
});
