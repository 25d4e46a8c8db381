import type { PriceRecord } from '../../messages/control.ts';
import { leafOf } from '../prices/cells.ts';
import { isEventCharged } from '../prices/noted.ts';

/** What is wrong with a piece; nothing of it is done then. */
export class Unfit extends Error {}

/** 8.2: which event is free depends on those before it. */
export function isLogOrdered({ model }: PriceRecord): boolean {
  const leaves =
    model.kind === 'matrix'
      ? [...model.rules.map((rule) => rule.model), model.otherwise]
      : model.kind === 'schedule'
        ? [...model.bands.map((band) => band.model), model.otherwise]
        : [leafOf(model, '')];
  return leaves.some((leaf) => {
    if (leaf?.kind !== 'percentage') return false;
    const hasFree = leaf.freeEvents !== undefined || leaf.freeValue !== undefined;
    return leaf.free === 'whicheverFirst' || (isEventCharged(leaf) && hasFree);
  });
}
