/** Cells that the price names itself: rules of a matrix, bands of a schedule. */
import type { LeafModel } from '../../messages/price.ts';
import { priceLimits } from '../limits.ts';
import type { Charging } from '../pipeline.ts';

/** Key of the cell for what no rule or band takes; none of them may have this name. */
export const otherwiseKey = 'otherwise';

/** A cell that tells its order as well. */
export interface KeyedCharging extends Charging {
  readonly key: string;
}

export interface Named {
  readonly name: string;
  readonly model: LeafModel;
}

/** A cell per name; names are told apart, since each is the key of a tally. */
export function namedCells(
  entries: readonly Named[],
  otherwise: LeafModel | null,
  charging: (model: LeafModel) => Charging,
): Map<string, KeyedCharging> {
  const cells = new Map<string, KeyedCharging>();
  for (const { name, model } of entries) {
    if (name === '' || name === otherwiseKey || name.length > priceLimits.nameMax || cells.has(name))
      throw new RangeError(`"${name}" cannot name a cell, or names two`);
    cells.set(name, { ...charging(model), key: name });
  }
  if (otherwise !== null) cells.set(otherwiseKey, { ...charging(otherwise), key: otherwiseKey });
  return cells;
}
