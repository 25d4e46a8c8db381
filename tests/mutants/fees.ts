/** Bugs in what time brings. */
import type { Mutant } from './mutant.ts';

const tests = ['core/rating/fees.test.ts', 'core/rating/differential/fees.test.ts'];

export const feesMutants: readonly Mutant[] = [
  {
    id: 'upgrade-not-credited',
    bug: 'An upgrade in mid-period is charged, and what was paid of the old rate is kept.',
    edits: [
      {
        file: 'core/fees/booking.ts',
        find: '[...creditsOf(old, [was]), ...chargesOf(now, [is])]',
        replace: 'chargesOf(now, [is])',
      },
    ],
    tests,
  },
  {
    id: 'trial-billed',
    bug: 'The first days of a period that begins in a trial are billed.',
    edits: [
      {
        file: 'core/fees/timeline.ts',
        find: 'term.trialEndMs !== undefined && atMs < term.trialEndMs',
        replace: 'term.trialEndMs !== undefined && atMs < term.trialEndMs - 86_400_000',
      },
    ],
    tests,
  },
  {
    id: 'handover-billed-twice',
    bug: 'The day on which one plan gives way to another is billed by both.',
    edits: [
      {
        file: 'core/fees/prorate.ts',
        find: 'handedOver === true && toMs !== null && toMs < day.endMs',
        replace: 'handedOver === true && toMs !== null && toMs < day.startMs',
      },
    ],
    tests,
  },
  {
    id: 'restart-books-again',
    bug: 'After a restart amid a month’s many fees, those that were booked are booked again.',
    edits: [
      {
        file: 'core/rating/fees.ts',
        find: 'if (feesTo === undefined) return logTimeMs;',
        replace: 'if (feesTo === undefined) return logTimeMs - 1;',
      },
    ],
    tests,
  },
];
