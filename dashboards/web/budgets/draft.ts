/** A budget as its form holds it, every field a text as typed, and the entry that the API takes. */
import { budgetEntry, type BudgetRecord, type BudgetThreshold } from '#core/messages/budget.ts';

export const thresholdKinds = ['percent', 'absolute', 'forecast', 'rate'] as const;
export const scopeLists = ['services', 'components', 'meters', 'prices', 'resources'] as const;

export interface DraftThreshold {
  readonly kind: (typeof thresholdKinds)[number];
  readonly value: string;
  /** Of a rate. */
  readonly hours: string;
  readonly action: BudgetThreshold['action'];
  /** "" for that of the action. */
  readonly severity: string;
}

export interface Draft {
  readonly id: string;
  readonly name: string;
  /** Slug of the account. */
  readonly account: string;
  /** A currency, a pricing unit, or "meter:" with the id of a meter. */
  readonly unit: string;
  readonly amount: string;
  /** "rolling" with `hours`; "kept" for a calendar that the form does not know. */
  readonly period: string;
  readonly hours: string;
  readonly carriesOver: boolean;
  readonly carriedMax: string;
  /** Names with commas between them; tags as in `env=prod`. */
  readonly scope: Readonly<Record<(typeof scopeLists)[number] | 'tags', string>>;
  readonly thresholds: readonly DraftThreshold[];
  readonly releaseAt: string;
  readonly isForecast: boolean;
  readonly targets: readonly string[];
  readonly enabled: boolean;
}

export const newDraft = (account: string, currency: string): Draft => ({
  id: '',
  name: '',
  account,
  unit: currency,
  amount: '',
  period: 'month',
  hours: '24',
  carriesOver: false,
  carriedMax: '',
  scope: { services: '', components: '', meters: '', prices: '', resources: '', tags: '' },
  thresholds: [
    { kind: 'percent', value: '80', hours: '24', action: 'notify', severity: '' },
    { kind: 'percent', value: '100', hours: '24', action: 'throttle', severity: '' },
  ],
  releaseAt: '',
  isForecast: false,
  targets: [],
  enabled: true,
});

/** The form of a budget that there is. */
export function draftOf(record: BudgetRecord, slug: string): Draft {
  const { period, scope, carryOver } = record;
  const tags = Object.entries(scope?.tags ?? {}).flatMap(([tag, values]) => values.map((value) => `${tag}=${value}`));
  const lists = scopeLists.map((name) => [name, (scope?.[name] ?? []).join(', ')] as const);
  return {
    ...newDraft(slug, record.currency),
    id: record.id,
    name: record.name,
    unit: record.meter === undefined ? record.currency : `meter:${record.meter}`,
    amount: record.amount,
    period: typeof period === 'string' ? period : period.kind === 'rolling' ? 'rolling' : 'kept',
    ...(typeof period === 'object' && period.kind === 'rolling' ? { hours: String(period.hours) } : {}),
    carriesOver: carryOver !== undefined,
    carriedMax: carryOver?.maximum ?? '',
    scope: { ...(Object.fromEntries(lists) as Omit<Draft['scope'], 'tags'>), tags: tags.join(', ') },
    thresholds: record.thresholds.map(({ percent, absolute, forecast, rate, action, severity = '' }) => {
      const kind = rate ? 'rate' : forecast ? 'forecast' : absolute === undefined ? 'percent' : 'absolute';
      const value = percent ?? absolute ?? forecast ?? rate!.amount;
      return { kind, value, hours: String(rate?.hours ?? 24), action, severity };
    }),
    releaseAt: record.releaseAt ?? '',
    isForecast: record.forecast === true,
    targets: record.targets,
    enabled: record.enabled,
  };
}

/** An id made of a name: "Render, month" is render-month. */
export const idOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 36);

/** What the API is asked to write. `record`: the one that is changed, whose fields that the form lacks go on. */
export function entryOf(draft: Draft, record: BudgetRecord | undefined): Readonly<Record<string, unknown>> {
  const { unit, period, scope, carriesOver, carriedMax, releaseAt } = draft;
  const counted = unit.startsWith('meter:') ? { meter: unit.slice('meter:'.length) } : { currency: unit };
  const lists = scopeLists.flatMap((name) =>
    scope[name].trim() === '' ? [] : [[name, namesIn(scope[name])] as const],
  );
  const tags = Map.groupBy(namesIn(scope.tags), (tag) => tag.split('=')[0]!.trim());
  const values = [...tags].map(
    ([tag, all]) => [tag, all.map((one) => one.split('=').slice(1).join('=').trim())] as const,
  );
  const within = [...lists, ...(values.length === 0 ? [] : [['tags', Object.fromEntries(values)] as const])];
  const kept = record === undefined ? {} : { fx: budgetEntry(record, '').fx };
  return {
    ...kept,
    id: draft.id,
    name: draft.name.trim() === '' ? draft.id : draft.name.trim(),
    account: draft.account,
    ...counted,
    amount: plain(draft.amount),
    period:
      period === 'rolling' ? { kind: 'rolling', hours: draft.hours } : period === 'kept' ? record?.period : period,
    ...(carriesOver ? { carryOver: carriedMax.trim() === '' ? {} : { maximum: plain(carriedMax) } } : {}),
    ...(within.length === 0 ? {} : { scope: Object.fromEntries(within) }),
    thresholds: draft.thresholds.map(({ kind, value, hours, action, severity }) => ({
      [kind]: kind === 'rate' ? { amount: plain(value), hours } : plain(value),
      action,
      ...(severity === '' ? {} : { severity }),
    })),
    ...(releaseAt.trim() === '' ? {} : { releaseAt: plain(releaseAt) }),
    ...(draft.isForecast ? { forecast: true } : {}),
    targets: draft.targets,
    enabled: draft.enabled,
  };
}

const namesIn = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** People type separators of thousands and percent signs; the API takes plain decimals. */
const plain = (text: string): string => text.trim().replaceAll(/[\s,'%]/g, '');
