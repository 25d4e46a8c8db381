/** Pricing units as YAML says them, and what is charged in them. */
import { expect, it } from 'vitest';
import type { PricingUnitRecord } from '#core/messages/pricingUnit.ts';
import { smallOrganisation } from '../testing/office.ts';
import { nothing } from './check.ts';
import { Faults } from './faults.ts';
import { controlChanges, planChanges, type Plan } from './plan.ts';
import { readOrganisation } from './read.ts';

const inTokens = (currency = 'TOKENS') =>
  smallOrganisation().replace(/prices: \[\{ /, `prices: [{ currency: ${currency}, `);
const units = (value = 'value: { points: [{ from: 2026-11-01, amount: 0.0020 }] }', id = 'TOKENS') =>
  `pricingUnits: [{ id: ${id}, name: Tokens, decimals: 0, ${value} }]\n`;

function planned(text: string, present = nothing): { readonly plan: Plan; readonly faults: string[] } {
  const faults = new Faults();
  const plan = planChanges(readOrganisation(text, faults)!, present, Date.UTC(2026, 10, 23), faults);
  return { plan, faults: faults.sorted().map(({ code, path, value }) => `${code} ${path} ${value}`) };
}

const first = { fromMs: Date.UTC(2026, 9, 31, 23), amount: '0.002' };
const tokens: PricingUnitRecord = { id: 'TOKENS', name: 'Tokens', decimals: 0, value: { currency: 'EUR', points: [first] } }; // prettier-ignore

it('a unit goes before the price and the budget that are in it, with what it is worth in the tenant’s currency', () => {
  const text = inTokens().replace(
    /budgets: \[\{ (.*?)amount: [\d.]+/,
    'budgets: [{ $1amount: 1000.125, currency: TOKENS',
  );
  const { plan, faults } = planned(text + units());
  expect(faults).toEqual([]);
  expect(controlChanges(plan).map(({ kind }) => kind).slice(-3)).toEqual(['pricingUnit', 'price', 'budget']); // prettier-ignore
  expect(plan.pricingUnits[0]!.after).toEqual(tokens);
  expect(plan.prices[0]!.after.currency).toBe('TOKENS');
  expect(plan.budgets[0]!.after).toMatchObject({ currency: 'TOKENS', amount: '1000.125' });
});

it('points are added behind those published; what is published stays', () => {
  const known = { ...nothing, pricingUnits: [tokens] };
  const again = (value?: string) => planned(smallOrganisation() + units(value), known);
  expect(again().plan.pricingUnits[0]!.status).toBe('unchanged');
  const later = again('value: { points: [{ from: 2026-12-01, amount: 0.003 }] }').plan.pricingUnits[0]!;
  expect(later).toMatchObject({ status: 'changed', after: { value: { points: [first, { amount: '0.003' }] } } });
  expect(planned(smallOrganisation() + units('decimals: 2').replace('decimals: 0, ', ''), known).plan.pricingUnits[0]!.after).toEqual({ ...tokens, decimals: 2 }); // prettier-ignore
  const told = (value: string) => again(`value: { ${value} }`).faults;
  expect(told('currency: USD, points: [{ from: 2026-10-01, amount: 1 }, { from: 2026-11-01, amount: 0.003 }]')).toEqual(
    [
      'PRICING_UNIT_FIXED pricingUnits[0].value.currency USD',
      'PRICING_UNIT_FIXED pricingUnits[0].value.points[0].from 2026-09-30T22:00:00.000Z',
      'PRICING_UNIT_FIXED pricingUnits[0].value.points[1].amount 0.003',
    ],
  );
});

it('everything wrong is told at its place, with the value', () => {
  expect(planned(inTokens() + units('', 'POINTS').replace(', }', ' }')).faults).toEqual(['REFERENCE_UNKNOWN prices[0].currency TOKENS']); // prettier-ignore
  expect(planned(inTokens('USD')).faults).toEqual(['CURRENCY_FOREIGN prices[0].currency USD']);
  expect(planned(inTokens('tokens')).faults).toEqual(['CURRENCY_UNKNOWN prices[0].currency tokens']);
  // Referring to a unit that could not be read is no second fault.
  const wrong =
    'value: { currency: TOKENS, points: [{ from: 2026-11-01, amount: 0 }, { from: 2026-11-01, amount: x }], of: 1 }';
  expect(planned(inTokens() + units(wrong).replace('decimals: 0', 'decimals: 13')).faults).toEqual([
    'KEY_UNKNOWN pricingUnits[0].value.of of',
  ]);
  expect(
    planned(inTokens() + units(wrong.replace(', of: 1', '')).replace('decimals: 0', 'decimals: 13')).faults,
  ).toEqual([
    'VALUE_INVALID pricingUnits[0].decimals 13',
    'CURRENCY_UNKNOWN pricingUnits[0].value.currency TOKENS',
    'VALUE_INVALID pricingUnits[0].value.points[0].amount 0',
    'VALUE_INVALID pricingUnits[0].value.points[1].from 2026-11-01',
    'DECIMAL_INVALID pricingUnits[0].value.points[1].amount x',
  ]);
  expect(planned(smallOrganisation() + units(undefined, 'EUR')).faults).toEqual([
    'VALUE_INVALID pricingUnits[0].id EUR',
  ]);
});
