/** What billing says in a run: two tenants with a small tree, prices whose tiers matter, budgets that are crossed. */
import type { ControlChange } from '#core/messages/control.ts';
import type { Producer } from '#collector/batches/seal.ts';
import type { Random } from './random.ts';

const timeZone = 'Europe/Berlin';

export function foundation(tenant: string, producers: readonly Producer[]): ControlChange[] {
  const account = (id: number, parent: number, slug: string): ControlChange => ({
    kind: 'account', id, slug, name: slug, parent, type: parent === 0 ? 'organisation' : 'department', timeZone,
  }); // prettier-ignore
  return [
    { kind: 'tenant', id: tenant, name: tenant, currency: 'EUR', timeZone },
    account(1, 0, 'all'),
    account(2, 1, 'first'),
    account(3, 1, 'second'),
    ...producers.flatMap(({ id, key }, index): ControlChange[] => [
      { kind: 'producer', id, type: 'agent', simulated: false, enabled: true, keys: [{ id: key.keyId, publicKey: key.publicKey }] },
      { kind: 'ownership', resource: `${id}/*`, account: 2 + (index % 2), fromMs: 0 },
    ]),
    { kind: 'meter', id: 'work', metric: 'work.done', unit: 'us', scale: 0, aggregation: 'sum', filter: {} },
    price(1, 1, '0.001', '0.0004'),
    budget('small', 2, '50'),
    budget('large', 1, '400'),
  ]; // prettier-ignore
}

const price = (id: number, effectiveFromMs: number, low: string, high: string): ControlChange => ({
  kind: 'price', id, key: 'work', version: id, service: 'Compute', component: 'work', meter: 'work', currency: 'EUR', account: 0,
  effectiveFromMs, tallyScope: 'account', unit: { name: 'us', numerator: '1', denominator: '1' }, allowance: '1000',
  model: { kind: 'graduated', tiers: [{ upTo: '20000', unitPrice: low, flat: '1' }, { upTo: null, unitPrice: high, flat: '0' }] },
}); // prettier-ignore

const budget = (id: string, account: number, amount: string): ControlChange => ({
  kind: 'budget', id, account, name: id, amount, currency: 'EUR', period: 'month', targets: ['hook'], enabled: true,
  thresholds: [{ percent: '50', action: 'notify' }, { percent: '80', action: 'throttle' }, { percent: '100', action: 'block' }],
}); // prettier-ignore

/** One more decision, at random; `number` makes the ids of prices. */
export function decision(random: Random, nowMs: number, number: number): ControlChange[] {
  switch (random.below(4)) {
    case 0:
      return [budget('small', 2, String(random.between(10, 500)))];
    case 1:
      return [{ kind: 'budgetReset', budget: random.pick(['small', 'large']), reason: 'again' }];
    case 2:
      return [price(1 + number, nowMs - random.between(0, 30_000), `0.00${random.between(1, 9)}`, '0.0003')];
    default:
      return [budget('large', 1, String(random.between(100, 5000)))];
  }
}
