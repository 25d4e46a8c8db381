/** Prices that take over from themselves in mid-period, at random, with figures for the part in which each is in force. */
import fc from 'fast-check';
import { ordinary, yearly, type Action } from '../differential/actions.ts';
import { hour, startMs } from './ground.ts';
import { account, instant, prorate, rollingFacts } from './priceFacts.ts';

/** Versions that follow one another in mid-period, some before others that came earlier. */
const proratedFacts = fc
  .tuple(rollingFacts, prorate, fc.constantFrom(0, 30 * 60_000, 2 * hour, 26 * hour, 20 * 24 * hour + 1, -40 * 24 * hour), account, fc.boolean())
  .map(([price, of, fromMs, scope, rolls]) => ({
    ...price, key: 'k6', service: 's6', component: 'c6', account: price.tallyScope === 'subtree' ? 1 : scope % 3, effectiveFromMs: startMs + fromMs,
    prorate: of, rollover: rolls ? price.rollover : undefined,
  })); // prettier-ignore

const versions = fc
  .array(proratedFacts, { minLength: 1, maxLength: 2 })
  .map((prices) => ({ kind: 'prices', tenant: 't', prices }) as Action);
const versionAgain = fc
  .record({
    which: fc.nat(20),
    effectiveFromMs: fc.oneof(instant, fc.constantFrom(startMs + 50 * hour, startMs + 50 * hour + 1)),
    facts: proratedFacts,
  })
  .map((drawn) => ({ kind: 'revise', tenant: 't', ...drawn }) as Action);

const pastUsage = fc
  .record({
    month: fc.constantFrom(0, 1),
    samples: fc.array(
      ordinary.map((one) => ({ ...one, resource: 0 as const, metric: 0 as const })),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map((drawn): Action => ({ kind: 'batch', tenant: 't', producer: 'gateway', harm: null, ...drawn }));
const nextMonth: Action = { kind: 'month', ticks: false };

/** Two months gone by, at prices that take over from themselves again and again, in the middle of them. */
export const proratedMonths: fc.Arbitrary<Action[]> = fc
  .tuple(
    versions,
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: pastUsage }, { weight: 1, arbitrary: versions }, { weight: 2, arbitrary: versionAgain }, { weight: 5, arbitrary: yearly },
      ),
      { minLength: 15, maxLength: 50, size: 'max' },
    ),
  )
  .map(([first, rest]) => [first, nextMonth, nextMonth, ...rest]); // prettier-ignore
