/** Random grants, voids and wallets, for logs in which both engines pay by them. */
import fc from 'fast-check';
import type { ControlChange } from '../../messages/control.ts';
import { hour, monthsMs, startMs } from './ground.ts';
import { node } from './priceFacts.ts';

const tenant = fc.constantFrom('t', 't', 't', 't', 't', 'u');
const amount = fc.constantFrom('0.000000000001', '0.5', '20', '1000', '100000', '3000000');
const grantIds = ['g1', 'g2', 'g3', 'g4', 'g5', 'g6', 'g7', 'g8', 'g9'];
const instantOf = fc.oneof(
  fc.constantFrom(0, 0, 0, startMs - 30 * hour, startMs, startMs + hour, ...monthsMs.map((ms) => ms + hour)),
  fc.integer({ min: startMs - 3 * hour, max: startMs + 3 * hour }),
);
const currency = fc.oneof(
  { weight: 12, arbitrary: fc.constant('EUR') },
  { weight: 1, arbitrary: fc.constantFrom('TOKENS', 'NOUNITS') },
);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const grant = fc.record({
  id: fc.constantFrom(...grantIds),
  account: fc.oneof({ weight: 2, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: node }),
  currency,
  amount,
  kind: fc.constantFrom('promotional' as const, 'prepaid' as const),
  priority: fc.nat(2),
  effectiveFromMs: instantOf,
  lifeMs: maybe(fc.constantFrom(0, hour, 12 * hour, 40 * 24 * hour)),
  graceMs: maybe(fc.constantFrom(0, hour, 40 * hour)),
  scope: fc.option(fc.constantFrom({ services: ['s1'] }, { meters: ['cpu.all', 'mem.held'] }, { components: ['c1'], services: ['s1', 's2'] }), { nil: undefined, freq: 2 }),
  coversOverage: fc.constantFrom(undefined, false, true),
  name: fc.nat(20).map((n) => (n === 0 ? ' ' : 'n')),
  reason: fc.constant('r'),
}); // prettier-ignore
const wallet = fc.record({
  id: fc.constantFrom('w1', 'w2', 'w3'),
  lowAt: fc.constantFrom('0', '0.4', '15', '900'),
  clearAt: maybe(fc.constantFrom('0.4', '20', '2000')),
  topUp: maybe(fc.record({ below: fc.constantFrom('0.1', '10', '5000'), amount: fc.constantFrom('1', '50') })),
  action: fc.constantFrom('notify' as const, 'throttle' as const, 'block' as const),
});

export const creditAction = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('grants' as const), tenant, grants: fc.array(grant, { minLength: 1, maxLength: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wallets' as const), tenant, wallets: fc.array(wallet, { minLength: 1, maxLength: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('voids' as const), tenant, grant: fc.constantFrom(...grantIds), owes: fc.boolean() }) },
); // prettier-ignore
export type CreditAction = typeof creditAction extends fc.Arbitrary<infer Value> ? Value : never;

const defined = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;

export function creditChanges(action: CreditAction): ControlChange[] {
  switch (action.kind) {
    case 'grants':
      return action.grants.map((facts) => {
        const { graceMs, lifeMs, ...rest } = facts;
        const life =
          lifeMs === undefined ? {} : { expiresAtMs: Math.max(rest.effectiveFromMs, startMs) + lifeMs, graceMs };
        return { kind: 'creditGrant', grant: defined({ ...rest, ...life }) } as ControlChange;
      });
    case 'wallets':
      return action.wallets.map((facts) => {
        const { account, currency: of } = { w1: { account: 1, currency: 'EUR' }, w2: { account: 3, currency: 'EUR' }, w3: { account: 2, currency: 'TOKENS' } }[facts.id]; // prettier-ignore
        return { kind: 'wallet', name: facts.id, account, currency: of, targets: ['t'], ...defined(facts) } as ControlChange; // prettier-ignore
      });
    case 'voids':
      return [{ kind: 'creditVoid', grant: action.grant, owes: action.owes, reason: 'r' }];
  }
}
