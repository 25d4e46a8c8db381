import { decimal } from '../fields.ts';
import type { Family } from '../family.ts';
import { lineForms } from '../forms.ts';
import { optionsOf } from '../lines.ts';
import { kindOfTiers, tieredLines, tierFields } from '../tiers.ts';
import { dynamicLines } from './dynamic.ts';
import { packageLines } from './package.ts';
import { unitLines } from './unit.ts';

/** Usage that arrives late is billed on the period where it happened, under any model. */
export const late: Family = {
  area: 'rating',
  forms: [
    ...lineForms({ unitAmount: decimal }, (config) => unitLines(config.unitAmount, optionsOf(config))),
    ...lineForms(tierFields, (config, label) =>
      tieredLines(kindOfTiers(label, 'volume'), config.tiers, optionsOf(config)),
    ),
    ...lineForms({ packageSize: decimal, packageAmount: decimal }, (config) =>
      packageLines(config.packageSize, config.packageAmount, optionsOf(config)),
    ),
    ...lineForms({ multiplier: decimal }, (config) => dynamicLines(config.multiplier, optionsOf(config))),
  ],
  exceptions: [],
};
