/** Bugs in what a price charges. */
import type { Mutant } from './mutant.ts';

const prices = ['core/reference/prices/prices.test.ts'];
const logs = ['core/rating/differential/differential.test.ts'];

export const pricesMutants: readonly Mutant[] = [
  {
    id: 'tier-bound',
    bug: 'The unit on the bound of a tier is priced by the tier above it.',
    edits: [
      {
        file: 'core/pricing/brackets.ts',
        find: 'if (piece.upTo !== null && x > piece.upTo) continue;\n    return x <= piece.from',
        replace: 'if (piece.upTo !== null && x >= piece.upTo) continue;\n    return x < piece.from',
      },
    ],
    tests: prices,
  },
  {
    id: 'tier-bound-fast',
    bug: 'On the fast path the first unit beyond a bound is priced by the tier below it.',
    edits: [
      {
        file: 'core/rating/narrow.ts',
        find: 'quantity <= at.room &&',
        replace: 'quantity <= at.room + 1 &&',
      },
    ],
    tests: ['core/rating/narrow.test.ts'],
  },
  {
    id: 'volume-as-graduated',
    bug: 'Volume tiers price only what lies inside them.',
    edits: [{ file: 'core/pricing/models/volume.ts', find: "'whole',", replace: "'inside'," }],
    tests: prices,
  },
  {
    id: 'double-allowance',
    bug: 'The allowance is granted twice.',
    edits: [
      {
        file: 'core/pricing/pipeline.ts',
        find: 'const free = units.scaled(allowance);',
        replace: 'const free = 2n * units.scaled(allowance);',
      },
    ],
    tests: prices,
  },
  {
    id: 'half-up',
    bug: 'A half is rounded up, where it goes to the even neighbour.',
    edits: [
      {
        file: 'core/money/fixed.ts',
        find: "if (mode === 'halfAwayFromZero') return away;",
        replace: "if (mode !== 'halfTowardsZero') return away;",
      },
    ],
    tests: prices,
  },
  {
    id: 'day-of-24-hours',
    bug: 'A day is 24 hours long also when the clock is changed.',
    edits: [
      {
        file: 'core/time/period.ts',
        find: 'return { startMs: startOfDayMs(first, timeZone), endMs: startOfDayMs(next, timeZone) };',
        replace: `const startMs = startOfDayMs(first, timeZone);
  return { startMs, endMs: kind === 'day' ? startMs + 86_400_000 : startOfDayMs(next, timeZone) };`,
      },
    ],
    tests: ['core/time/period.test.ts'],
  },
  {
    id: 'peak-without-clock-change',
    bug: 'Bands of the day stay on winter time: an hour is billed at the wrong price from March to October.',
    edits: [
      {
        file: 'core/pricing/cells/wallClock.ts',
        find: "toMs: jump('next', at) ?? Infinity,",
        replace: 'toMs: Infinity,',
      },
    ],
    tests: prices,
  },
  {
    id: 'month-end-in-utc',
    bug: "A month ends at midnight in Greenwich, not in the account's zone.",
    edits: [
      {
        file: 'core/time/period.ts',
        find: 'return { startMs: startOfDayMs(first, timeZone), endMs: startOfDayMs(next, timeZone) };',
        replace: "return { startMs: startOfDayMs(first, 'UTC'), endMs: startOfDayMs(next, 'UTC') };",
      },
    ],
    tests: logs,
  },
  {
    id: 'reset-billed',
    bug: 'A counter that was reset is billed as a negative quantity.',
    edits: [
      {
        file: 'collector/counters/delta.ts',
        find: 'if (value >= before) return',
        replace: 'if (value >= 0n) return',
      },
    ],
    tests: ['collector/counters/counters.test.ts'],
  },
  {
    id: 'flat-per-sample',
    bug: 'A flat amount is owed again with every sample.',
    edits: [
      {
        file: 'core/rating/measures.ts',
        find: 'growth.charge = charge - tally.charge;',
        replace: 'growth.charge = quantity > 0n && charge === tally.charge ? charge : charge - tally.charge;',
      },
    ],
    tests: logs,
  },
  {
    id: 'rounded-per-increment',
    bug: 'Each increment is rounded for itself, instead of being the difference of two rounded charges.',
    edits: [
      {
        file: 'core/rating/narrow.ts',
        find: 'roundsUp(product - quotient * divisor, divisor, isOdd) - at.roundsUp;',
        replace: 'roundsUp(product - at.remainder - quotient * divisor, divisor, isOdd);',
      },
    ],
    tests: ['core/rating/narrow.test.ts'],
  },
  {
    id: 'allowance-per-sample',
    bug: 'The allowance is taken off every sample.',
    edits: [
      {
        file: 'core/rating/measures.ts',
        find: 'const charge = cell.charge(reached(tally, quantity, growth)) - tally.carriedCharge;',
        replace: 'const charge = tally.charge + cell.charge({ quantity, events: growth.events, value: growth.value });',
      },
    ],
    tests: logs,
  },
  {
    id: 'cap-per-sample',
    bug: 'The maximum is applied to what each sample adds, not to the period.',
    edits: [
      {
        file: 'core/pricing/pipeline.ts',
        find: `    countsEvents: leaf.countsEvents === true || counting.countEvent !== undefined,
    valueAfter: valueAfter(leaf, counting),
    charge: (measures) => terms.apply(listed(measures)),`,
        replace: `    countsEvents: leaf.countsEvents === true || counting.countEvent !== undefined || record.maximum !== undefined,
    valueAfter: (before, quantity, events) =>
      leaf.countsEvents === true || counting.countEvent !== undefined || record.maximum === undefined
        ? valueAfter(leaf, counting)(before, quantity, events)
        : before.value +
          terms.apply(listed({ ...before, quantity: before.quantity + quantity }) - listed(before)),
    charge: (measures) =>
      leaf.countsEvents === true || counting.countEvent !== undefined || record.maximum === undefined
        ? terms.apply(listed(measures))
        : measures.value,`,
      },
      {
        file: 'core/pricing/pipeline.ts',
        find: 'linear: pieces === undefined ?',
        replace: 'linear: pieces === undefined || record.maximum !== undefined ?',
      },
    ],
    tests: prices,
  },
  {
    id: 'discount-after-cap',
    bug: 'The discount is taken off the maximum instead of what is compared with it.',
    edits: [
      {
        file: 'core/pricing/terms.ts',
        find: `      const net = hasDiscount ? listed - discountOn(listed) : listed;
      return maximum !== undefined && net > maximum ? maximum : net;`,
        replace: `      const net = maximum !== undefined && listed > maximum ? maximum : listed;
      return hasDiscount ? net - discountOn(net) : net;`,
      },
    ],
    tests: prices,
  },
  {
    id: 'matrix-first-match',
    bug: 'The first rule of a matrix that matches wins, not the most specific one.',
    edits: [
      {
        file: 'core/pricing/cells/matrix.ts',
        find: '.sort((a, b) => b.match.length - a.match.length)',
        replace: '',
      },
    ],
    tests: prices,
  },
  {
    id: 'package-down',
    bug: 'A package that was begun is not owed.',
    edits: [
      {
        file: 'core/pricing/models/package.ts',
        find: 'divideRounded(billable, sizeScaled, mode)',
        replace: "divideRounded(billable, sizeScaled, mode && 'down')",
      },
    ],
    tests: prices,
  },
  {
    id: 'fee-of-a-part',
    bug: 'An event that a boundary cuts pays its fee on both sides.',
    edits: [
      {
        file: 'core/pricing/models/perEvent.ts',
        find: 'charge(quantity, events, events)',
        replace: 'charge(quantity, 1n, 1n)',
      },
    ],
    tests: prices,
  },
  {
    id: 'first-increment-of-nothing',
    bug: 'A call of no length is billed its first minute.',
    edits: [{ file: 'core/pricing/quantityRule.ts', find: 'if (quantity === 0n) return 0n;', replace: '' }],
    tests: prices,
  },
  {
    id: 'free-events-by-value-alone',
    bug: 'The event that passes the free number is still free, while its value is.',
    edits: [
      {
        file: 'core/pricing/models/percentage.ts',
        find: 'if (freeEvents !== undefined && number > freeEvents) return',
        replace: 'if (freeEvents !== undefined && number > freeEvents + 1n) return',
      },
    ],
    tests: prices,
  },
];
