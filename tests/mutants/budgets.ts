/** Bugs in what budgets tell, when, and how often. */
import type { Mutant } from './mutant.ts';

const mistakes = 'core/budgets/peersMistakes.test.ts';
const letsGo = 'core/budgets/letsGo.test.ts';
const periods = 'core/budgets/periods.test.ts';

export const budgetsMutants: readonly Mutant[] = [
  {
    id: 'budget-lower-threshold-skipped',
    bug: 'One sample crosses three thresholds, and only the highest is told.',
    edits: [
      {
        file: 'core/budgets/evaluate.ts',
        find: 'crossed.sort((a, b) => inOrder(figures, a, b))) {',
        replace: 'crossed.sort((a, b) => inOrder(figures, a, b)).slice(-1)) {',
      },
    ],
    tests: [mistakes],
  },
  {
    id: 'budget-fires-again-after-restart',
    bug: 'A restart forgets what was crossed: everybody hears of it once more.',
    edits: [{ file: 'core/budgets/entries.ts', find: 'crossed: [...entry.crossed],', replace: 'crossed: [],' }],
    tests: [mistakes],
  },
  {
    id: 'budget-once-for-ever',
    bug: 'An alert comes in the first month and never again.',
    edits: [
      {
        file: 'core/budgets/evaluate.ts',
        find: 'Object.assign(budget, { previous, arming: 0, crossed: [], baseline: 0n,',
        replace: 'Object.assign(budget, { previous, arming: 0, baseline: 0n,',
      },
    ],
    tests: [mistakes],
  },
  {
    id: 'budget-release-not-told',
    bug: 'What holds back lets go in silence: the service stays throttled.',
    edits: [
      {
        file: 'core/budgets/evaluate.ts',
        find: 'if (isReleased) tellReleased(evaluation, rule, budget, { arming: budget.arming, state: left, released: why });',
        replace: '',
      },
    ],
    tests: [letsGo],
  },
  {
    id: 'budget-period-keeps-throttle',
    bug: 'A new month begins, and who was throttled in the last one hears nothing.',
    edits: [
      {
        file: 'core/budgets/evaluate.ts',
        find: "tellReleased(evaluation, rule, budget, { arming: budget.arming + 1, state: 'released', released: 'period' });",
        replace: 'evaluation.changed(budget);',
      },
    ],
    tests: [mistakes],
  },
  {
    id: 'budget-seed-added-twice',
    bug: 'What came before a budget is told twice, and counts twice.',
    edits: [
      {
        file: 'core/budgets/take.ts',
        find: 'if (!budget.warming || budget.sinceMs !== sinceMs) return;',
        replace: 'if (budget.sinceMs !== sinceMs) return;',
      },
    ],
    tests: [mistakes],
  },
  {
    id: 'budget-window-an-hour-short',
    bug: 'A rolling window of three hours counts two.',
    edits: [
      {
        file: 'core/budgets/spent.ts',
        find: 'const fromMs = Math.max(now - (count - 1) * hourMs,',
        replace: 'const fromMs = Math.max(now - (count - 2) * hourMs,',
      },
    ],
    tests: [letsGo],
  },
  {
    id: 'budget-window-an-hour-long',
    bug: 'A rolling window of three hours counts four.',
    edits: [
      {
        file: 'core/budgets/spent.ts',
        find: 'const fromMs = Math.max(now - (count - 1) * hourMs,',
        replace: 'const fromMs = Math.max(now - count * hourMs,',
      },
      {
        file: 'core/budgets/count.ts',
        find: 'budget.hourMs - (hours - 1) * hourMs;',
        replace: 'budget.hourMs - hours * hourMs;',
      },
    ],
    tests: [letsGo],
  },
  {
    id: 'budget-hysteresis-ignored',
    bug: 'A budget that is to hold until half of its level lets go, and throttles again, with every hour that passes.',
    edits: [
      {
        file: 'core/budgets/rule.ts',
        find: 'undefined : parseRational(record.releaseAt)!;',
        replace: 'undefined : { numerator: 100n, denominator: 1n };',
      },
    ],
    tests: [letsGo],
  },
  {
    id: 'budget-reset-counts-all',
    bug: 'After a reset the month counts from its beginning, and the next sample crosses everything again.',
    edits: [
      {
        file: 'core/budgets/evaluate.ts',
        find: 'if (rule.rolling === 0) budget.baseline =',
        replace: 'if (rule.rolling < 0) budget.baseline =',
      },
    ],
    tests: [letsGo],
  },
  {
    id: 'budget-carries-everything',
    bug: 'What is left over goes on without the bound that the record names.',
    edits: [
      {
        file: 'core/budgets/spent.ts',
        find: 'return left <= 0n ? 0n : left < most ? left : most;',
        replace: 'return left <= 0n ? 0n : most > 0n ? left : most;',
      },
    ],
    tests: [periods],
  },
];
