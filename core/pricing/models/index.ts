/** The leaf models by kind; a new model is a new file with its function here. */
import type { LeafModel } from '../../messages/price.ts';
import type { LeafDraft } from '../leaf.ts';
import { dynamic } from './dynamic.ts';
import { flat } from './flat.ts';
import { graduated } from './graduated.ts';
import { graduatedPercentage } from './graduatedPercentage.ts';
import { packages } from './package.ts';
import { packageTiers } from './packageTiers.ts';
import { percentage } from './percentage.ts';
import { perEvent } from './perEvent.ts';
import { perUnit } from './perUnit.ts';
import { stairstep } from './stairstep.ts';
import { volume } from './volume.ts';

const models: { [Kind in LeafModel['kind']]: (model: Extract<LeafModel, { kind: Kind }>) => LeafDraft } = {
  perUnit,
  flat,
  graduated,
  volume,
  package: packages,
  packageTiers,
  stairstep,
  percentage,
  graduatedPercentage,
  dynamic,
  perEvent,
};

export const leafKinds = Object.keys(models) as LeafModel['kind'][];

/** Throws RangeError on a model that publication should never have let through. */
export function draftLeaf(model: LeafModel): LeafDraft {
  return models[model.kind](model as never);
}

/** Whether what is owed is settled event by event, and summed in `Measures.value` (SPEC §8.2). */
export function isEventCharged(model: LeafModel): boolean {
  if (model.kind !== 'percentage') return model.kind === 'perEvent';
  return model.free === 'whicheverFirst' || model.minimum !== undefined || model.maximum !== undefined;
}

/** Whether a percentage has events or a value that are free. */
export const hasFreePart = (model: LeafModel): boolean =>
  model.kind === 'percentage' && (model.freeEvents !== undefined || model.freeValue !== undefined);
