/** What hypothetical usage would add to a tally: asked of the charge that is really made, and without any effect. */
import type { ExplainStep } from '../messages/api.ts';
import type { AmountPico } from '../money/fixed.ts';
import type { Cell, Measures } from './compiled.ts';

/** So many events of this quantity each, in tally units at the meter's scale. */
export interface Hypothetical {
  readonly quantity: bigint;
  readonly events: number;
}

export interface Estimate {
  readonly before: AmountPico;
  readonly after: AmountPico;
  /** May be negative: a tier may make all that was used before cheaper. */
  readonly increment: AmountPico;
  readonly stepsBefore: readonly ExplainStep[];
  readonly stepsAfter: readonly ExplainStep[];
  readonly measuresAfter: Measures;
}

/** Events that one estimate goes through, where the price looks at each. */
export const estimateEventsMax = 100_000;

/**
 * `now` is what the tally stands at, what it carried over included; the usage comes after it in the order given. Throws RangeError for a
 * number or quantity that is not one, and for more than `estimateEventsMax` events of a price that looks at each.
 */
export function estimate(cell: Cell, now: Measures, usage: readonly Hypothetical[]): Estimate {
  const measuresAfter = usage.reduce((measures, each) => afterUsage(cell, measures, each), now);
  if (cell.countsEvents && measuresAfter.events - now.events > BigInt(estimateEventsMax)) throw tooMany();
  const before = cell.charge(now);
  const after = cell.charge(measuresAfter);
  return {
    before,
    after,
    increment: after - before,
    stepsBefore: cell.explain(now),
    stepsAfter: cell.explain(measuresAfter),
    measuresAfter,
  };
}

function afterUsage(cell: Cell, measures: Measures, { quantity, events }: Hypothetical): Measures {
  if (quantity < 0n || !Number.isSafeInteger(events) || events < 0)
    throw new RangeError('hypothetical usage is a number of events, each of a quantity from 0 up');
  if (!cell.countsEvents)
    return {
      ...measures,
      quantity: measures.quantity + quantity * BigInt(events),
      events: measures.events + BigInt(events),
    };
  if (events > estimateEventsMax) throw tooMany();
  let now = measures;
  for (let done = 0; done < events; done++) {
    const value = cell.valueAfter(now, quantity, 1n);
    now = { quantity: now.quantity + quantity, events: now.events + 1n, value };
  }
  return now;
}

const tooMany = (): RangeError => new RangeError(`an estimate goes through at most ${estimateEventsMax} events`);
