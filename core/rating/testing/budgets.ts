/** Budgets of every kind at random, and what is done with them. */
import fc from 'fast-check';
import type { BudgetRecord, BudgetSum } from '../../messages/budget.ts';
import type { ControlChange } from '../../messages/control.ts';
import type { Tenant } from '../state.ts';
import { foundation, hour } from './ground.ts';
import { node, tenant } from './priceFacts.ts';

/** What a budget of the name always is. */
const fixed: Readonly<Record<string, Pick<BudgetRecord, 'account' | 'currency' | 'period' | 'meter'>>> = {
  b1: { account: 1, currency: 'EUR', period: 'month' },
  b2: { account: 3, currency: 'EUR', period: 'month' },
  b3: { account: 5, currency: 'TOKENS', period: 'month' },
  b4: { account: 1, currency: 'EUR', period: { kind: 'rolling', hours: 3 } },
  b5: { account: 3, currency: 'EUR', period: 'day' },
  b6: { account: 1, currency: '', meter: 'cpu.all', period: 'lifetime' },
  b7: { account: 2, currency: 'EUR', period: { kind: 'calendar', interval: 'week', weekStart: 7 } },
  b8: { account: 3, currency: '', meter: 'net.all', period: { kind: 'anniversary', anchor: 'account', interval: 'month' } },
  b9: { account: 5, currency: 'TOKENS', period: { kind: 'fiscal', pattern: '4-4-5', endMonth: 3, endWeekday: 3, rule: 'nearest' } },
}; // prettier-ignore
const names = Object.keys(fixed);
const name = fc.constantFrom(...names, 'b1', 'b4', 'b5');

const levels = ['percent', 'percent', 'absolute', 'forecast', 'rate'] as const;
const threshold = fc.record({
  of: fc.constantFrom(...levels),
  level: fc.constantFrom('0', '10', '33.3', '50', '80.5', '100', '200'),
  hours: fc.constantFrom(1, 4, 30),
  action: fc.constantFrom('notify', 'throttle', 'block'),
  severity: fc.constantFrom(undefined, undefined, 'warning'),
});

const facts = fc.record({
  amount: fc.constantFrom('0', '1', '5', '50', '10', '100', '0.5', '100000', '20000000'),
  thresholds: fc.uniqueArray(threshold, { selector: ({ of, level }) => `${of} ${level}`, minLength: 1, maxLength: 5 }),
  enabled: fc.constantFrom(true, true, true, true, false),
  releaseAt: fc.constantFrom(undefined, undefined, '90', '50'),
  carries: fc.constantFrom(undefined, undefined, {}, { maximum: '7' }),
  forecast: fc.constantFrom(undefined, undefined, undefined, true),
  isExchanged: fc.constantFrom(false, false, true),
  scope: fc.constantFrom<BudgetRecord['scope']>(
    undefined,
    undefined,
    undefined,
    { resources: ['a/*', 'd'] },
    { services: ['s'], components: ['c1', 'c2', 'cpu'] },
    { meters: ['cpu.all', 'net.all', 'mem.held'] },
    { tags: { env: ['prod', 'test'] } },
    { prices: ['k1', 'k2', 'k3'], resources: ['a'] },
  ),
});
type Facts = typeof facts extends fc.Arbitrary<infer Value> ? Value : never;

export const soonCrossed: Facts = {
  amount: '0.5', thresholds: [{ of: 'percent', level: '100', hours: 1, action: 'throttle', severity: undefined }], enabled: true,
  releaseAt: undefined, carries: undefined, forecast: undefined, isExchanged: false, scope: undefined,
}; // prettier-ignore

const of = <Kind extends string>(kind: Kind) => fc.constant(kind);
export const budgetAction = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: of('budget'), tenant, name, facts }) },
  { weight: 2, arbitrary: fc.record({ kind: of('reset'), tenant, name }) },
  { weight: 1, arbitrary: fc.record({ kind: of('release'), tenant, name }) },
  { weight: 4, arbitrary: fc.record({ kind: of('seed'), tenant, name, isOurs: fc.constantFrom(true, true, true, false), sums: fc.array(fc.tuple(fc.integer({ min: -40, max: 2 }), fc.integer({ min: -2, max: 90 })), { maxLength: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: of('crowd'), tenant, account: node }) },
  { weight: 1, arbitrary: fc.record({ kind: of('tags'), tenant, account: node, env: fc.constantFrom('prod', 'test', 'dev') }) },
); // prettier-ignore
export type BudgetAction = typeof budgetAction extends fc.Arbitrary<infer Value> ? Value : never;

/** `now`: the tenant as it stands, which tells what budgets wait for. */
export function budgetChanges(action: BudgetAction, now: Tenant): ControlChange[] {
  switch (action.kind) {
    case 'budget':
      return [{ kind: 'budget', ...recordOf(action.name, action.facts) }];
    case 'reset':
      return [{ kind: 'budgetReset', budget: action.name, reason: '' }];
    case 'release':
      return [{ kind: 'budgetRelease', budget: action.name, reason: '' }];
    case 'seed':
      return [seedOf(action, now)];
    case 'crowd':
      return Array.from({ length: 30 }, (_, i) => ({ kind: 'budget', ...crowded(i, action.account) }));
    case 'tags':
      return foundation
        .filter((change) => change.kind === 'account' && change.id === action.account)
        .map((change) => {
          const record = now.master.accounts.get(action.account)?.record;
          return { ...change, ...record, tags: { env: action.env } } as ControlChange;
        });
  }
}

function recordOf(
  id: string,
  { thresholds, carries, isExchanged, releaseAt, forecast, scope, ...rest }: Facts,
): BudgetRecord {
  const always = fixed[id]!;
  const isEndless = always.period === 'lifetime' || id === 'b4';
  const fx = [{ currency: always.currency === 'EUR' ? 'TOKENS' : 'EUR', rate: '0.333333333333', date: '2026-03-01' }];
  return {
    id,
    name: id,
    ...always,
    ...rest,
    thresholds: thresholds
      .filter((one) => one.of !== 'forecast' || !isEndless)
      .map(({ of, level, hours, action, severity }) => {
        const shown = always.meter === undefined ? level : String(Math.floor(Number(level)));
        const when = of === 'rate' ? { rate: { amount: shown, hours } } : { [of]: shown };
        return { ...when, action, ...(severity && { severity }) } as BudgetRecord['thresholds'][number];
      }),
    ...(always.meter === undefined ? {} : { amount: String(Math.ceil(Number(rest.amount))) }),
    ...(carries && !isEndless ? { carryOver: carries } : {}),
    ...(isExchanged && always.meter === undefined ? { fx } : {}),
    ...(releaseAt && { releaseAt }),
    ...(forecast && !isEndless ? { forecast } : {}),
    ...(scope && { scope }),
    targets: ['x'],
  };
}

/** Twenty thresholds each: one sample that crosses them all raises more alerts than a commit is to have. */
const crowded = (index: number, account: number): BudgetRecord => ({
  id: `c${account}${String(index).padStart(2, '0')}`,
  name: '',
  account,
  currency: 'EUR',
  period: index % 10 === 9 ? 'week' : 'month',
  amount: '0.5',
  thresholds: Array.from({ length: 20 }, (_, i) => ({
    percent: String(5 * i + 5),
    action: i === 19 ? 'block' : 'notify',
  })),
  targets: [],
  enabled: true,
});

/** Sums of hours and of the present period and the one before; `isOurs`: as the budget that waits wants them. */
function seedOf({ name: id, isOurs, sums }: Extract<BudgetAction, { kind: 'seed' }>, now: Tenant): ControlChange {
  const budget = now.budgetStates.get(id);
  const { currency } = fixed[id]!;
  const start = budget?.previous?.startMs ?? budget?.period.startMs ?? 0;
  const entries = sums.map(([hours, sum]): BudgetSum => [Math.max(0, (budget?.hourMs ?? 0) + hours * hour), currency, String(sum * 10 ** 9)]); // prettier-ignore
  return {
    kind: 'budgetSeed',
    budget: id,
    sinceMs: (budget?.sinceMs ?? 0) + (isOurs ? 0 : 1),
    periods: sums.slice(0, 2).map(([, sum], i) => [i === 0 ? (budget?.period.startMs ?? 0) : start, currency, String(sum * 10 ** 10)]), // prettier-ignore
    hours: entries,
  };
}
