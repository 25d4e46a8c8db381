import type { LeafModel } from '../../messages/price.ts';
import { bracketLeaf, tierBrackets } from '../brackets.ts';
import { zero } from '../../money/rational.ts';
import { rational } from '../exact.ts';
import type { LeafDraft } from '../leaf.ts';

/**
 * The amount of the tier that holds Q, whatever Q is in it: charge = amount(Q). Chargebee and Recurly "stairstep", Kill Bill
 * "capacity" (there on the maximum of the period, which is the meter's aggregation here). Order-free.
 */
export function stairstep(model: Extract<LeafModel, { kind: 'stairstep' }>): LeafDraft {
  return bracketLeaf(
    tierBrackets(model.tiers, (tier) => ({ unitPrice: zero, flat: rational(tier.amount) })),
    'whole',
  );
}
