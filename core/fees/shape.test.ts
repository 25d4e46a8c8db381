import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkAllowance } from '../credits/allowance.ts';
import { checkEntitlements } from '../credits/entitlements.ts';
import { checkGrant } from '../credits/records.ts';
import { checkPricingUnit } from '../credits/units.ts';
import { checkRates } from '../fx/rates.ts';
import { boundRows, checkBounds, type SpendBound } from '../spend/bounds.ts';
import { checkBundles } from '../spend/bundle.ts';
import { checkCommitment, commitmentRows, type Commitment } from '../spend/commitment.ts';
import { checkDiscounts, type Discount } from '../spend/discountRecords.ts';
import { applyDiscounts } from '../spend/discounts.ts';
import { checkCode } from '../spend/redemption.ts';
import { checkFee } from './check.ts';
import { checkInstallments, checkOneTime, installmentParts, type InstallmentPlan } from './plans.ts';
import { agreementCodes, type Problem } from './problems.ts';
import type { RecurringFee } from './records.ts';
import { owed } from './recurring.ts';
import { faultsOfShape } from './shape.ts';

/** A sound record of each kind, how it is checked, and what is then computed with it. */
const records: Record<string, { check: (value: unknown) => Problem[]; value: object; use?: (value: never) => unknown }> = {
  fee: {
    check: checkFee,
    value: {
      id: 'f', currency: 'EUR', terms: 'advance', proration: 'second', onDecrease: 'credit', timeZone: 'UTC',
      term: { fromMs: 0, toMs: 90, trialEndMs: 1, pauses: [{ fromMs: 3, toMs: 4 }], handedOver: true },
      amounts: [{ fromMs: 0, amount: '9' }], quantities: [{ fromMs: 0, quantity: '2' }],
      uplift: { kind: 'scheduled', fromMs: 0, everyMonths: 12, percent: '2', compounding: true, round: { decimals: 2, mode: 'up' } },
    },
    use: (fee: RecurringFee) => owed(fee, { startMs: 0, endMs: 100 }),
  },
  plan: {
    check: checkInstallments,
    value: { id: 'p', currency: 'EUR', total: '10', dueAtMs: [1, 2], weights: ['1', '2'], decimals: 2, onEnd: 'due' },
    use: (plan: InstallmentPlan) => installmentParts(plan),
  },
  oneTime: { check: checkOneTime, value: { id: 'o', currency: 'EUR', amount: '5', atMs: 3 } },
  bounds: {
    check: checkBounds,
    value: [{ id: 'b', account: 1, scope: { kind: 'plan', plan: 'g', contract: '' }, minimum: '1', maximum: '2', minimumBasis: 'net', prorate: { minimum: true, maximum: true } }],
    use: (bounds: SpendBound[]) => boundRows([], bounds, new Map(), { closed: true }),
  },
  commitment: {
    check: checkCommitment,
    value: { id: 'c', account: 1, segments: [{ fromMs: 0, toMs: 9, amount: '5' }], coveredPercent: '90', overagePercent: '110', payment: 'advance', services: ['s'], basis: 'list', contract: 'k' },
    use: (commitment: Commitment) => commitmentRows(commitment, { segment: 0, spent: 3n, closed: true }),
  },
  discounts: {
    check: checkDiscounts,
    value: [{ id: 'd', order: 1, account: 1, take: { kind: 'tiers', of: 'spend', reach: 'graduated', tiers: [{ upTo: '1', percent: '2' }, { upTo: null, percent: '3' }] }, base: 'list', only: { services: ['s'] }, maximum: '9', duration: { kind: 'periods', count: 2 }, fromMs: 0, toMs: null }],
    use: (discounts: Discount[]) => applyDiscounts([], discounts, new Map(), new Map(), { startMs: 0, endMs: 9 }),
  },
  code: { check: checkCode, value: { code: 'ABC', discount: 'd', fromMs: 0, toMs: null, redemptionsMax: 1, redemptionsPerAccountMax: null } },
  bundles: { check: checkBundles, value: { items: [{ id: 'i', standalone: '1' }], bundles: [{ id: 'b', parts: [{ id: 'i', quantity: '1' }], standalone: '3', whenAllZero: 'equal' }] } },
  grant: {
    check: checkGrant,
    value: { id: 'g', account: 1, kind: 'prepaid', unit: 'EUR', amount: '5', priority: 1, scope: { services: ['s'], accounts: [1] }, effectiveAtMs: 0, expiresAtMs: 9, graceMs: 1, coversOverage: true, blocks: false, rollover: { maximum: '3', forMs: 5, timesMax: 1 } },
  },
  allowance: { check: checkAllowance, value: { perPeriod: '5', carryMaximum: '4', carryPeriods: 2 } },
  pricingUnit: { check: checkPricingUnit, value: { id: 'TOKENS', name: 'Tokens', decimals: 2, value: { currency: 'EUR', points: [{ fromMs: 0, amount: '2' }] } } },
  entitlements: { check: checkEntitlements, value: [{ kind: 'metered', feature: 'f', limit: '3', soft: true }, { kind: 'boolean', feature: 'g', isOn: true }] },
  rates: { check: (value) => checkRates(value), value: [{ id: 'r', base: 'EUR', quote: 'USD', date: '2026-11-23', rate: '1.1', source: 'ECB', revision: 0 }] },
  policy: { check: (value) => checkRates([], value), value: { fallbackDaysMax: 3, inverse: true, via: ['EUR'] } },
}; // prettier-ignore

/** Every place of a record, as a list of keys. */
function placesOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return [path, ...keys.flatMap((key) => placesOf((value as Record<string, unknown>)[key], [...path, key]))];
}

function changed(value: unknown, path: readonly (string | number)[], to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string | number, unknown>)[key] = changed((value as Record<string | number, unknown>)[key], rest, to);
  return copy;
}

const odd = fc.oneof(
  fc.anything({ withBigInt: true, withNullPrototype: true }),
  fc.constantFrom(
    '',
    '-1',
    '1e9',
    '0',
    '0.0000000000001',
    '9'.repeat(30),
    'NaN',
    NaN,
    Infinity,
    -1,
    1.5,
    2 ** 60,
    null,
    undefined,
    [],
    {},
  ),
  fc.constantFrom('__proto__', 'constructor', { kind: 'constructor' }, { kind: '__proto__' }),
);

test.each(Object.entries(records))('a sound %s passes; with anything in any place it never throws, and what passes can be computed with', (_, { check, value, use }) => {
  expect(check(value)).toEqual([]);
  fc.assert(
    fc.property(fc.constantFrom(...placesOf(value)), odd, (path, to) => {
      const other = changed(value, path, to);
      const problems = check(other);
      for (const { code, expected } of problems) expect([code in agreementCodes, expected !== '']).toEqual([true, true]);
      if (problems.length === 0) use?.(other as never);
    }),
    { numRuns: 300 },
  );
  expect(check(changed(value, [], { misspelt: 1 }))).not.toEqual([]);
}); // prettier-ignore

test('a field that no one knows is a fault, with its path', () => {
  expect(
    faultsOfShape({ a: 1, b: [{ c: 'x', d: 2 }] }, { record: { b: { list: { record: { c: 'text' } }, max: 1 } } }),
  ).toEqual([
    { path: 'b[0].d', value: 2, expected: 'no such field, but c' },
    { path: 'a', value: 1, expected: 'no such field, but b' },
  ]);
});
