/** A price that one engine takes and the other rejects would make two different logs: both take just the same ones. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PriceRecord } from '../../messages/price.ts';
import { compilePrice } from '../../pricing/compile.ts';
import { changeFault } from '../../rating/changeShape.ts';
import { options, seed } from '../../testing/seed.ts';
import { hasChangeShape } from '../changeShape.ts';
import { record } from '../testing/records.ts';

const junk: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  null, '', '-1', '-0', '0', '0.0', '00', '1', '1.5', '+1', '1e5', '.5', '5.', '1 ', '101', '100.01', 5, -1, 0, 1.5, true, [], {}, '24:00', '00:00', '08:00', '8:00', '24:30',
  'otherwise', 'band 0', 'rule 0', 'x'.repeat(200), 'x'.repeat(201), '9'.repeat(26), '9'.repeat(27), `0.${'1'.repeat(24)}`, `0.${'1'.repeat(25)}`, 'event', 'tally', 'mon', 'up',
  '2026-02-29', '2028-02-29', '2026-11-23', '0000-01-01', '2026-1-1', 'account', 'subtree', 'resource', 'proRata', 'asArrived', 7, 8, 12, 13, 1200, 1201,
  ['2026-01-01', '2026-01-02'], ['2026-01-02', '2026-01-01'], ['2026-01-01'], 'week', 'halfYear', 'last', '4-5-4',
  'perUnit', 'flat', 'percentage', 'totals', 'whicheverFirst', ['mon'], ['mon', 'mon'], [null], undefined,
); // prettier-ignore

/** Every field and entry of a record, as a list of names. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [[name], ...pathsOf(inner).map((path) => [name, ...path])]);
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const inner = (value as Record<string, unknown>)[name];
  const next = replaced(inner, rest, by);
  if (Array.isArray(value)) return value.map((entry: unknown, i) => (String(i) === name ? next : entry));
  return { ...(value as object), [name]: next };
}

/** With what a pool says of itself, said rightly or not. */
const scoped = fc
  .tuple(record, fc.constantFrom('account', 'resource', 'subtree'), fc.constantFrom(0, 2), fc.constantFrom(undefined, 'proRata', 'asArrived'))
  .map(([price, tallyScope, account, split]) => ({ ...price, tallyScope, account, split })); // prettier-ignore

const harmed = fc
  .tuple(fc.oneof(record, scoped), fc.array(fc.tuple(fc.nat(), junk), { maxLength: 2 }))
  .map(([price, harms]) =>
    harms.reduce<unknown>((value, [at, by]) => {
      const paths = pathsOf(value);
      return replaced(value, paths[at % paths.length]!, by);
    }, price),
  );

function isTakenFast(change: unknown): boolean {
  if (changeFault(change) !== undefined) return false;
  try {
    compilePrice(change as PriceRecord, { scale: 3 });
    return true;
  } catch {
    return false;
  }
}

const meter = fc.record(
  {
    kind: fc.constant('meter'),
    id: fc.constant('m'),
    metric: fc.constant('m'),
    unit: fc.constantFrom('1', 'By'),
    scale: fc.constantFrom(0, 3),
    aggregation: fc.constantFrom('sum', 'timeWeighted', 'count', 'max', 'latest', 'unique', 'percentile', 'mean'),
    distinct: fc.constantFrom('', 'region', 1),
    slots: fc.record({
      lengthMs: fc.constantFrom(300_000, 3_600_000, 86_400_000, 299_999, 86_400_001, 300_000.5),
      discardPercent: fc.constantFrom('5', '0', '99.9', '100', '-1', '5 '),
    }),
    filter: fc.constantFrom<unknown>({}, { mode: ['a'] }, { mode: 'a' }, []),
  },
  { requiredKeys: ['kind', 'id', 'metric', 'unit', 'scale', 'aggregation', 'filter'] },
);

test('both engines take and reject the same meters', () => {
  fc.assert(
    fc.property(meter, (change) => {
      expect(hasChangeShape(change)).toBe(changeFault(change) === undefined);
    }),
    options,
  );
});

test(`both engines take and reject the same prices, seed ${seed}`, () => {
  const seen = { taken: 0, rejected: 0 };
  fc.assert(
    fc.property(harmed, (price) => {
      // What a log holds is JSON.
      const change: unknown = JSON.parse(JSON.stringify({ kind: 'price', ...(price as object) }));
      const isTaken = hasChangeShape(change);
      expect(isTaken).toBe(isTakenFast(change));
      seen[isTaken ? 'taken' : 'rejected'] += 1;
    }),
    options,
  );
  expect(Math.min(seen.taken, seen.rejected)).toBeGreaterThan(0);
});
