/** A quantity in place of an amount. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MeterlineError } from '../errors.ts';
import type { AskedUsage, HoldOutcome, UsageVerdict } from '../messages/checks.ts';
import type { ControlChange } from '../messages/control.ts';
import { formatAmount, parseAmount } from '../money/fixed.ts';
import { encodeState } from '../rating/snapshot.ts';
import { budgetOf, Till } from '../testing/till.ts';

/** Ten a month are free, the next ten cost 1, and the volume of all that is beyond decides the other half. */
const tiers = (key: string, model: object, more: object = {}) => ({
  kind: 'price', id: 3, key, version: 2, service: 's', component: 'cpu', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0, tallyScope: 'account',
  unit: { name: 'k', numerator: '1', denominator: '10' }, allowance: '0', model, ...more,
}) as unknown as ControlChange; // prettier-ignore
const graduated = { kind: 'graduated', tiers: [{ upTo: '5', unitPrice: '0', flat: '0' }, { upTo: '10', unitPrice: '3', flat: '1' }, { upTo: null, unitPrice: '1', flat: '0' }] }; // prettier-ignore
const volume = { kind: 'volume', tiers: [{ upTo: '5', unitPrice: '3', flat: '0' }, { upTo: null, unitPrice: '1', flat: '0' }] }; // prettier-ignore

const ask = (till: Till, usage: AskedUsage) => till.ask({ op: 'check', tenant: 't', account: 3, usage })[0];
const hold = (till: Till, key: string, usage: AskedUsage) =>
  till.ask({ op: 'hold', tenant: 't', key, account: 3, usage, expiresInMs: 60_000 })[0] as HoldOutcome;
const spent = (till: Till): bigint =>
  [...till.state.tenants.get('t')!.balancesByKey.values()].find(({ account }) => account.record.id === 1)?.total ?? 0n;

test('a quantity costs what it is charged when it comes, whatever came before, and asking changes nothing', () => {
  const model = fc.constantFrom(graduated, volume, { kind: 'perUnit', unitPrice: '0.7' }); // prettier-ignore
  const quantity = fc.integer({ min: 0, max: 120 });
  fc.assert(
    fc.property(model, fc.array(quantity, { maxLength: 4 }), fc.boolean(), quantity, (kind, before, isLate, asked) => {
      const till = new Till('2026-10-05T10:00');
      if (!isLate) till.control(tiers('m-price', kind));
      for (const one of before) till.use(one);
      if (isLate) till.control(tiers('m-price', kind));
      const state = encodeState(till.state);
      const { amount, currency, priced } = ask(till, { meter: 'm', quantity: String(asked) }) as UsageVerdict;
      const inUnit = ask(till, { meter: 'm', quantity: formatAmount((BigInt(asked) * 10n ** 12n) / 10n), unit: 'k' });
      expect(inUnit).toMatchObject({ amount });
      expect(encodeState(till.state)).toEqual(state);
      const was = spent(till);
      till.use(asked);
      const grown = spent(till) - was;
      expect(amount).toBe(formatAmount(grown > 0n ? grown : 0n));
      expect([currency, priced[0]!.amount]).toEqual(['EUR', formatAmount(grown)]);
      const sum = (steps: readonly { readonly amount: string }[]) =>
        steps.reduce((all, step) => all + parseAmount(step.amount)!, 0n);
      expect(sum(priced[0]!.stepsAfter) - sum(priced[0]!.stepsBefore)).toBe(grown);
    }),
    { numRuns: 200 },
  );
});

test('a hold of a quantity holds what it would cost then, and has one answer, whatever it would cost by now', () => {
  const till = new Till('2026-10-05T10:00', budgetOf({ amount: '30' }), tiers('m-price', graduated));
  till.use(90);
  const first = hold(till, 'a', { meter: 'm', quantity: '20' });
  // One thousand left of the second tier, one in the third; the flat of the second is owed already.
  expect(first).toMatchObject({ allowed: true, amount: '4', currency: 'EUR', left: '17', priced: [{ price: 'm-price', version: 2, amount: '4' }] }); // prettier-ignore
  till.use(60);
  expect(hold(till, 'a', { meter: 'm', quantity: '20' })).toEqual(first);
  expect(hold(till, 'a', { meter: 'm', quantity: '21' })).toMatchObject({ code: 'HOLD_KEY_REUSED' });
  expect(hold(till, 'b', { meter: 'm', quantity: '1000' })).toMatchObject({ allowed: false, amount: '100', left: '5' });
  expect(till.ask({ op: 'commit', tenant: 't', key: 'a', amount: '3', keepForMs: 1000 })).toMatchObject([{ held: '3' }]); // prettier-ignore
});

test('usage that costs nothing is held, committed and released all the same', () => {
  const till = new Till('2026-10-05T10:00', budgetOf({ amount: '1' }), tiers('m-price', graduated));
  expect(hold(till, 'a', { meter: 'm', quantity: '50' })).toMatchObject({ allowed: true, amount: '0', held: '0' });
  expect(hold(till, 'b', { meter: 'm', quantity: '50' })).toMatchObject({ allowed: true });
  expect(till.ask({ op: 'commit', tenant: 't', key: 'a', keepForMs: 1000 }, { op: 'release', tenant: 't', key: 'b' })).toMatchObject([{ held: '0' }, { held: '0' }]); // prettier-ignore
  till.nowMs += 30_000;
  till.use(1);
  expect(till.ask({ op: 'commit', tenant: 't', key: 'b', keepForMs: 1000 })).toMatchObject([{ code: 'HOLD_ENDED' }]);
});

test.each([
  ['a meter that is not there', { meter: 'z', quantity: '1' }, 'CHECK_METER_UNKNOWN'],
  ['parts that no sample has', { meter: 'm', quantity: '0.5' }, 'CHECK_USAGE_INVALID'],
  ['more than a sample may have', { meter: 'm', quantity: '1'.padEnd(24, '0') }, 'CHECK_USAGE_INVALID'],
  ['a unit that its prices do not have', { meter: 'm', quantity: '1', unit: 'GB' }, 'CHECK_USAGE_INVALID'],
])('%s is told', (_, usage, code) => {
  const told = ask(new Till('2026-10-05T10:00'), usage);
  expect(told instanceof MeterlineError && told.code).toBe(code);
});

test('a meter in two currencies, and a price of each resource without one, are told', () => {
  const apart = new Till('2026-10-05T10:00', tiers('dollars', volume, { currency: 'USD', component: 'other', version: 1 })); // prettier-ignore
  expect(ask(apart, { meter: 'm', quantity: '1' })).toMatchObject({ code: 'CHECK_USAGE_INVALID' });
  const till = new Till('2026-10-05T10:00', tiers('m-price', volume, { tallyScope: 'resource' }));
  till.use(60);
  expect(ask(till, { meter: 'm', quantity: '1' })).toMatchObject({ code: 'CHECK_USAGE_INVALID' });
  expect(ask(till, { meter: 'm', quantity: '10', resource: 'x' })).toMatchObject({ amount: '1' });
  expect(ask(till, { meter: 'm', quantity: '10', resource: 'x/new' })).toMatchObject({ amount: '3' });
});
