import { describe, expect, test } from 'vitest';
import { formatAmount } from '#core/money/fixed.ts';
import type { LeafModel, PriceModel, PriceRecord } from '#core/messages/price.ts';
import { compilePrice } from './compile.ts';
import { nothing } from './compiled.ts';
import { priceOf } from './testing/prices.ts';
test('x', () => {
  const c = compilePrice(
    priceOf({
      kind: 'graduated',
      tiers: [
        { upTo: '10', unitPrice: '0.05', flat: '0' },
        { upTo: null, unitPrice: '0.04', flat: '1.5' },
      ],
    }),
    { scale: 0 },
  );
  expect(formatAmount(c.whole!.charge({ ...nothing, quantity: 11n }))).toBe('2.04');
});
