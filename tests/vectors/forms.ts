/** The forms that OpenMeter's vectors have for every model: a part of a period, phases, and phases with late usage. */
import { z } from 'zod';
import { form, refused, type ExceptionRule, type Form } from './family.ts';
import {
  latePhaseInputs,
  lineInputs,
  linesOfLatePhases,
  linesOfPart,
  linesOfPhases,
  phaseInputs,
  termFields,
  type LineModel,
} from './lines.ts';

const terms = z.object(termFields);
export type Terms = z.output<typeof terms>;

/** `model` turns the fields of the model and those that go with every model into lines. */
export function lineForms<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  model: (config: z.output<z.ZodObject<Shape>> & Terms, label: string) => LineModel,
): Form[] {
  const config = z.strictObject({ ...termFields, ...shape }) as unknown as z.ZodType<
    z.output<z.ZodObject<Shape>> & Terms
  >;
  return [
    form(config, lineInputs, (fields, inputs, asked) => linesOfPart(model(fields, asked.model), fields, inputs)),
    form(config, phaseInputs, (fields, inputs, asked) => linesOfPhases(model(fields, asked.model), fields, inputs)),
    form(config, latePhaseInputs, (fields, inputs, asked) =>
      linesOfLatePhases(model(fields, asked.model), fields, inputs),
    ),
  ];
}

/** For models that upstream has no unit conversion for. */
export const conversionForAll: ExceptionRule = {
  name: 'any model may have a unit conversion',
  reason: 'upstream refuses a unit conversion with this model; ours converts the quantity before any model sees it',
  applies: ({ config }) => typeof config['unitConversion'] === 'object' && config['unitConversion'] !== null,
  theirs: () => refused,
};
