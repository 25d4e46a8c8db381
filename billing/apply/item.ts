import { canonicalJson } from '../audit/canonical.ts';
import type { BillingErrorCode } from '../errors.ts';
import type { JsonValue } from '../schema.ts';
import type { At, Faults } from './faults.ts';

/** One thing that the file asks for, against what there is. */
export interface Item<Value> {
  /** How people name it. */
  readonly id: string;
  readonly status: 'added' | 'changed' | 'unchanged';
  readonly before: Value | undefined;
  readonly after: Value;
}

export function compare<Value extends object>(id: string, before: Value | undefined, after: Value): Item<Value> {
  const status = before === undefined ? 'added' : sameValue(before, after) ? 'unchanged' : 'changed';
  return { id, status, before, after };
}

/** Reports each of the fields that may not change and does. True when none does. */
export function keeps<Value extends object>(
  before: Value,
  after: Value,
  fields: readonly (keyof Value & string)[],
  refuse: { readonly code: BillingErrorCode; readonly at: At; readonly faults: Faults },
): boolean {
  const broken = fields.filter((field) => !sameValue(before[field], after[field]));
  for (const field of broken) {
    refuse.faults.add(
      refuse.code,
      refuse.at,
      `${field}: ${textOf(after[field])}`,
      `${field} as published, ${textOf(before[field])}`,
    );
  }
  return broken.length === 0;
}

export const sameValue = (a: unknown, b: unknown): boolean => textOf(a) === textOf(b);

export const textOf = (value: unknown): string => (value === undefined ? '' : canonicalJson(value as JsonValue));
