/** SPEC §8.5: the cell of a sample, and the leaf of a cell. */
import type { LeafModel, PriceModel } from '../../messages/price.ts';
import type { SeriesRecord } from '../../messages/series.ts';
import { cellOf, intervalOf } from '../series.ts';
import { bandAt, nextBandChange } from './schedule.ts';

export interface CellPlace {
  readonly dims: Readonly<Record<string, string>>;
  /** Start of the sample, or of its part. */
  readonly atMs: number;
  readonly timeZone: string;
  /** Reference series by id. */
  readonly series: ReadonlyMap<string, { readonly record: SeriesRecord }>;
}

export const otherwise = 'otherwise';
export const cellLengthMax = 200;

/** Key of the cell that a sample falls in; `undefined` when the price has none for it. */
export function cellAt(model: PriceModel, { dims, atMs, timeZone, series }: CellPlace): string | undefined {
  switch (model.kind) {
    case 'matrix':
      return mostSpecific(model.rules, dims) ?? (model.otherwise === null ? undefined : otherwise);
    case 'grouped': {
      const key = JSON.stringify(model.by.map((name) => valueOf(dims, name) ?? ''));
      return key.length > cellLengthMax ? undefined : key;
    }
    case 'schedule':
      return bandAt(model.bands, atMs, timeZone) ?? (model.otherwise === null ? undefined : otherwise);
    case 'spot':
      return cellOf(intervalOf(series.get(model.series)!.record, atMs).startMs);
    default:
      return '';
  }
}

/** The first instant after `atMs` and before `endMs` at which a sample would fall in another cell; else `endMs`. */
export function nextCellChange(model: PriceModel, { atMs, timeZone, series }: CellPlace, endMs: number): number {
  if (model.kind === 'spot') return Math.min(endMs, intervalOf(series.get(model.series)!.record, atMs).endMs);
  return model.kind === 'schedule' ? nextBandChange(model.bands, atMs, timeZone, endMs) : endMs;
}

/** Stands for what prices an interval, whose figure is the series' (`priceIn`). */
const atSomePrice: LeafModel = { kind: 'perUnit', unitPrice: '0' };

/** What prices a cell. */
export function leafOf(model: PriceModel, cell: string): LeafModel {
  switch (model.kind) {
    case 'matrix':
    case 'schedule': {
      const named: readonly { readonly name: string; readonly model: LeafModel }[] =
        model.kind === 'matrix' ? model.rules : model.bands;
      return named.find(({ name }) => name === cell)?.model ?? model.otherwise!;
    }
    case 'grouped':
      return model.model;
    case 'spot':
      return atSomePrice;
    default:
      return model;
  }
}

/** What prices any of the cells. */
export function leavesOf(model: PriceModel): LeafModel[] {
  switch (model.kind) {
    case 'matrix':
    case 'schedule': {
      const named: readonly { readonly model: LeafModel }[] = model.kind === 'matrix' ? model.rules : model.bands;
      return [...named.map((each) => each.model), ...(model.otherwise === null ? [] : [model.otherwise])];
    }
    case 'grouped':
      return [model.model];
    case 'spot':
      return [atSomePrice];
    default:
      return [model];
  }
}

type Rules = Extract<PriceModel, { kind: 'matrix' }>['rules'];

function mostSpecific(rules: Rules, dims: Readonly<Record<string, string>>): string | undefined {
  const named = ({ match }: Rules[number]) => Object.keys(match).length;
  const fitting = rules.filter(({ match }) =>
    Object.entries(match).every(([name, value]) => valueOf(dims, name) === value),
  );
  return fitting.sort((a, b) => named(b) - named(a))[0]?.name;
}

function valueOf(dims: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(dims, name) ? dims[name] : undefined;
}
