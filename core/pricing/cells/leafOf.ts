import type { LeafModel, PriceModel } from '../../messages/price.ts';

/** What prices the cell of that key; undefined for a key that no cell has, and for spot prices, whose cells are points in time. */
export function leafOf(model: PriceModel, key: string): LeafModel | undefined {
  switch (model.kind) {
    case 'matrix':
      return model.rules.find(({ name }) => name === key)?.model ?? model.otherwise ?? undefined;
    case 'schedule':
      return model.bands.find(({ name }) => name === key)?.model ?? model.otherwise ?? undefined;
    case 'spot':
      return undefined;
    case 'grouped':
      return model.model;
    default:
      return model;
  }
}
