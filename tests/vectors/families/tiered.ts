import { z } from 'zod';
import { add, sign, zero } from '#core/money/rational.ts';
import { decimal, maybe, words } from '../fields.ts';
import { computeOurs, form, type ExceptionRule, type Family, type VectorFields } from '../family.ts';
import { lineForms } from '../forms.ts';
import { lineInputs, linesOfPart, optionsOf, partOf, termFields } from '../lines.ts';
import { quotient } from '../price.ts';
import { tieredLines, tieredPrice, tierFields } from '../tiers.ts';

const total = (kind: 'graduated' | 'volume') =>
  form(
    z.strictObject({ ...tierFields, currency: maybe(z.string()), decimals: maybe(decimal), ...words }),
    z.strictObject({ quantity: decimal }),
    ({ tiers }, { quantity }) => {
      const price = tieredPrice(kind, tiers);
      const amount = price.owed(quantity);
      return {
        amount,
        unitAmount: quotient(amount, quantity),
        unitsPerTier: price.unitsByTier(quantity).map(({ units }) => units),
      };
    },
  );

const family = (kind: 'graduated' | 'volume', exceptions: readonly ExceptionRule[]): Family => ({
  area: 'rating',
  forms: [total(kind), ...lineForms(tierFields, (config) => tieredLines(kind, config.tiers, optionsOf(config)))],
  exceptions,
});

export const graduated: Family = family('graduated', []);

const volumeConfig = z.strictObject({ ...termFields, ...tierFields });
type Parsed = { readonly config: z.output<typeof volumeConfig>; readonly inputs: z.output<typeof lineInputs> };

const parse = ({ config, inputs }: VectorFields): Parsed | undefined => {
  const [left, right] = [volumeConfig.safeParse(config), lineInputs.safeParse(inputs)];
  return left.success && right.success ? { config: left.data, inputs: right.data } : undefined;
};

const chargedSoFar = ({ config, inputs }: Parsed): boolean =>
  sign(tieredPrice('volume', config.tiers, optionsOf(config)).rated.charge(inputs.quantityBeforeThisLine)) !== 0;

const chargedAsItGrows: ExceptionRule = {
  name: 'volume tiers are charged as usage grows',
  reason:
    'upstream bills nothing for a part of a period before the last; ours charges each part the difference of two charges, which may be negative, so that balances are right at every moment',
  applies(vector) {
    const parsed = parse(vector);
    if (parsed === undefined || partOf(parsed.inputs.lineMode).isLast) return false;
    const ours = computeOurs(volume, vector);
    return (
      typeof ours === 'object' &&
      Array.isArray((ours as { lines?: unknown }).lines) &&
      (ours as { lines: unknown[] }).lines.length > 0
    );
  },
  theirs: () => ({ lines: [], lineTotalSum: zero }),
};

const restAtTheEnd: ExceptionRule = {
  name: 'the last part of volume tiers is the rest',
  reason: 'upstream bills the total with the last part; ours has charged the earlier parts and bills the difference',
  applies(vector) {
    const parsed = parse(vector);
    return parsed !== undefined && partOf(parsed.inputs.lineMode).isLast && chargedSoFar(parsed);
  },
  theirs(vector) {
    const { config, inputs } = parse(vector)!;
    const all = add(inputs.quantityBeforeThisLine, inputs.quantityInThisLine);
    return linesOfPart(tieredLines('volume', config.tiers, optionsOf(config)), config, {
      ...inputs,
      quantityBeforeThisLine: zero,
      quantityInThisLine: all,
    });
  },
};

export const volume: Family = family('volume', [chargedAsItGrows, restAtTheEnd]);
