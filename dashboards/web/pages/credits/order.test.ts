import { expect, test } from 'vitest';
import type { GrantFigures } from '#core/messages/creditFigures.ts';
import { burnOrder } from './order.ts';

const grant = (id: string, more: Partial<GrantFigures> = {}) =>
  ({ id, priority: 0, kind: 'prepaid', effectiveFromMs: 0, status: 'active', ...more }) as GrantFigures;

test('grants are shown as they burn: priority, expiry, promotional first, effective date, id; those that have ended last', () => {
  const grants = [
    grant('z', { status: 'expired', priority: 0, expiresAtMs: 1 }),
    grant('later', { status: 'pending' }),
    grant('b'),
    grant('a'),
    grant('late', { effectiveFromMs: 5 }),
    grant('gift', { kind: 'promotional' }),
    grant('soon', { expiresAtMs: 9 }),
    grant('first', { priority: -1 }),
  ];
  expect(burnOrder(grants).map(({ id }) => id)).toEqual(['first', 'soon', 'gift', 'a', 'b', 'late', 'later', 'z']);
});
