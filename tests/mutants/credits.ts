/** Bugs in what credits pay and wallets say. */
import type { Mutant } from './mutant.ts';

const tests = ['core/credits/machine.test.ts', 'core/rating/credits/credits.test.ts'];

export const creditsMutants: readonly Mutant[] = [
  {
    id: 'credit-prepaid-first',
    bug: 'Money that was paid burns before what was given for nothing, which then expires unused.',
    edits: [
      {
        file: 'core/credits/records.ts',
        find: "return a.kind === 'promotional' ? -1 : 1;",
        replace: "return a.kind === 'promotional' ? 1 : -1;",
      },
    ],
    tests,
  },
  {
    id: 'credit-refund-to-the-first',
    bug: 'A refund goes back to the credit that burned first, not to the last.',
    edits: [
      {
        file: 'core/credits/burn.ts',
        find: 'const last = tally.burns.at(-1)!;',
        replace: 'const last = tally.burns[0]!;',
      },
      { file: 'core/credits/burn.ts', find: 'tally.burns.pop()', replace: 'tally.burns.shift()' },
    ],
    tests,
  },
  {
    id: 'credit-without-grace',
    bug: 'Credit expires at its date, though usage from before it is still on its way.',
    edits: [
      {
        file: 'core/credits/time.ts',
        find: 'return grant.expiresAtMs + grant.graceMs;',
        replace: 'return grant.expiresAtMs;',
      },
    ],
    tests,
  },
  {
    id: 'credit-before-discounts',
    bug: 'Credit pays list prices: what a discount of the customer takes off is not given back to it.',
    edits: [
      {
        file: 'core/credits/burn.ts',
        find: 'if (rest > 0n) for (const tally of below(state, own))',
        replace: 'if (rest < 0n) for (const tally of below(state, own))',
      },
    ],
    tests,
  },
  {
    id: 'credit-payments-forgotten',
    bug: 'A restart remembers only who paid first: a later refund goes to the wrong credit.',
    edits: [
      {
        file: 'core/rating/credits/values.ts',
        find: 'burns: line.paid.map(',
        replace: 'burns: line.paid.slice(0, 1).map(',
      },
    ],
    tests,
  },
  {
    id: 'wallet-empty-every-time',
    bug: 'An empty wallet says so with every charge.',
    edits: [
      {
        file: 'core/rating/credits/wallets.ts',
        find: "if (wallet.state !== 'empty' && level === 'empty') {",
        replace: "if (level === 'empty') {",
      },
    ],
    tests,
  },
  {
    id: 'wallet-asks-for-ever',
    bug: 'A top-up is asked for with every charge below the mark: the card is charged again and again.',
    edits: [
      {
        file: 'core/rating/credits/wallets.ts',
        find: 'if (topUp !== undefined && !wallet.isAsked && left',
        replace: 'if (topUp !== undefined && left',
      },
    ],
    tests,
  },
  {
    id: 'wallet-lets-go-on-any-refund',
    bug: 'A cent that comes back lets an empty wallet go, and the next charge blocks it again.',
    edits: [
      {
        file: 'core/rating/credits/wallets.ts',
        find: 'const isClear = left > parseAmount(record.clearAt ?? record.lowAt)!;',
        replace: 'const isClear = left > 0n;',
      },
    ],
    tests,
  },
];
