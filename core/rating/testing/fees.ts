/** Fees at random: terms, calendars and dates around the time of the log, and changes of what was published. */
import fc from 'fast-check';
import type { FeeRecord, FeeTerms } from '../../messages/fee.ts';
import type { BillingCalendar } from '../../time/calendar.ts';

const day = 86_400_000;
/** Ten in the evening in Berlin, two days before the clock is put forward. */
export const feesStartMs = Temporal.Instant.from('2026-03-27T21:00:00Z').epochMilliseconds;

const offset = fc.oneof(
  fc.integer({ min: -120 * day, max: 120 * day }),
  fc.integer({ min: -120, max: 120 }).map((days) => days * day + 2 * 3_600_000),
  fc.constantFrom(0, 3 * 3_600_000, 4 * day + 3_600_000, -400 * day),
);
const instant = offset.map((ms) => feesStartMs + ms);
const ascending = (most: number, least = 0) =>
  fc.uniqueArray(instant, { minLength: least, maxLength: most }).map((list) => list.toSorted((a, b) => a - b));
const amount = fc.constantFrom('0', '31', '100', '0.1', '33.333333333333', '9.99', '12345678.9');
const dated = <Value>(field: string, value: fc.Arbitrary<Value>) =>
  fc.tuple(ascending(3, 1), fc.array(value, { minLength: 3, maxLength: 3 })).map(([instants, values]) => instants.map((fromMs, i) => ({ fromMs, [field]: values[i] }))); // prettier-ignore

const calendar: fc.Arbitrary<BillingCalendar> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<BillingCalendar>({ kind: 'calendar', interval: 'month' }, { kind: 'calendar', interval: 'quarter' }, { kind: 'calendar', interval: 'year' }, { kind: 'calendar', interval: 'week', weekStart: 7 }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('anniversary' as const), anchor: fc.constantFrom('2024-01-31', '2026-05-29', '2025-11-30'), interval: fc.constantFrom('month' as const, 'week' as const), every: fc.constantFrom(1, 2, 3) }) },
  { weight: 1, arbitrary: fc.constant<BillingCalendar>({ kind: 'fiscal', pattern: '4-4-5', endMonth: 1, endWeekday: 6, rule: 'nearest' }) },
  { weight: 1, arbitrary: fc.constant<BillingCalendar>({ kind: 'list', dates: ['2026-01-10', '2026-03-28', '2026-03-30', '2026-06-01'] }) },
  { weight: 1, arbitrary: fc.constant<BillingCalendar>({ kind: 'calendar', interval: 'day' }) },
); // prettier-ignore

const term = fc
  .record({ fromMs: instant, length: fc.option(fc.integer({ min: 0, max: 200 * day }), { freq: 2 }), trial: fc.option(fc.integer({ min: 0, max: 20 * day }), { nil: undefined, freq: 2 }), handedOver: fc.boolean(), pauses: ascending(4) })
  .map(({ fromMs, length, trial, handedOver, pauses }) => ({
    fromMs,
    toMs: length === null ? null : fromMs + length,
    ...(trial === undefined ? {} : { trialEndMs: fromMs + trial }),
    ...(length === null ? {} : { handedOver }),
    pauses: pauses.flatMap((from, i) => (i % 2 === 0 && pauses[i + 1] !== undefined ? [{ fromMs: from, toMs: pauses[i + 1]! }] : [])),
  })); // prettier-ignore

const round = fc.option(fc.record({ decimals: fc.constantFrom(0, 2), mode: fc.constantFrom('up' as const, 'halfEven' as const, 'halfTowardsZero' as const, 'floor' as const) }), { nil: undefined }); // prettier-ignore
const uplift = fc.oneof(
  fc.record({ kind: fc.constant('scheduled' as const), fromMs: instant, everyMonths: fc.constantFrom(1, 12), percent: fc.constantFrom('3', '0', '10.5'), compounding: fc.boolean(), round }),
  fc.record({ kind: fc.constant('indexed' as const), base: fc.constantFrom('100', '117.3'), points: dated('value', fc.constantFrom('100', '120', '99.5')).map((points) => points.map((point) => ({ ...point, source: 'index' }))), share: fc.constantFrom(undefined, '50'), round }),
); // prettier-ignore

const terms: fc.Arbitrary<FeeTerms> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('recurring' as const),
      terms: fc.constantFrom('advance' as const, 'arrears' as const),
      proration: fc.constantFrom('second' as const, 'day' as const, 'none' as const),
      onDecrease: fc.constantFrom('credit' as const, 'credit' as const, 'keep' as const),
      term,
      amounts: dated('amount', amount),
      quantities: fc.option(dated('quantity', fc.constantFrom('0', '1', '5', '2.5')), { nil: undefined, freq: 2 }),
      uplift: fc.option(uplift, { nil: undefined, freq: 3 }),
    }) as unknown as fc.Arbitrary<FeeTerms>,
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('oneTime' as const), amount: fc.constantFrom('100', '-7.5', '0.000000000001'), atMs: instant }) },
  {
    weight: 1,
    arbitrary: fc
      .record({ total: fc.constantFrom('1000', '0.05'), dueAtMs: ascending(5, 1), isWeighed: fc.boolean(), decimals: fc.constantFrom(2, 3), onEnd: fc.constantFrom('due' as const, 'lapse' as const), endMs: fc.option(instant, { nil: undefined }) })
      .map(({ isWeighed, ...plan }): FeeTerms => ({ kind: 'installments', ...plan, ...(isWeighed ? { weights: plan.dueAtMs.map((_, i) => `${i + 1}.5`) } : {}) } as FeeTerms)),
  },
); // prettier-ignore

const share = (component: string) => (weight: string) => ({ service: 's1', component, weight });
const facts = fc.record({
  service: fc.constantFrom('s1', 's2'),
  component: fc.constant('fee'),
  currency: fc.constantFrom('EUR', 'EUR', 'USD', 'TOKENS'),
  account: fc.constantFrom(1, 2, 3, 4, 5),
  calendar,
  terms,
  allocation: fc.option(fc.constantFrom(['1', '1', '1'], ['0', '2.5', '7']).map((weights) => weights.map((weight, i) => share(`c${i}`)(weight))), { nil: undefined, freq: 4 }),
  plan: fc.constantFrom(undefined, 'gold'),
}); // prettier-ignore

export const feeAction = fc.record({
  kind: fc.constant('fee' as const),
  tenant: fc.constantFrom('t', 't', 'u'),
  key: fc.constantFrom('f1', 'f2', 'f3'),
  facts,
  /** What of a known fee is changed; null for all. */
  changed: fc.constantFrom(null, 'term', 'amounts', 'quantities', 'uplift', 'term', 'terms', 'onDecrease', 'proration'),
});
export type FeeAction = typeof feeAction extends fc.Arbitrary<infer Value> ? Value : never;

/** Another fee under the key, or the same with other terms. */
export function feeOfAction({ key, facts: fresh, changed }: FeeAction, id: number, known: FeeRecord | undefined): FeeRecord {
  const isKept = changed !== null && known?.terms.kind === 'recurring' && fresh.terms.kind === 'recurring';
  if (!isKept) return { id, key, version: id, ...fresh } as FeeRecord;
  const field = (fresh.terms as unknown as Record<string, unknown>)[changed];
  return { ...known, id, version: id, terms: { ...known.terms, [changed]: field } as FeeTerms };
} // prettier-ignore
