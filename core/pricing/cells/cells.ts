import type { LeafModel, PriceModel } from '../../messages/price.ts';
import type { Cell, CellPlace } from '../compiled.ts';
import type { Charging } from '../pipeline.ts';

export interface PartedCells {
  /** Every way of charging that occurs. */
  readonly of: readonly Charging[];
  cellAt(place: CellPlace): Cell | undefined;
  cell(key: string): Cell | undefined;
}

/** Parts a price; a new kind of cells is a new file with its function. */
export type Cells<Kind extends PriceModel['kind']> = (
  model: Extract<PriceModel, { kind: Kind }>,
  charging: (model: LeafModel) => Charging,
) => PartedCells;
