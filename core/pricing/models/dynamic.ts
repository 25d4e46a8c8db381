import type { LeafModel } from '../../messages/price.ts';
import { bracketLeaf } from '../brackets.ts';
import { zero } from '../../money/rational.ts';
import { rational } from '../exact.ts';
import type { LeafDraft } from '../leaf.ts';

/**
 * The events say what they cost, and that is passed on with a mark-up: charge = Q × multiplier, Q in the price's currency. Lago
 * and OpenMeter "dynamic" (there a multiplier as well). Order-free.
 */
export function dynamic(model: Extract<LeafModel, { kind: 'dynamic' }>): LeafDraft {
  return bracketLeaf(
    [{ from: zero, upTo: null, unitPrice: rational(model.multiplier), flat: zero, label: 'amounts given', span: '' }],
    'whole',
  );
}
