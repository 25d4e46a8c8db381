import type { Outcome } from '../outbox/outcomes.ts';
import type { JsonValue } from '../schema.ts';
import { sameValue, textOf, type Item } from './item.ts';
import { sectionOrder, type Plan, type Section } from './plan.ts';

/** What an application did or, on a dry run, would do. */
export interface ApplyResult {
  readonly tenant: string;
  readonly dryRun: boolean;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly changes: readonly DiffEntry[];
  /** Audit row of the change set; null when there is none. */
  readonly auditId: string | null;
  /** Control messages on their way to the rater. */
  readonly messages: number;
}

/** What the API answers: with what the rater made of it, unless nothing changed. */
export type ApplyAnswer = ApplyResult & Partial<Outcome>;

export interface DiffEntry {
  readonly section: Section;
  readonly id: string;
  readonly status: 'added' | 'changed';
  /** Fields that differ; of something added, all of them with `before` null. */
  readonly fields: readonly { readonly field: string; readonly before: JsonValue; readonly after: JsonValue }[];
}

const everyItem = (plan: Plan): { section: Section; item: Item<object> }[] =>
  sectionOrder.flatMap((section) => (plan[section] as readonly Item<object>[]).map((item) => ({ section, item })));

export function diffOf(plan: Plan): Pick<ApplyResult, 'added' | 'changed' | 'unchanged' | 'changes'> {
  const items = everyItem(plan);
  const count = (status: Item<object>['status']) => items.filter(({ item }) => item.status === status).length;
  const changes = items.flatMap(({ section, item }): DiffEntry[] => {
    if (item.status === 'unchanged') return [];
    const before = (item.before ?? {}) as Record<string, JsonValue>;
    const after = item.after as Record<string, JsonValue>;
    const fields = Object.keys(after)
      .filter((field) => item.before === undefined || !sameValue(before[field], after[field]))
      .map((field) => ({ field, before: before[field] ?? null, after: after[field]! }));
    return [{ section, id: item.id, status: item.status, fields }];
  });
  return { added: count('added'), changed: count('changed'), unchanged: count('unchanged'), changes };
}

/** Before and after of everything that a plan changes, by `<section>/<id>`, for the audit log. */
export function auditedValues(plan: Plan): { before: JsonValue; after: JsonValue } {
  const changed = everyItem(plan).filter(({ item }) => item.status !== 'unchanged');
  const values = (pick: (item: Item<object>) => object | undefined) =>
    Object.fromEntries(
      changed.flatMap(({ section, item }) => (pick(item) === undefined ? [] : [[`${section}/${item.id}`, pick(item)]])),
    );
  return { before: values((item) => item.before) as JsonValue, after: values((item) => item.after) as JsonValue };
}

const heard = {
  taken: '',
  pending: ' The rater has not taken it yet; should it reject it, the audit log says so.',
  rejected: ' The rater rejected it: what is charged has not changed.',
} as const;

/** For people: `+` added, `~` changed with each field that differs, and a closing line with the counts. */
export function printDiff(result: ApplyAnswer): string {
  const lines = result.changes.flatMap((entry) => {
    const head = `${entry.status === 'added' ? '+' : '~'} ${entry.section} ${entry.id}`;
    if (entry.status === 'added') return [head];
    return [
      head,
      ...entry.fields.map(({ field, before, after }) => `    ${field}: ${textOf(before)} -> ${textOf(after)}`),
    ];
  });
  const counts = `${result.added} added, ${result.changed} changed, ${result.unchanged} unchanged`;
  const outcome = result.dryRun
    ? 'Nothing was changed: this was a dry run.'
    : result.auditId === null
      ? 'Nothing to do.'
      : `Applied as ${result.auditId}.${heard[result.outcome ?? 'taken']}`;
  const rejected = (result.rejected ?? []).map((reason) => `! rejected: ${reason}`);
  return [...lines, `${result.tenant}: ${counts}. ${outcome}`, ...rejected].join('\n');
}
