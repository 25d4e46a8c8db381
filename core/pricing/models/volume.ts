import type { LeafModel } from '../../messages/price.ts';
import { bracketLeaf, tierBrackets } from '../brackets.ts';
import { rational } from '../exact.ts';
import type { LeafDraft } from '../leaf.ts';

/**
 * The tier that holds Q prices all of it and owes its flat alone: charge = Q × unitPrice(Q) + flat(Q). Stripe, Lago and
 * OpenMeter "volume", Kill Bill "top tier" with blocks of one. The charge may fall as Q grows, so an increment may be negative:
 * the cliff is shown when it is reached, not at the end of the period. Order-free.
 */
export function volume(model: Extract<LeafModel, { kind: 'volume' }>): LeafDraft {
  return bracketLeaf(
    tierBrackets(model.tiers, (tier) => ({ unitPrice: rational(tier.unitPrice), flat: rational(tier.flat) })),
    'whole',
  );
}
