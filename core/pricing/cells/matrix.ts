/** Cells by dimensions of the sample. */
import type { Cell, CellPlace } from '../compiled.ts';
import type { Cells } from './cells.ts';
import { namedCells, otherwiseKey } from './named.ts';

/**
 * A rule matches a sample that has the value of every dimension that the rule names. The rule that names the most dimensions
 * wins; two that name equally many and can both match are refused at publication, so that the order of the list means nothing.
 * Lago "charge filters", OpenMeter and Orb "matrix", CloudKitty "hashmap" (which adds up its groups and here is several prices).
 */
export const matrix: Cells<'matrix'> = (model, charging) => {
  const cells = namedCells(model.rules, model.otherwise, charging);
  const rules = model.rules
    .map(({ name, match }) => ({ match: Object.entries(match), cell: cells.get(name)! }))
    .sort((a, b) => b.match.length - a.match.length);
  const otherwise = cells.get(otherwiseKey);
  return {
    of: [...cells.values()],
    cell: (key) => cells.get(key),
    cellAt({ dims }: CellPlace): Cell | undefined {
      const matching = rules.find(({ match }) =>
        match.every(([name, value]) => Object.hasOwn(dims, name) && dims[name] === value),
      );
      return matching?.cell ?? otherwise;
    },
  };
};
