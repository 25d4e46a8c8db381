/** Cells that the price names itself: rules of a matrix, bands of a schedule. */
import type { LeafModel } from '../../messages/price.ts';
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

/**
 * A cell per name. Two entries may share a name, and so a tally, when their models are equal: a night that crosses midnight is
 * two bands and one cell.
 */
export function namedCells(
  entries: readonly Named[],
  otherwise: LeafModel | null,
  charging: (model: LeafModel) => Charging,
): Map<string, KeyedCharging> {
  const cells = new Map<string, KeyedCharging>();
  const models = new Map<string, string>();
  const all = otherwise === null ? entries : [...entries, { name: otherwiseKey, model: otherwise }];
  for (const [index, { name, model }] of all.entries()) {
    if (name === '' || (name === otherwiseKey && index < entries.length))
      throw new RangeError(`"${name}" cannot name a cell`);
    const text = JSON.stringify(model);
    if ((models.get(name) ?? text) !== text)
      throw new RangeError(`two cells with different models are named "${name}"`);
    models.set(name, text);
    if (!cells.has(name)) cells.set(name, { ...charging(model), key: name });
  }
  return cells;
}
