/** Makes a price ready to charge: exact integers, one cell for all usage or one for each part of it. */
import { pow10 } from '../money/fixed.ts';
import type { MeterRecord } from '../messages/control.ts';
import type { LeafModel, PriceModel, PriceRecord, SpotModel } from '../messages/price.ts';
import { grouped } from './cells/grouped.ts';
import type { PartedCells } from './cells/cells.ts';
import { leafOf } from './cells/leafOf.ts';
import { matrix } from './cells/matrix.ts';
import { schedule } from './cells/schedule.ts';
import { spot } from './cells/spot.ts';
import type { Cell, CompiledPrice } from './compiled.ts';
import type { Rational } from '../money/fixed.ts';
import { fromScaled, ratio } from '../money/rational.ts';
import { step, type LeafDraft } from './leaf.ts';
import { compileLeaf, type Charging } from './pipeline.ts';
import { partText, proratedModel, proratedTerms, type Part } from './prorate.ts';
import type { PriceSeries } from './series/points.ts';

/**
 * `seriesOf` gives reference series with the points that are to price. Throws RangeError on a record that publication should
 * never have let through (`checkPrices` says why, for people).
 */
export function compilePrice(
  record: PriceRecord,
  meter: Pick<MeterRecord, 'scale'>,
  seriesOf: (id: string) => PriceSeries | undefined = () => undefined,
): CompiledPrice {
  const numerator = BigInt(record.unit.numerator);
  const denominator = BigInt(record.unit.denominator);
  if (numerator <= 0n || denominator <= 0n) throw new RangeError('a unit is a fraction above 0');
  const unit = ratio(numerator, denominator * pow10(meter.scale));
  const charging = (model: LeafModel, draft?: LeafDraft): Charging => compileLeaf(record, unit, model, draft);
  const cells =
    record.model.kind === 'spot' ? spotCells(record, seriesOf, charging) : partedCells(record.model, charging);
  const cellWith = cellsWith(record, unit);
  if (cells !== undefined) {
    const order = cells.of.some((each) => each.order === 'log') ? 'log' : 'free';
    return { record, order, whole: undefined, cellAt: cells.cellAt, cell: cells.cell, cellWith };
  }
  const { order, ...rest } = charging(record.model as LeafModel);
  const whole: Cell = { ...rest, key: '' };
  return { record, order, whole, cellAt: () => whole, cell: (key) => (key === '' ? whole : undefined), cellWith };
}

/** A series is in the price's currency, per the same unit. */
function spotCells(
  { model, currency, unit, rollover, prorate }: PriceRecord,
  seriesOf: (id: string) => PriceSeries | undefined,
  charging: (model: LeafModel, draft: LeafDraft) => Charging,
): PartedCells {
  const { series: id } = model as SpotModel;
  if (rollover !== undefined)
    throw new RangeError('each interval of a spot price has an allowance of its own: none is left to carry over');
  if (prorate !== undefined)
    throw new RangeError('each interval of a spot price has figures of its own: no part of a period is in force');
  const series = seriesOf(id);
  if (series === undefined) throw new RangeError(`series ${id} is not known`);
  const { record } = series;
  if (record.currency !== currency || record.unit !== unit.name)
    throw new RangeError(`series ${id} is in ${record.currency} per ${record.unit}, not ${currency} per ${unit.name}`);
  return spot(model as SpotModel, series, (draft) => charging({ kind: 'perUnit', unitPrice: '0' }, draft));
}

const cellsWithMax = 1000;

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

/** Cells with other figures than the record's, made when they are asked for: many tallies have the same, and few are asked for often. */
function cellsWith(record: PriceRecord, unit: Rational): CompiledPrice['cellWith'] {
  const known = new Map<string, Cell>();
  return (key, carriedOver, part) => {
    const name = `${carriedOver} ${part?.inForce}/${part?.of} ${key}`;
    let cell = known.get(name);
    if (cell !== undefined) return cell;
    const model = leafOf(record.model, key);
    if (model === undefined) return undefined;
    if (known.size >= cellsWithMax) known.clear();
    cell = { ...chargingOf(record, unit, model, fromScaled(carriedOver, 12), part), key };
    known.set(name, cell);
    return cell;
  };
}

function chargingOf(
  record: PriceRecord,
  unit: Rational,
  model: LeafModel,
  carriedOver: Rational,
  part: Part | undefined,
): Charging {
  if (part === undefined) return compileLeaf(record, unit, model, undefined, carriedOver);
  const leaf = proratedModel(model, record, part);
  const charging = compileLeaf(proratedTerms(record, part), unit, leaf, undefined, carriedOver);
  return {
    ...charging,
    explain(measures) {
      const steps = charging.explain(measures);
      return steps.length === 0 ? steps : [step(partText(record, part), '', '', 0n), ...steps];
    },
  };
}
