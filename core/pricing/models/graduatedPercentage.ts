import type { LeafModel } from '../../messages/price.ts';
import { bracketLeaf, tierBrackets } from '../brackets.ts';
import { percentage, rational } from '../exact.ts';
import type { LeafDraft } from '../leaf.ts';

/**
 * Each tier charges its share of the value that lies inside it, and its flat once it is entered: charge = Σ over tiers reached
 * of (value in the tier × percent / 100 + flat). Lago "graduated percentage", except that Lago owes the first flat without any
 * usage; here nothing used is nothing charged. Order-free.
 */
export function graduatedPercentage(model: Extract<LeafModel, { kind: 'graduatedPercentage' }>): LeafDraft {
  return bracketLeaf(
    tierBrackets(model.tiers, (tier) => ({ unitPrice: percentage(tier.percent), flat: rational(tier.flat) })),
    'inside',
  );
}
