import type { LeafModel } from '../../messages/price.ts';
import { eventCharge, eventsText } from '../eventCharge.ts';
import { decimalText, rational } from '../exact.ts';
import { step, type LeafDraft } from '../leaf.ts';

/**
 * Each event for itself: charge = Σ over events of clamp(fee + q × unitPrice, minimum, maximum), each rounded once, half-even, to
 * 12 decimals. CGRateS connect fee and minimum cost, Lago "charge model per transaction". Tally-side: `Measures.value` is the
 * sum. Order-free, since no event looks at another.
 */
export function perEvent(model: Extract<LeafModel, { kind: 'perEvent' }>): LeafDraft {
  const price = {
    unitPrice: rational(model.unitPrice),
    fee: rational(model.fee),
    minimum: model.minimum,
    maximum: model.maximum,
  };
  const share = `${decimalText(price.unitPrice)} a unit`;
  return {
    bounds: [],
    build(units) {
      const charge = eventCharge(price, units.counted);
      return {
        order: 'free',
        countsEvents: true,
        charge: (_, { value }) => value,
        chargeEvent: (_, quantity, events) => charge(quantity, events, events),
        explain: (_, { events, value }) =>
          events === 0n && value === 0n ? [] : [step(eventsText(events, share, price), '', '', value)],
      };
    },
  };
}
