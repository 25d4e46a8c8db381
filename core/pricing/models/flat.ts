import type { LeafModel } from '../../messages/price.ts';
import { bracketLeaf } from '../brackets.ts';
import { zero } from '../../money/rational.ts';
import { rational } from '../exact.ts';
import type { LeafDraft } from '../leaf.ts';

/**
 * The amount once anything billable was used: charge = amount when Q > 0. Peers call it a usage-triggered flat fee (OpenMeter
 * "flat", CGRateS connect fee of a plan); a fee that is owed without usage is no price of a meter. Order-free.
 */
export function flat(model: Extract<LeafModel, { kind: 'flat' }>): LeafDraft {
  return bracketLeaf(
    [{ from: zero, upTo: null, unitPrice: zero, flat: rational(model.amount), label: 'flat', span: '' }],
    'whole',
  );
}
