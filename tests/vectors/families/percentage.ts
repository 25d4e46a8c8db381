import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import type { PercentageModel } from '#core/messages/price.ts';
import {
  add,
  compare,
  divide,
  multiply,
  ratio,
  roundTo,
  sign,
  smaller,
  larger,
  subtract,
  sum,
  zero,
} from '#core/money/rational.ts';
import { decimal, hundred, integer, maybe, words } from '../fields.ts';
import { computeOurs, form, type ExceptionRule, type Family } from '../family.ts';
import type { Ours } from '../compare.ts';
import { inCents, priced, quotient, text } from '../price.ts';

const config = z.strictObject({
  ratePercent: decimal,
  fixedPerEvent: maybe(decimal),
  freeEvents: maybe(integer),
  freeValueTotal: maybe(decimal),
  minPerEvent: maybe(decimal),
  maxPerEvent: maybe(decimal),
  taxRatePercent: maybe(decimal),
  ...words,
});
type Config = z.output<typeof config>;

const inputs = z.union([
  z.strictObject({ eventValues: z.array(decimal) }),
  z.strictObject({
    value: decimal,
    events: integer,
    runningTotals: maybe(z.array(decimal)),
    eventValues: maybe(z.array(decimal)),
  }),
]);
type Inputs = z.output<typeof inputs>;

/** Whichever limit is reached first ends what is free; a limit of 0 is none. */
function modelOf(fields: Config, change: Partial<PercentageModel> = {}): PercentageModel {
  const { ratePercent, fixedPerEvent = zero, freeEvents = 0, freeValueTotal = zero, minPerEvent, maxPerEvent } = fields;
  const hasFree = freeEvents > 0 || sign(freeValueTotal) > 0;
  return {
    kind: 'percentage',
    percent: text(ratePercent),
    perEvent: text(fixedPerEvent),
    free: hasFree ? 'whicheverFirst' : 'totals',
    ...(freeEvents > 0 && { freeEvents: String(freeEvents) }),
    ...(sign(freeValueTotal) > 0 && { freeValue: text(freeValueTotal) }),
    ...(minPerEvent && { minimum: text(minPerEvent) }),
    ...(maxPerEvent && { maximum: text(maxPerEvent) }),
    ...change,
  };
}

const withoutBounds = (fields: Config): Config => ({ ...fields, minPerEvent: undefined, maxPerEvent: undefined });

/** The events one by one; of totals alone, those that the running totals tell, then the rest in the next one. */
function eventsOf(fields: Inputs): Rational[] {
  if (fields.eventValues !== undefined) return fields.eventValues;
  const { value, events, runningTotals = [] } = fields as Extract<Inputs, { value: Rational }>;
  const known = runningTotals.map((total, index) => subtract(total, runningTotals[index - 1] ?? zero));
  const rest = subtract(value, runningTotals.at(-1) ?? zero);
  const others = Array.from({ length: Math.max(events - known.length, 0) }, (_, index) => (index === 0 ? rest : zero));
  return [...known, ...others];
}

const last = (charges: readonly Rational[]): Rational => charges.at(-1) ?? zero;

const charged = form(config, inputs, (fields, given) => {
  const events = eventsOf(given);
  const charge = (model: PercentageModel) => priced(model).chargesAfter(events);
  const after = charge(modelOf(fields));
  const share = last(charge(modelOf(withoutBounds(fields), { perEvent: '0' })));
  // A price of 100 % charges the value that is not free, one of 1 for each event the events that are not.
  const owedValue = last(charge(modelOf(withoutBounds(fields), { percent: '100', perEvent: '0' })));
  const owedEvents = last(charge(modelOf(withoutBounds(fields), { percent: '0', perEvent: '1' })));
  const cents = after.map(inCents);
  return {
    amount: last(after),
    unitAmount: quotient(last(after), sum(events)),
    percentagePart: share,
    fixedPart: subtract(last(charge(modelOf(withoutBounds(fields)))), share),
    freeEventsUsed: subtract(ratio(BigInt(events.length)), owedEvents),
    freeValueUsed: subtract(sum(events), owedValue),
    amountCentsAfterEach: cents,
    totalWithTaxCentsAfterEach: cents.map((amount) => add(amount, taxOf(amount, fields.taxRatePercent))),
  };
});

export const taxOf = (cents: Rational, percent: Rational | undefined): Rational =>
  roundTo(divide(multiply(cents, percent ?? zero), hundred), 0, 'halfAwayFromZero');

/**
 * The source's count of what is free: events whose running total is below the free value, or the number of free events, whichever is
 * less and not 0; with bounds per event, the free value alone when there is one.
 */
const sourceAmount = (fields: Config, given: Inputs): Rational => sourceParts(fields, given).amount;

function sourceParts(
  fields: Config,
  given: Inputs,
): { readonly amount: Rational } & Readonly<Record<string, Rational>> {
  const events = eventsOf(given);
  const { ratePercent, fixedPerEvent = zero, freeEvents = 0, freeValueTotal = zero, minPerEvent, maxPerEvent } = fields;
  const rate = divide(ratePercent, hundred);
  if (minPerEvent !== undefined || maxPerEvent !== undefined) {
    let eventsLeft = freeEvents;
    let valueLeft = freeValueTotal;
    const each = events.map((event) => {
      let value = event;
      if (eventsLeft > 0 || sign(valueLeft) > 0) {
        eventsLeft -= 1;
        if (sign(valueLeft) <= 0) return zero;
        if (compare(valueLeft, value) > 0) {
          valueLeft = subtract(valueLeft, value);
          return zero;
        }
        value = subtract(value, valueLeft);
        [valueLeft, eventsLeft] = [zero, 0];
      }
      const amount = add(multiply(value, rate), fixedPerEvent);
      const least = minPerEvent === undefined ? amount : larger(amount, minPerEvent);
      return maxPerEvent === undefined ? least : smaller(least, maxPerEvent);
    });
    return { amount: sum(each) };
  }
  const totals = events.map((_, index) => sum(events.slice(0, index + 1)));
  const below = totals.filter((total) => compare(total, freeValueTotal) < 0).length;
  const counts = [freeEvents, below].filter((count) => count > 0);
  const free = counts.length === 0 ? 0 : Math.min(...counts);
  const all = sum(events);
  const freeValue =
    freeEvents > 0 &&
    freeEvents < totals.length &&
    (sign(freeValueTotal) === 0 || compare(totals[freeEvents - 1]!, freeValueTotal) <= 0)
      ? totals[freeEvents - 1]!
      : sign(freeValueTotal) === 0
        ? freeEvents > 0
          ? all
          : zero
        : smaller(all, freeValueTotal);
  const owing = sign(all) === 0 ? 0 : Math.max(events.length - free, 0);
  const fees = multiply(ratio(BigInt(owing)), fixedPerEvent);
  const share = multiply(subtract(all, freeValue), rate);
  return {
    amount: add(share, fees),
    percentagePart: share,
    fixedPart: fees,
    freeEventsUsed: ratio(BigInt(events.length - owing)),
    freeValueUsed: freeValue,
  };
}

const limitsMeet: ExceptionRule = {
  name: 'an event is free while both limits hold',
  reason:
    'ours: free while number and value, this event included, stay within both limits; upstream makes an event that reaches the free value exactly pay its fee, forgets a limit when the first event passes it, lets events of no value go without fee, and with bounds per event goes by the value alone',
  applies(vector) {
    const [fields, given] = [config.safeParse(vector.config), inputs.safeParse(vector.inputs)];
    if (!fields.success || !given.success) return false;
    const ours = computeOurs(percentage, vector) as { readonly amount?: Rational };
    return ours.amount !== undefined && compare(ours.amount, sourceAmount(fields.data, given.data)) !== 0;
  },
  theirs(vector): Ours {
    const [fields, given] = [config.parse(vector.config), inputs.parse(vector.inputs)];
    const events = eventsOf(given);
    const cents = events.map((_, index) => inCents(sourceAmount(fields, { eventValues: events.slice(0, index + 1) })));
    return {
      ...sourceParts(fields, given),
      unitAmount: quotient(sourceAmount(fields, given), sum(events)),
      amountCentsAfterEach: cents,
      totalWithTaxCentsAfterEach: cents.map((amount) => add(amount, taxOf(amount, fields.taxRatePercent))),
    };
  },
};

export const percentage: Family = { area: 'rating', forms: [charged], exceptions: [limitsMeet] };
