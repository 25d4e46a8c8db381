/** A budget as the form holds it, all of it text; and the entry of `budgets:` that it says. */
import { budgetEntry, type BudgetPeriod, type BudgetRecord, type BudgetThreshold } from '#core/messages/budget.ts';
import type { Severity } from '#core/messages/alert.ts';
import { intervalUnits, type IntervalUnit } from '#core/time/interval.ts';
import type { BillingCalendar } from '#core/time/calendar.ts';
import { typedDecimal } from '../../format/money.ts';
import { asTally, inUnit, type FormUnit } from './units.ts';

export const thresholdKinds = ['percent', 'absolute', 'forecast', 'rate'] as const;
export const periodChoices = [...intervalUnits, 'rolling', 'lifetime', 'anniversary', 'fiscal'] as const;
export const scopeLists = ['services', 'components', 'meters', 'prices', 'resources'] as const;

export interface DraftThreshold {
  readonly kind: (typeof thresholdKinds)[number];
  readonly value: string;
  /** Of a rate. */
  readonly hours: string;
  readonly action: BudgetThreshold['action'];
  /** "" leaves it to the action. */
  readonly severity: Severity | '';
}

export interface DraftPeriod {
  readonly choice: (typeof periodChoices)[number];
  readonly hours: string;
  readonly anchor: string;
  readonly every: string;
  readonly interval: IntervalUnit;
  readonly fiscal: Omit<Extract<BillingCalendar, { kind: 'fiscal' }>, 'kind'>;
}

export interface Draft {
  readonly id: string;
  readonly name: string;
  /** Slug. */
  readonly account: string;
  /** "" of a quantity. */
  readonly currency: string;
  /** "" of money. */
  readonly meter: string;
  readonly amount: string;
  readonly period: DraftPeriod;
  readonly carries: boolean;
  readonly carriesMax: string;
  readonly scope: Readonly<Record<(typeof scopeLists)[number] | 'tags', readonly string[]>>;
  readonly thresholds: readonly DraftThreshold[];
  readonly releaseAt: string;
  readonly forecast: boolean;
  readonly fx: NonNullable<BudgetRecord['fx']>;
  readonly targets: readonly string[];
  readonly enabled: boolean;
}

export const emptyThreshold: DraftThreshold = {
  kind: 'percent',
  value: '',
  hours: '24',
  action: 'notify',
  severity: '',
};

export const emptyDraft = (account: string, currency: string): Draft => ({
  id: '',
  name: '',
  account,
  currency,
  meter: '',
  amount: '',
  period: {
    choice: 'month',
    hours: '24',
    anchor: '',
    every: '1',
    interval: 'month',
    fiscal: { pattern: '4-4-5', endMonth: 12, endWeekday: 6, rule: 'last' },
  },
  carries: false,
  carriesMax: '',
  scope: { services: [], components: [], meters: [], prices: [], resources: [], tags: [] },
  thresholds: [
    { ...emptyThreshold, value: '80' },
    { ...emptyThreshold, value: '100' },
  ],
  releaseAt: '',
  forecast: false,
  fx: [],
  targets: [],
  enabled: true,
});

/** "Render service, month" becomes "render-service-month". */
export const idOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 36);

/** The form of a budget that there is. */
export function draftOf(record: BudgetRecord, slug: string, unit: FormUnit): Draft {
  const empty = emptyDraft(slug, record.currency);
  const { tags = {}, ...lists } = record.scope ?? {};
  return {
    ...empty,
    id: record.id,
    name: record.name,
    meter: record.meter ?? '',
    amount: inUnit(record.amount, unit),
    carries: record.carryOver !== undefined,
    carriesMax: inUnit(record.carryOver?.maximum ?? '', unit),
    scope: {
      ...empty.scope,
      ...lists,
      tags: Object.entries(tags).flatMap(([name, values]) => values.map((value) => `${name}=${value}`)),
    },
    thresholds: record.thresholds.map(
      ({ percent, absolute, forecast, rate, action, severity = '' as const }): DraftThreshold => {
        const one: DraftThreshold = { ...emptyThreshold, action, severity };
        if (percent !== undefined) return { ...one, value: percent };
        if (absolute !== undefined) return { ...one, kind: 'absolute', value: inUnit(absolute, unit) };
        if (forecast !== undefined) return { ...one, kind: 'forecast', value: forecast };
        return { ...one, kind: 'rate', value: inUnit(rate!.amount, unit), hours: String(rate!.hours) };
      },
    ),
    releaseAt: record.releaseAt ?? '',
    forecast: record.forecast === true,
    fx: record.fx ?? [],
    targets: record.targets,
    enabled: record.enabled,
  };
}

export type BudgetEntry = Readonly<Record<string, unknown>>;

/** Whether no period follows another: nothing goes on then, and there is no end to expect. */
export function isEndless({ period }: Draft, record?: BudgetRecord): boolean {
  const { period: known = period.choice } = record ?? {};
  return ['lifetime', 'rolling'].includes(typeof known === 'string' ? known : known.kind);
}

/** What the form says, as an entry of an organisation file; `record` is the budget that it changes, whose terms partly stay. */
export function entryOf(draft: Draft, unit: FormUnit, record?: BudgetRecord): BudgetEntry {
  const { id, name, account, currency, meter, releaseAt, forecast, fx, targets, enabled } = draft;
  const figure = (text: string): string => asTally(typedDecimal(text), unit);
  const scope: Record<string, unknown> = Object.fromEntries(scopeLists.flatMap((list) => (draft.scope[list].length > 0 ? [[list, draft.scope[list]]] : []))); // prettier-ignore
  const tags = Object.groupBy(draft.scope.tags, (tag) => tag.split('=', 1)[0]!.trim());
  if (draft.scope.tags.length > 0)
    scope['tags'] = Object.fromEntries(
      Object.entries(tags).map(([tag, all = []]) => [tag, all.map((one) => one.slice(one.indexOf('=') + 1).trim())]),
    );
  return {
    id: id || idOf(name),
    account,
    name: name.trim(),
    amount: figure(draft.amount),
    ...(meter === '' ? { currency } : { meter }),
    period: record?.period ?? periodOf(draft.period),
    ...(Object.keys(scope).length > 0 && { scope }),
    ...(draft.carries &&
      !isEndless(draft, record) && {
        carryOver: draft.carriesMax.trim() === '' ? {} : { maximum: figure(draft.carriesMax) },
      }),
    ...(fx.length > 0 && { fx: fx.map((rate) => ({ ...rate, rate: typedDecimal(rate.rate) })) }),
    thresholds: draft.thresholds.map(({ kind, value, hours, action, severity }) => {
      const when = {
        percent: { percent: typedDecimal(value) },
        absolute: { absolute: figure(value) },
        forecast: { forecast: typedDecimal(value) },
        rate: { rate: { amount: figure(value), hours: whole(hours) } },
      }[kind];
      return { ...when, action, ...(severity !== '' && { severity }) };
    }),
    ...(releaseAt.trim() !== '' && { releaseAt: typedDecimal(releaseAt) }),
    ...(forecast && !isEndless(draft, record) && { forecast }),
    targets,
    enabled,
  };
}

/** Whether enough is said to ask what it would come to. */
export const isComplete = ({ name, account, amount, thresholds }: Draft): boolean =>
  [name, account, amount, ...thresholds.map(({ value }) => value)].every((text) => text.trim() !== '') &&
  thresholds.length > 0;

/** What the record would say, to tell whether anything was changed. */
export const isSame = (entry: BudgetEntry, record: BudgetRecord, slug: string): boolean =>
  sorted(entry) === sorted(budgetEntry(record, slug));

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

function periodOf({ choice, hours, anchor, every, interval, fiscal }: DraftPeriod): BudgetPeriod {
  if (choice === 'rolling') return { kind: 'rolling', hours: whole(hours) };
  if (choice === 'fiscal') return { kind: 'fiscal', ...fiscal };
  if (choice !== 'anniversary') return choice;
  return { kind: 'anniversary', anchor: anchor || 'account', interval, ...(every !== '1' && { every: whole(every) }) };
}

/** A count as the API takes it; what is none is told as 0, which is out of range. */
const whole = (text: string): number => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : 0);
