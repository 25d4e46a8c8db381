/** Requests on holds, at random: few keys and short lives, so that holds are repeated, ended, forgotten and asked for anew. */
import fc from 'fast-check';
import { node, tenant } from './priceFacts.ts';

const key = fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5', 'k6');

const usage = fc.record(
  {
    meter: fc.constantFrom('cpu.all', 'cpu.all', 'net.all', 'mem.held', 'cpu.peak', 'seats.held', 'nothing'),
    quantity: fc.constantFrom('0', '1', '12', '250', '0.5'),
    unit: fc.constantFrom('us', 'u'),
    dims: fc.constantFrom({}, { mode: 'user' }, { mode: 'idle' }),
    resource: fc.constantFrom('a', 'a/b', 'd', 'nobody'),
  },
  { requiredKeys: ['meter', 'quantity'] },
);

const request = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('hold' as const), tenant, key, account: node, amount: fc.constantFrom('0.25', '1', '3', '40', '0.000000000001'), currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'TOKENS', 'USD'), service: fc.constantFrom('s', 'r'), expiresInMs: fc.constantFrom(200, 3_600_000) }, { requiredKeys: ['op', 'tenant', 'key', 'account', 'amount', 'currency', 'expiresInMs'] }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('hold' as const), tenant, key, account: node, usage, expiresInMs: fc.constantFrom(200, 3_600_000) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('check' as const), tenant, account: node, usage }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('commit' as const), tenant, key, amount: fc.constantFrom('0', '0.25', '1', '41'), keepForMs: fc.constantFrom(0, 60_000) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('commit' as const), tenant, key, keepForMs: fc.constant(1000) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('release' as const), tenant, key }) },
); // prettier-ignore

/** Decided with the commit that follows. */
export const requestAction = fc.record({ kind: fc.constant('request' as const), request });
