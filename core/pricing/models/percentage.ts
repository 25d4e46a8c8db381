import type { PercentageModel } from '../../messages/price.ts';
import { divideRounded } from '../../money/fixed.ts';
import { bracketLeaf } from '../brackets.ts';
import type { Measures } from '../compiled.ts';
import { countText, eventCharge, eventsText } from '../eventCharge.ts';
import { zero } from '../../money/rational.ts';
import { decimalText, inPico, percentage as fraction, rational } from '../exact.ts';
import { step, type Leaf, type LeafDraft } from '../leaf.ts';

/**
 * A share of a value and a fee per event: charge = (value − free value) × percent / 100 + (events − free events) × perEvent.
 * Stripe's and Adyen's card fees, Lago "percentage". `free: totals` takes the free parts off the totals, order-free. Lago's own
 * rule is `whicheverFirst`: free while number and value so far both stay within their limits, log-ordered. With that, or with a
 * minimum or maximum of an event, the charge is a sum over events, each rounded once (tally-side).
 */
export function percentage(model: PercentageModel): LeafDraft {
  const freeEvents = model.freeEvents === undefined ? undefined : wholeNumber(model.freeEvents);
  const isByEvent = model.free === 'whicheverFirst' || model.minimum !== undefined || model.maximum !== undefined;
  return isByEvent ? byEvent(model, freeEvents) : ofTotals(model, freeEvents ?? 0n);
}

function ofTotals(model: PercentageModel, freeEvents: bigint): LeafDraft {
  const percent = fraction(model.percent);
  const freeValue = rational(model.freeValue ?? '0');
  const label = `${decimalText(rational(model.percent))} % of the value`;
  const share = bracketLeaf(
    [{ from: freeValue, upTo: null, unitPrice: percent, flat: zero, label, span: '' }],
    'inside',
  );
  const perEvent = rational(model.perEvent);
  const { numerator: factor, denominator: divisor } = inPico(perEvent);
  return {
    bounds: share.bounds,
    build(units): Leaf {
      const value = share.build(units);
      const freeScaled = units.scaled(freeValue);
      const explainValue: Leaf['explain'] = (billable, measures) => {
        if (freeScaled === 0n || billable <= 0n) return value.explain(billable, measures);
        const used = billable < freeScaled ? billable : freeScaled;
        return [step('free value', units.text(used), zero, 0n), ...value.explain(billable, measures)];
      };
      if (factor === 0n) return { ...value, explain: explainValue };
      const fees = ({ events }: Measures) =>
        events <= freeEvents ? 0n : divideRounded((events - freeEvents) * factor, divisor, 'halfEven');
      return {
        order: 'free',
        countsEvents: true,
        charge: (billable, measures) => value.charge(billable, measures) + fees(measures),
        explain(billable, measures) {
          const steps = explainValue(billable, measures);
          const { events } = measures;
          const freeUsed = events < freeEvents ? events : freeEvents;
          if (freeUsed > 0n) steps.push(step(`${countText(freeUsed)}, free`, '', zero, 0n));
          if (events > freeEvents) steps.push(step(countText(events - freeEvents), '', perEvent, fees(measures)));
          return steps;
        },
      };
    },
  };
}

/** Of tally units that are not rounded before: what came so far is `Measures.quantity`. */
function byEvent(model: PercentageModel, freeEvents: bigint | undefined): LeafDraft {
  const freeValue = model.freeValue === undefined ? undefined : rational(model.freeValue);
  const hasFree = freeEvents !== undefined || freeValue !== undefined;
  const price = {
    unitPrice: fraction(model.percent),
    fee: rational(model.perEvent),
    minimum: model.minimum,
    maximum: model.maximum,
  };
  const limits = [
    ...(freeEvents === undefined ? [] : [countText(freeEvents)]),
    ...(freeValue === undefined ? [] : [decimalText(freeValue)]),
  ].join(' and ');
  const free = limits === '' ? '' : model.free === 'totals' ? `, the first ${limits} free` : `, free within ${limits}`;
  const label = (events: bigint) => `${eventsText(events, `${decimalText(rational(model.percent))} %`, price)}${free}`;
  const owedOf = !hasFree ? owesAll : model.free === 'totals' ? owedBeyondTotals : owedAfterFirst;
  return {
    bounds: freeValue === undefined ? [] : [freeValue],
    build(units): Leaf {
      const charge = eventCharge(price, units.each);
      const limits = { freeEvents, freeValue: freeValue === undefined ? undefined : units.scaled(freeValue) };
      return {
        order: hasFree || model.free === 'whicheverFirst' ? 'log' : 'free',
        countsEvents: true,
        charge: (_, { value }) => value,
        chargeEvent(before, quantity, events) {
          const number = before.events + events;
          const owed = owedOf(limits, before.quantity * units.stretch, quantity * units.stretch, number);
          return owed === undefined ? 0n : charge(owed.value, events, owed.fee ? events : 0n);
        },
        explain: (_, { events, value }) => (events === 0n && value === 0n ? [] : [step(label(events), '', '', value)]),
      };
    },
  };
}

interface FreeLimits {
  readonly freeEvents: bigint | undefined;
  readonly freeValue: bigint | undefined;
}

/** What an event owes, or undefined when it is free: of `value`, after `so` far, as event number `number` or a part cut off it. */
type Owed = (
  limits: FreeLimits,
  so: bigint,
  value: bigint,
  number: bigint,
) => { readonly value: bigint; readonly fee: boolean } | undefined;

const owesAll: Owed = (_, _so, value) => ({ value, fee: true });

/** Free while the number and the value so far stay within their limits; the event that passes the value limit owes what is beyond, and its fee. */
const owedAfterFirst: Owed = ({ freeEvents, freeValue }, so, value, number) => {
  if (freeEvents !== undefined && number > freeEvents) return { value, fee: true };
  if (freeValue === undefined || so + value <= freeValue) return undefined;
  return { value: so > freeValue ? value : so + value - freeValue, fee: true };
};

/** The first events owe no fee, and the first value nothing; free is an event that owes neither. */
const owedBeyondTotals: Owed = ({ freeEvents = 0n, freeValue = 0n }, so, value, number) => {
  const owed = so > freeValue ? value : so + value > freeValue ? so + value - freeValue : 0n;
  const fee = number > freeEvents;
  return fee || owed > 0n ? { value: owed, fee } : undefined;
};

function wholeNumber(text: string): bigint {
  if (!/^\d{1,26}$/.test(text)) throw new RangeError(`"${text}" is not a number of events`);
  return BigInt(text);
}
