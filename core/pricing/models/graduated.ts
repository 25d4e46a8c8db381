import type { LeafModel } from '../../messages/price.ts';
import { bracketLeaf, tierBrackets } from '../brackets.ts';
import { rational } from '../exact.ts';
import type { LeafDraft } from '../leaf.ts';

/**
 * Each tier prices only what lies inside it, (previous upTo, upTo]; its flat is owed once it is entered:
 * charge = Σ over tiers reached of (units in the tier × unitPrice + flat). Stripe, Lago and OpenMeter "graduated", Kill Bill
 * "tiered, all tiers" with blocks of one. Order-free.
 */
export function graduated(model: Extract<LeafModel, { kind: 'graduated' }>): LeafDraft {
  return bracketLeaf(
    tierBrackets(model.tiers, (tier) => ({ unitPrice: rational(tier.unitPrice), flat: rational(tier.flat) })),
    'inside',
  );
}
