import type { PriceModel } from '../messages/control.ts';
import { rational, type Bracket } from './compile.ts';

/**
 * Graduated: each tier prices only what lies inside it, (previous upTo, upTo]; `flat` is owed once the tier is entered.
 * charge = Σ over tiers reached of (units in the tier × unitPrice + flat). Stripe and Lago call it graduated, Kill
 * Bill tiered, Metronome tiered.
 */
export function graduatedSteps(model: Extract<PriceModel, { kind: 'graduated' }>): Bracket[] {
  let from = rational('0');
  return model.tiers.map((tier) => {
    const upTo = tier.upTo === null ? null : rational(tier.upTo);
    const bracket = { from, upTo, unitPrice: rational(tier.unitPrice), flat: rational(tier.flat) };
    if (upTo !== null) from = upTo;
    return bracket;
  });
}
