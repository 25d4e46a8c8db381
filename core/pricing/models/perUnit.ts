import type { LeafModel } from '../../messages/price.ts';
import { bracketLeaf } from '../brackets.ts';
import { zero } from '../../money/rational.ts';
import { rational } from '../exact.ts';
import type { LeafDraft } from '../leaf.ts';

/**
 * Every billable unit at one price: charge = Q × unitPrice. Stripe "per unit", Lago "standard", OpenMeter "unit", Kill Bill a
 * single open tier, CloudKitty a flat rate. Order-free.
 */
export function perUnit(model: Extract<LeafModel, { kind: 'perUnit' }>): LeafDraft {
  return bracketLeaf(
    [{ from: zero, upTo: null, unitPrice: rational(model.unitPrice), flat: zero, label: 'all', span: '' }],
    'whole',
  );
}
