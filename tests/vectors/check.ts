import { differences, show, type Difference, type Ours } from './compare.ts';
import { deferred, families } from './families.ts';
import { computeOurs, refused, UnknownFields, type ExceptionRule, type Family } from './family.ts';
import type { JsonObject, Vector } from './vector.ts';

export type Verdict =
  | { readonly kind: 'passed' }
  | {
      readonly kind: 'exception';
      readonly rule: string;
      readonly reason: string;
      readonly ours: string;
      readonly theirs: string;
    }
  | { readonly kind: 'deferred' }
  | { readonly kind: 'failed'; readonly ours: string; readonly theirs: string };

/** Judges one vector: equal, different by a rule, of a family that is not built yet, or wrong. */
export function check(vector: Vector): Verdict {
  if (Object.hasOwn(deferred, vector.family)) return { kind: 'deferred' };
  const family = Object.hasOwn(families, vector.family) ? families[vector.family] : undefined;
  if (family === undefined) return failed(`no family "${vector.family}"`, 'a known family');
  if (vector.area !== undefined && vector.area !== family.area)
    return failed(`family ${vector.family} is of the area ${family.area}`, `area ${vector.area}`);
  let ours: Ours;
  try {
    ours = computeOurs(family, vector);
  } catch (error) {
    if (error instanceof UnknownFields) return failed(`fields not understood: ${error.message}`, show(vector.expected));
    return failed(
      `the program fails: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      show(vector.expected),
    );
  }
  const found = compareWhole(vector.expected, ours);
  if (found.length === 0) return { kind: 'passed' };
  const rule = ruleFor(family, vector);
  if (rule !== undefined) return { kind: 'exception', rule: rule.name, reason: rule.reason, ...sides(found) };
  return { kind: 'failed', ...sides(found) };
}

const isRefusal = (ours: Ours): boolean => typeof ours === 'string' && ours.startsWith(refused);

function compareWhole(expected: JsonObject, ours: Ours): Difference[] {
  const wantsRefusal = Object.hasOwn(expected, 'error') && expected['error'] !== false && expected['error'] !== null;
  if (wantsRefusal) return isRefusal(ours) ? [] : [{ path: '', ours: show(ours), theirs: refused }];
  return isRefusal(ours) ? [{ path: '', ours: show(ours), theirs: show(expected) }] : differences(expected, ours);
}

/** The rule that explains what the vector expects: it applies, and the other convention gives just that. */
function ruleFor(family: Family, vector: Vector): ExceptionRule | undefined {
  return family.exceptions.find((rule) => {
    if (!rule.applies(vector)) return false;
    try {
      return compareWhole(vector.expected, rule.theirs(vector)).length === 0;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  });
}

const failed = (ours: string, theirs: string): Verdict => ({ kind: 'failed', ours, theirs });

function sides(found: readonly Difference[]): { readonly ours: string; readonly theirs: string } {
  const side = (which: 'ours' | 'theirs') =>
    found.map((difference) => (difference.path === '' ? '' : `${difference.path} `) + difference[which]).join('; ');
  return { ours: side('ours'), theirs: side('theirs') };
}
