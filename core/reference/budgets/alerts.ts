/** SPEC §6.8: what a budget tells. Ids contain no sequence, so that none can come twice. */
import type { BudgetAlert } from '../../messages/alert.ts';
import type { BudgetRecord, BudgetThreshold } from '../../messages/budget.ts';
import type { Span } from '../calendar.ts';
import { text } from '../number.ts';
import type { BudgetTrack, Outcome, Source, State, Tenant } from '../state.ts';
import { startOf } from '../tallyPlace.ts';
import { rollingOf } from './count.ts';
import { lately, limitOf, spentOf } from './figures.ts';
import { nameOf } from './shape.ts';

/** Where budgets are looked at, and on behalf of what. */
export interface Looking {
  readonly state: State;
  readonly tenant: Tenant;
  readonly source: Pick<Source, 'producer' | 'epoch' | 'seq' | 'trace'>;
  readonly outcome: Outcome;
}

export function tellCrossed(
  looking: Looking,
  budget: BudgetRecord,
  track: BudgetTrack,
  threshold: BudgetThreshold,
): void {
  const { action, rate, forecast } = threshold;
  const bySay = { notify: 'info', throttle: 'warning', block: 'critical' } as const;
  tell(looking, budget, track, `${nameOf(threshold)}:${track.arming}`, {
    type: 'budget.threshold_crossed',
    severity: threshold.severity ?? bySay[action],
    action,
    state: track.state,
    threshold: nameOf(threshold),
    ...(forecast !== undefined && track.forecast !== undefined ? { forecast: track.forecast } : {}),
    ...(rate === undefined ? {} : { rate: text(lately(budget, track, rate.hours)) }),
  });
}

/** What a receiver is told: let go, or, where a block falls to a throttle, throttle. */
export function tellReleased(
  looking: Looking,
  budget: BudgetRecord,
  track: BudgetTrack,
  arming: number,
  released: NonNullable<BudgetAlert['released']>,
  isThrottled = false,
): void {
  const told = isThrottled ? ({ action: 'throttle', state: 'throttled' } as const) : ({ action: 'release', state: 'released' } as const); // prettier-ignore
  tell(looking, budget, track, `released:${arming}`, {
    type: 'budget.released',
    severity: 'info',
    ...told,
    threshold: '',
    released,
  });
}

type Told = Pick<BudgetAlert, 'type' | 'severity' | 'action' | 'state' | 'threshold'> &
  Partial<Pick<BudgetAlert, 'released' | 'forecast' | 'rate'>>;

function tell(
  { state, tenant, source, outcome }: Looking,
  budget: BudgetRecord,
  track: BudgetTrack,
  last: string,
  told: Told,
): void {
  const { id: name } = tenant.record;
  const { meter } = budget;
  outcome.work.done += 1;
  outcome.alerts.push({
    id: [name, budget.id, periodName(tenant, budget, track.period), last].join(':'),
    tenant: name,
    source: `budget:${budget.id}`,
    budget: budget.id,
    budgetName: budget.name,
    account: budget.account,
    accountSlug: tenant.accounts.get(budget.account)!.slug,
    balance: text(spentOf(state, budget, track)),
    limit: text(limitOf(state, budget, track)),
    currency: budget.currency,
    ...(meter === undefined ? {} : { meter, unit: unitOf(tenant, meter) }),
    periodStartMs: track.period.startMs,
    periodEndMs: track.period.endMs,
    logTimeMs: state.logTimeMs,
    targets: budget.targets,
    ...(budget.fx === undefined ? {} : { fx: budget.fx }),
    cause: source.producer === '' ? null : { producer: source.producer, epoch: source.epoch, seq: source.seq },
    trace: source.trace,
    ...told,
  });
}

function unitOf({ meters }: Tenant, id: string): string {
  const { unit, aggregation } = meters.get(id)!;
  return unit + (['timeWeighted', 'recurring'].includes(aggregation) ? '.ms' : '');
}

/** By the first day of it. */
function periodName(tenant: Tenant, budget: BudgetRecord, { startMs }: Span): string {
  const { period, account } = budget;
  if (period === 'lifetime') return 'lifetime';
  if (rollingOf(budget) > 0) return 'rolling';
  const day = firstDay(startMs, tenant.accounts.get(account)!.timeZone);
  if (typeof period === 'object' && period.kind === 'fiscal') return fiscalName(period, day);
  if (typeof period === 'object' && period.kind === 'anniversary') {
    // A period that has begun before all time is named by the day on which it would have.
    return startMs > 0 ? day.toString() : anniversaryBefore(period, startOf(tenant, account), day);
  }
  const interval = typeof period === 'string' ? period : (period as { readonly interval: string }).interval;
  const year = String(day.year).padStart(4, '0');
  const month = String(day.month).padStart(2, '0');
  if (interval === 'year') return year;
  if (interval === 'halfYear') return `${year}-H${day.month > 6 ? 2 : 1}`;
  if (interval === 'quarter') return `${year}-Q${Math.ceil(day.month / 3)}`;
  if (interval === 'month') return `${year}-${month}`;
  return interval === 'week' ? `W${day.toString()}` : day.toString();
}

/** The day that begins then, whatever the clock shows: it may go back over midnight. */
function firstDay(startMs: number, timeZone: string): Temporal.PlainDate {
  const shown = new Temporal.ZonedDateTime(BigInt(startMs) * 1_000_000n, timeZone).toPlainDate();
  const next = shown.add({ days: 1 });
  return next.toZonedDateTime({ timeZone }).startOfDay().epochMilliseconds <= startMs ? next : shown;
}

type Fiscal = Extract<BudgetRecord['period'], { kind: 'fiscal' }>;

/** The year is that of the month in which it ends; periods are counted from its first day by their weeks. */
function fiscalName(fiscal: Fiscal, day: Temporal.PlainDate): string {
  const weeksOf = fiscal.pattern.split('-').map(Number);
  for (const year of [day.year - 1, day.year, day.year + 1]) {
    const [begins, ends] = [year - 1, year].map((one) => yearEnd(fiscal, one).add({ days: 1 })) as [
      Temporal.PlainDate,
      Temporal.PlainDate,
    ];
    if (Temporal.PlainDate.compare(day, begins) < 0 || Temporal.PlainDate.compare(day, ends) >= 0) continue;
    const isLong = begins.until(ends, { largestUnit: 'day' }).days === 371;
    let from = begins;
    for (let number = 1; number <= 12; number++) {
      from = from.add({ weeks: weeksOf[(number - 1) % 3]! + (isLong && number === (fiscal.longPeriod ?? 12) ? 1 : 0) });
      if (Temporal.PlainDate.compare(day, from) < 0) return `FY${year}-P${String(number).padStart(2, '0')}`;
    }
  }
  throw new RangeError(`${day.toString()} lies in no fiscal year`);
}

function yearEnd({ endMonth, endWeekday, rule }: Fiscal, year: number): Temporal.PlainDate {
  const month = new Temporal.PlainYearMonth(year, endMonth);
  let day = month.toPlainDate({ day: month.daysInMonth }).add({ days: rule === 'nearest' ? 3 : 0 });
  while (day.dayOfWeek !== endWeekday) day = day.subtract({ days: 1 });
  return day;
}

type Anniversary = Extract<BudgetRecord['period'], { kind: 'anniversary' }>;

function anniversaryBefore(
  { anchor, interval, every = 1 }: Anniversary,
  own: string | undefined,
  day: Temporal.PlainDate,
): string {
  const from = Temporal.PlainDate.from(anchor === 'account' ? own! : anchor);
  const step = { day: { days: 1 }, week: { days: 7 }, month: { months: 1 }, quarter: { months: 3 }, halfYear: { months: 6 }, year: { months: 12 } }[interval]; // prettier-ignore
  const at = (n: number) =>
    from.add(Object.fromEntries(Object.entries(step).map(([unit, size]) => [unit, size * every * n])));
  let n = 0;
  while (Temporal.PlainDate.compare(at(n), day) > 0) n -= 1;
  while (Temporal.PlainDate.compare(at(n + 1), day) <= 0) n += 1;
  return at(n).toString();
}
