import { decimal } from '../fields.ts';
import type { Family } from '../family.ts';
import { lineForms } from '../forms.ts';
import { optionsOf } from '../lines.ts';
import { tieredLines, tierFields } from '../tiers.ts';
import { unitLines } from './unit.ts';

/** Usage that arrives late is billed on the period where it happened. Tiers without a word are volume tiers: the vectors' only ones. */
export const late: Family = {
  area: 'rating',
  forms: [
    ...lineForms({ unitAmount: decimal }, (config) => unitLines(config.unitAmount, optionsOf(config))),
    ...lineForms(tierFields, (config) => tieredLines('volume', config.tiers, optionsOf(config))),
  ],
  exceptions: [],
};
