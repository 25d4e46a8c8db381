/** Bugs in what becomes of samples, tallies and what lies above them. */
import type { Mutant } from './mutant.ts';

const logs = ['core/rating/differential/differential.test.ts'];

export const logsMutants: readonly Mutant[] = [
  {
    id: 'closed-month-moves',
    bug: 'Usage that comes after its month was closed changes the balance of that month.',
    edits: [
      {
        file: 'core/rating/plan.ts',
        find: 'const bookedAtMs = isLate ? closedMs : atMs;',
        replace: 'const bookedAtMs = atMs;',
      },
    ],
    tests: logs,
  },
  {
    id: 'rollover-too-long',
    bug: 'What is left of an allowance lasts a period longer than the price says.',
    edits: [
      {
        file: 'core/rating/rollover.ts',
        find: 'carryPeriods: rollover.periods',
        replace: 'carryPeriods: rollover.periods + 1',
      },
    ],
    tests: logs,
  },
  {
    id: 'parts-rounded-apart',
    bug: 'The parts of a sample that is cut are rounded each for itself and add up to more or less than it.',
    edits: [
      {
        file: 'core/rating/rateSample.ts',
        find: 'isDelta ? upTo(toMs) - upTo(fromMs) : quantity',
        replace: "isDelta ? divideRounded(quantity * BigInt(toMs - fromMs), length, 'halfEven') : quantity",
      },
    ],
    tests: logs,
  },
  {
    id: 'late-point-for-one',
    bug: 'A point of a market series that comes late charges its own interval anew, but not those that it is the last known of.',
    edits: [
      {
        file: 'core/rating/repricing.ts',
        find: 'pointAt(old, startMs)?.point.value !== pointAt(now, startMs)?.point.value;',
        replace: `pointAt(now, startMs)?.isProvisional === false &&
      pointAt(old, startMs)?.point.value !== pointAt(now, startMs)?.point.value;`,
      },
    ],
    tests: logs,
  },
  {
    id: 'day-of-two-versions',
    bug: 'The day on which a version takes over counts for both, so that their parts of a month are more than it.',
    edits: [
      {
        file: 'core/rating/inForce.ts',
        find: 'inForce: measure(untilMs) - measure(startMs),',
        replace: "inForce: measure(untilMs) - measure(startMs) + (record.prorate!.by === 'day' ? 1n : 0n),",
      },
    ],
    tests: ['core/rating/inForce.test.ts'],
  },
  {
    id: 'open-tally-stays',
    bug: 'A version that takes over in mid-period leaves what was used before it with the allowance of the whole month.',
    edits: [
      {
        file: 'core/rating/repricing.ts',
        find: 'const isNew = master.prices.size > before.prices.size;',
        replace: 'const isNew = false;',
      },
    ],
    tests: ['core/rating/inForce.test.ts'],
  },
  {
    id: 'peak-of-what-came-meanwhile',
    bug: 'What comes while a peak is rebuilt after a correction is not in it.',
    edits: [
      {
        file: 'core/rating/portions.ts',
        find: 'tenant.shadows.size === 0 ? nothing',
        replace: 'tenant.shadows.size >= 0 ? nothing',
      },
    ],
    tests: ['core/rating/corrections/rebuild.test.ts'],
  },
  {
    id: 'rebuilding-forgotten-by-the-next-owner',
    bug: 'Who takes over while a peak is rebuilt does not know what came meanwhile.',
    edits: [{ file: 'core/rating/commit.ts', find: '    ...shadowsOf(changes.shadows),\n', replace: '' }],
    tests: ['core/rating/corrections/rebuild.test.ts'],
  },
  {
    id: 'last-point-wins',
    bug: 'Of two revisions of a market price the one that came last counts, not the higher one.',
    edits: [
      {
        file: 'core/pricing/series/points.ts',
        find: 'known === undefined || known.revision < point.revision',
        replace: 'known === undefined || known.revision !== point.revision',
      },
    ],
    tests: ['core/pricing/series/series.test.ts'],
  },
  {
    id: 'overlap-billed',
    bug: 'Time that was billed already is billed again when a counter is sent anew.',
    edits: [
      {
        file: 'core/rating/rateSample.ts',
        find: 'sample.startMs < series.endMs;',
        replace: 'sample.endMs < series.endMs;',
      },
    ],
    tests: logs,
  },
  {
    id: 'duplicate-billed',
    bug: 'A batch is billed a second time when its hash is no longer remembered.',
    edits: [
      {
        file: 'core/rating/admit.ts',
        find: 'return known === undefined || known[1] === hash',
        replace: `if (known === undefined) return { kind: 'next', previousHash: undefined };
    return known[1] === hash`,
      },
    ],
    tests: ['core/rating/duplicates.test.ts'],
  },
  {
    id: 'root-forgotten',
    bug: 'A charge reaches the balances of all ancestors but the root.',
    edits: [
      {
        file: 'core/rating/closeBlocks.ts',
        find: 'balance.total += chain.amount;',
        replace: 'if (level === 0 || level < chain.balances.length - 1) balance.total += chain.amount;',
      },
    ],
    tests: logs,
  },
  {
    id: 'position-forgotten',
    bug: 'A new version of a price begins in its first tier again.',
    edits: [
      {
        file: 'core/rating/carry.ts',
        find: "if (record.onVersion === 'restart') return [];",
        replace: "if (record.onVersion !== 'carry') return [];",
      },
    ],
    tests: logs,
  },
  {
    id: 'peak-summed',
    bug: 'The greatest levels of a period are added up.',
    edits: [
      {
        file: 'core/rating/aggregate.ts',
        find: 'return by(quantity > total ? quantity - total : 0n);',
        replace: 'return by(quantity > total ? quantity : 0n);',
      },
    ],
    tests: logs,
  },
  {
    id: 'percentile-of-used-slots',
    bug: 'Slots without usage do not count, so that too few of the highest are set aside.',
    edits: [
      {
        file: 'core/rating/slots.ts',
        find: 'sums.sort()[sums.length - 1 - discarded]!;',
        replace: `{
  const used = sums.filter((sum) => sum > 0n).sort();
  return used[used.length - 1 - Math.floor((discarded * used.length) / sums.length)] ?? 0n;
};`,
      },
    ],
    tests: logs,
  },
  {
    id: 'slots-set-aside-rounded-up',
    bug: 'One slot more than the share of all is set aside.',
    edits: [
      {
        file: 'core/rating/slots.ts',
        find: 'Number((BigInt(count) * numerator) / (denominator * 100n))',
        replace: 'Number((BigInt(count) * numerator) / (denominator * 100n)) + 1',
      },
    ],
    tests: logs,
  },
  {
    id: 'distinct-counted-again',
    bug: 'A value that was counted before is counted again when it comes back.',
    edits: [
      {
        file: 'core/rating/aggregate.ts',
        find: 'return undo && by(countOf(distinct, meter) - total, undo);',
        replace: 'return undo && by(distinct.hashes === undefined ? 1n : countOf(distinct, meter) - total, undo);',
      },
    ],
    tests: logs,
  },
  {
    id: 'estimate-not-counted',
    bug: 'Beyond its limit the estimate is what was counted last: further values cost nothing.',
    edits: [
      {
        file: 'core/rating/distinct.ts',
        find: 'return estimate > BigInt(upTo) ? estimate : BigInt(upTo + 1);',
        replace: 'return estimate > 0n ? BigInt(upTo + 1) : estimate;',
      },
    ],
    tests: ['core/rating/distinct.test.ts'],
  },
  {
    id: 'rank-rounded-up',
    bug: 'The percentile of samples sets one more aside where the share is not whole.',
    edits: [
      {
        file: 'core/rating/ranked.ts',
        find: 'Number((BigInt(count) * numerator) / (denominator * 100n))',
        replace: 'Number((BigInt(count) * numerator + denominator * 99n) / (denominator * 100n))',
      },
    ],
    tests: logs,
  },
  {
    id: 'level-ends-with-its-month',
    bug: 'A level that goes on is booked to the end of its month and forgotten: the next month is free.',
    edits: [
      {
        file: 'core/rating/levels.ts',
        find: 'of.dueMs = of.level === 0n ? Infinity : endMs + levelLimits.graceMs;',
        replace: 'of.dueMs = of.level === 0n || of.bookedMs > of.sinceMs ? Infinity : endMs + levelLimits.graceMs;',
      },
    ],
    tests: ['core/rating/levels.test.ts'],
  },
  {
    id: 'level-changed-back-in-time',
    bug: 'A stretch is booked at the level that ends it.',
    edits: [
      {
        file: 'core/rating/held.ts',
        find: 'portionsOf(batch, meter, known, fromMs);',
        replace: 'portionsOf(batch, meter, { ...known, level: sample.quantity }, fromMs);',
      },
    ],
    tests: ['core/rating/levels.test.ts'],
  },
  {
    id: 'directions-added',
    bug: 'The greater of two directions is billed as what both add up to.',
    edits: [
      {
        file: 'core/rating/slots.ts',
        find: "how === 'sum' ? a + b : a > b ? a : b",
        replace: 'a + b',
      },
    ],
    tests: logs,
  },
  {
    id: 'pool-of-its-own',
    bug: 'An account that shares a tally begins in its first tier again.',
    edits: [
      {
        file: 'core/rating/tallyPlace.ts',
        find: "return tallyScope === 'subtree' ? owner",
        replace: "return tallyScope === 'subtree' && owner.chain.length < 2 ? owner",
      },
    ],
    tests: ['core/rating/tallyPlace.test.ts'],
  },
  {
    id: 'share-forgotten',
    bug: 'What an account used of a shared tally is not kept, so that whoever came last pays for all.',
    edits: [
      {
        file: 'core/rating/pool.ts',
        find: 'member.quantity += quantity;',
        replace: 'member.quantity = quantity;',
      },
    ],
    tests: logs,
  },
  {
    id: 'anniversary-drifts',
    bug: 'An anniversary on the 31st is on the 28th for ever after February.',
    edits: [
      {
        file: 'core/time/interval.ts',
        find: "? anchor.add({ months: months * count }, { overflow: 'constrain' })",
        replace: '? anchor.with({ day: Math.min(anchor.day, 28) }).add({ months: months * count })',
      },
    ],
    tests: ['core/rating/tallyPlace.test.ts'],
  },
  {
    id: 'prepaid-before-promotional',
    bug: 'Money that was paid in is spent before what was given away.',
    edits: [
      {
        file: 'core/credits/records.ts',
        find: "return a.kind === 'promotional' ? -1 : 1;",
        replace: "return a.kind === 'promotional' ? 1 : -1;",
      },
    ],
    tests: ['core/credits/machine.test.ts'],
  },
  {
    id: 'remainder-lost',
    bug: 'The cent that is left when an amount is split goes to nobody.',
    edits: [{ file: 'core/money/allocate.ts', find: 'if (left === 0n) break;', replace: 'if (left >= 0n) break;' }],
    tests: ['core/money/fixed.test.ts'],
  },
  {
    id: 'rate-of-yesterday',
    bug: 'An amount is converted at the rate of the day before.',
    edits: [{ file: 'core/fx/rates.ts', find: 'for (let daysBack = 0;', replace: 'for (let daysBack = 1;' }],
    tests: ['core/fx/fx.test.ts'],
  },
  {
    id: 'plan-of-the-morning',
    bug: 'The day of an upgrade is billed at the old rate.',
    edits: [
      {
        file: 'core/fees/prorate.ts',
        find: 'within.findLast(({ rate })',
        replace: 'within.find(({ rate })',
      },
    ],
    tests: ['core/fees/recurring.test.ts'],
  },
];
