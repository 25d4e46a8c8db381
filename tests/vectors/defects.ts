import { divide, readDecimal, sign, subtract, compare, ratio, multiply } from '#core/money/rational.ts';
import { isRational, type Ours } from './compare.ts';
import { computeOurs, type ExceptionRule, type Family } from './family.ts';
import type { Json, JsonObject } from './vector.ts';

/**
 * Vectors that are marked as wrong by exact arithmetic (binary floats, rounding that drifts). What they expect is taken
 * as theirs only while it lies so near to ours that arithmetic can be the reason: within 1 ‰.
 */
export function defectsOf(family: () => Family): ExceptionRule {
  return {
    name: 'upstream defect',
    reason: 'the vector is marked as wrong by exact arithmetic; ours is the exact value',
    applies: ({ upstreamDefect }) => upstreamDefect,
    theirs: (vector) => nearest(vector.expected, computeOurs(family(), vector)),
  };
}

function nearest(expected: Json, ours: Ours): Ours {
  if (typeof expected === 'string' && isRational(ours)) {
    const theirs = readDecimal(expected);
    return theirs !== undefined && isNear(ours, theirs) ? theirs : ours;
  }
  if (Array.isArray(expected) && Array.isArray(ours))
    return ours.map((item: Ours, index) => nearest(expected[index] as Json, item));
  if (typeof expected === 'object' && expected !== null && typeof ours === 'object' && !isRational(ours))
    return Object.fromEntries(
      Object.entries(ours).map(([key, item]) => [key, nearest((expected as JsonObject)[key] ?? null, item as Ours)]),
    );
  return ours;
}

function isNear(ours: Parameters<typeof sign>[0], theirs: Parameters<typeof sign>[0]): boolean {
  if (sign(ours) === 0) return false;
  const relative = divide(subtract(theirs, ours), ours);
  return compare(multiply(relative, relative), ratio(1n, 1_000_000n)) <= 0;
}
