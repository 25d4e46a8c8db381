/** What billing says in a run: two tenants with a small tree, prices whose tiers matter, budgets that are crossed. */
import type { ControlChange } from '#core/messages/control.ts';
import type { Producer } from '#collector/batches/seal.ts';
import type { Random } from './random.ts';

const timeZone = 'Europe/Berlin';
/** A root of its own. */
export const apart = 4;

/** What a tenant begins with; `manyBudgets`: of every shape, which costs time. */
export function foundation(tenant: string, producers: readonly Producer[], manyBudgets: boolean): ControlChange[] {
  const account = (id: number, parent: number, slug: string): ControlChange => ({
    kind: 'account', id, slug, name: slug, parent, type: parent === 0 ? 'organisation' : 'department', timeZone,
  }); // prettier-ignore
  return [
    { kind: 'tenant', id: tenant, name: tenant, currency: 'EUR', timeZone },
    account(1, 0, 'all'),
    account(2, 1, 'first'),
    account(3, 1, 'second'),
    // Uses nothing: what is held is all that its cap sees.
    account(apart, 0, 'apart'),
    ...producers.flatMap(({ id, key }, index): ControlChange[] => [
      { kind: 'producer', id, type: 'agent', simulated: false, enabled: true, keys: [{ id: key.keyId, publicKey: key.publicKey }] },
      { kind: 'ownership', resource: `${id}/*`, account: 2 + (index % 2), fromMs: 0 },
    ]),
    { kind: 'meter', id: 'work', metric: 'work.done', unit: 'us', scale: 0, aggregation: 'sum', filter: {} },
    price(1, 1, '0.001', '0.0004'),
    budget('small', 2, '50'),
    budget('large', 1, '400'),
    budget('apart', apart, '40'),
    ...(manyBudgets ? others('30') : []),
    wallet('10'),
  ]; // prettier-ignore
}

const price = (id: number, effectiveFromMs: number, low: string, high: string): ControlChange => ({
  kind: 'price', id, key: 'work', version: id, service: 'Compute', component: 'work', meter: 'work', currency: 'EUR', account: 0,
  effectiveFromMs, tallyScope: 'account', unit: { name: 'us', numerator: '1', denominator: '1' }, allowance: '1000',
  model: { kind: 'graduated', tiers: [{ upTo: '20000', unitPrice: low, flat: '1' }, { upTo: null, unitPrice: high, flat: '0' }] },
}); // prettier-ignore

const budget = (id: string, account: number, amount: string): ControlChange => ({
  kind: 'budget', id, account, name: id, amount, currency: 'EUR', period: 'month', targets: ['hook', 'pager'], enabled: true,
  thresholds: [{ percent: '50', action: 'notify' }, { percent: '80', action: 'throttle' }, { percent: '100', action: 'block' }],
}); // prettier-ignore

/** Ends of billing periods near which a run takes place, with where they begin: September's and October's in Berlin. */
export const octoberEndMs = Date.UTC(2026, 9, 31, 23);
const periods = [
  [Date.UTC(2026, 7, 31, 22), Date.UTC(2026, 8, 30, 22)],
  [Date.UTC(2026, 8, 30, 22), octoberEndMs],
] as const;

/** Of other shapes: a scope in a rolling window, a quantity for life, what is left over carried on and its end forecast. */
const others = (amount: string): ControlChange[] =>
  [
    { id: 'window', account: 3, amount, currency: 'EUR', period: { kind: 'rolling', hours: 1 }, scope: { services: ['Compute'] }, releaseAt: '50',
      thresholds: [{ percent: '50', action: 'notify' }, { absolute: '20', action: 'throttle' }, { rate: { amount: '12', hours: 1 }, action: 'notify' }] },
    { id: 'quantity', account: 1, amount: `${amount}000`, currency: '', meter: 'work', period: 'lifetime',
      thresholds: [{ percent: '50', action: 'notify' }, { percent: '100', action: 'throttle' }] },
    { id: 'carried', account: 2, amount, currency: 'EUR', period: 'month', carryOver: { maximum: '20' },
      thresholds: [{ percent: '80', action: 'throttle' }, { forecast: '100', action: 'notify' }] },
  ].map((record) => ({ kind: 'budget', name: record.id, targets: ['hook'], enabled: true, ...record }) as ControlChange); // prettier-ignore

const caps = (random: Random): [string, number, string] =>
  random.pick([
    ['small', 2, String(random.between(2, 80))],
    ['large', 1, String(random.between(20, 800))],
    ['apart', apart, String(random.between(5, 80))],
  ]);

/** One more decision, at random; `number` makes the ids of prices and grants. Some are against the rules: they are rejected. */
export function decision(random: Random, nowMs: number, number: number): ControlChange[] {
  switch (random.below(9)) {
    case 0:
      return [budget(...caps(random))];
    case 1:
      return [random.pick(others(String(random.between(5, 90))))];
    case 2:
      return [{ ...budget(...caps(random)), enabled: random.chance(0.3) } as ControlChange];
    case 3:
      return [{ kind: 'budgetReset', budget: random.pick(['small', 'large', 'window', 'carried']), reason: 'again' }];
    case 4:
      return [price(1 + number, nowMs - random.between(0, 30_000), `0.00${random.between(1, 9)}`, '0.0003')];
    case 5:
      return [grant(random, nowMs, number)];
    case 6:
      return random.chance(0.5)
        ? [{ kind: 'creditVoid', grant: `g${random.between(1, number)}`, owes: random.chance(0.5), reason: 'back' }]
        : [wallet(String(random.between(1, 40)))];
    case 7: {
      const [, untilMs] = random.pick(periods);
      return [{ kind: 'close', account: 1, untilMs, reason: 'due', talliesPerStep: random.between(1, 3) }];
    }
    default: {
      const [fromMs] = random.pick(periods);
      return [{ kind: 'reopen', account: 1, fromMs, reason: 'late', approvedBy: 'auditor' }];
    }
  }
}

const wallet = (lowAt: string): ControlChange => ({
  kind: 'wallet', id: 'purse', name: 'purse', account: 2, currency: 'EUR', lowAt, topUp: { below: lowAt, amount: '50' }, action: 'block', targets: ['hook'],
}); // prettier-ignore

const grant = (random: Random, nowMs: number, number: number): ControlChange => ({
  kind: 'creditGrant',
  grant: {
    id: `g${number}`, account: random.between(1, 3), currency: 'EUR', amount: String(random.between(1, 60)), kind: random.pick(['promotional', 'prepaid']),
    priority: random.between(0, 2), effectiveFromMs: nowMs - random.between(-2000, 20_000), coversOverage: random.chance(0.5),
    ...(random.chance(0.3) ? { expiresAtMs: nowMs + random.between(500, 8000), graceMs: 500 } : {}), name: 'grant', reason: 'paid',
  },
}); // prettier-ignore
