/** Makes a price ready to charge: exact integers, one cell for all usage or one for each part of it. */
import { pow10 } from '../money/fixed.ts';
import type { MeterRecord } from '../messages/control.ts';
import type { LeafModel, PriceModel, PriceRecord } from '../messages/price.ts';
import { grouped } from './cells/grouped.ts';
import type { PartedCells } from './cells/cells.ts';
import { matrix } from './cells/matrix.ts';
import { schedule } from './cells/schedule.ts';
import type { Cell, CompiledPrice } from './compiled.ts';
import { ratio } from '../money/rational.ts';
import { compileLeaf, type Charging } from './pipeline.ts';

/** Throws RangeError on a record that publication should never have let through (`checkPrices` says why, for people). */
export function compilePrice(record: PriceRecord, meter: Pick<MeterRecord, 'scale'>): CompiledPrice {
  const numerator = BigInt(record.unit.numerator);
  const denominator = BigInt(record.unit.denominator);
  if (numerator <= 0n || denominator <= 0n) throw new RangeError('a unit is a fraction above 0');
  const unit = ratio(numerator, denominator * pow10(meter.scale));
  const charging = (model: LeafModel): Charging => compileLeaf(record, unit, model);
  const cells = partedCells(record.model, charging);
  if (cells !== undefined) {
    const order = cells.of.some((each) => each.order === 'log') ? 'log' : 'free';
    return { record, order, whole: undefined, cellAt: cells.cellAt, cell: cells.cell };
  }
  const { order, ...rest } = charging(record.model as LeafModel);
  const whole: Cell = { ...rest, key: '' };
  return { record, order, whole, cellAt: () => whole, cell: (key) => (key === '' ? whole : undefined) };
}

/** Undefined for a leaf. */
function partedCells(model: PriceModel, charging: (model: LeafModel) => Charging): PartedCells | undefined {
  switch (model.kind) {
    case 'matrix':
      return matrix(model, charging);
    case 'grouped':
      return grouped(model, charging);
    case 'schedule':
      return schedule(model, charging);
    default:
      return undefined;
  }
}
