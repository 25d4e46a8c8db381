/** Cells by the values of some dimensions: tiers per group. */
import { priceLimits } from '../limits.ts';
import type { Cell } from '../compiled.ts';
import type { Cells } from './cells.ts';

const knownMax = 10_000;

/**
 * One cell for each combination of values that these dimensions take, all with the same model; an absent dimension counts as "".
 * OpenMeter "group by", Lago "pricing group keys", Orb "grouped". The key is the JSON of the list of values, so that different
 * groups have different keys; a group whose key is too long has no cell. How many groups there may be (`groupsMax`) is for the
 * owner of the tallies to enforce.
 */
export const grouped: Cells<'grouped'> = ({ by, model }, charging) => {
  if (by.length === 0 || new Set(by).size < by.length) throw new RangeError('a grouping names dimensions, each once');
  const each = charging(model);
  /** Cells that were asked for: series of one group share theirs. */
  const known = new Map<string, Cell>();
  const cellOf = (key: string): Cell => {
    let cell = known.get(key);
    if (cell !== undefined) return cell;
    if (known.size >= knownMax) known.clear();
    known.set(key, (cell = { ...each, key }));
    return cell;
  };
  return {
    of: [each],
    cell: (key) => (isGroupKey(key, by.length) ? cellOf(key) : undefined),
    cellAt({ dims }) {
      const key = JSON.stringify(by.map((name) => (Object.hasOwn(dims, name) ? dims[name] : '')));
      return key.length > priceLimits.cellKeyMax ? undefined : cellOf(key);
    },
  };
};

function isGroupKey(key: string, dimensions: number): boolean {
  if (key.length > priceLimits.cellKeyMax) return false;
  try {
    const values: unknown = JSON.parse(key);
    const isList = Array.isArray(values) && values.length === dimensions;
    return isList && values.every((value) => typeof value === 'string') && JSON.stringify(values) === key;
  } catch {
    return false;
  }
}
