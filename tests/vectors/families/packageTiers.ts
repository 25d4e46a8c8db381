import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { ratio, roundTo, sign, subtract, sum, zero } from '#core/money/rational.ts';
import { decimal, integer, maybe, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { priced, text } from '../price.ts';

const tier = z.strictObject({ block_size: decimal, max_blocks: maybe(decimal), price: decimal });
const tierList = z.union([z.array(tier), tier.transform((only) => [only])]);
type Tier = z.output<typeof tier>;

export const policy = z.enum(['ALL_TIERS', 'TOP_TIER']);

/** Blocks of the last tier are not counted: there is no tier after it. */
export const chargeBlocks = (tiers: readonly Tier[], reach: z.output<typeof policy>, units: Rational): Rational =>
  priced({
    kind: 'packageTiers',
    reach: reach === 'ALL_TIERS' ? 'all' : 'top',
    tiers: tiers.map(({ block_size, max_blocks, price }, index) => ({
      size: text(block_size),
      count: index === tiers.length - 1 || max_blocks === undefined || sign(max_blocks) < 0 ? null : text(max_blocks),
      price: text(price),
    })),
  }).charge(units);

const oneUnit = form(
  z.strictObject({ policy, tiers: tierList, ...words }),
  z.union([
    z.strictObject({ units: decimal, already_billed: maybe(decimal) }),
    z.strictObject({ units_total_in_period: decimal, already_billed: maybe(decimal) }),
  ]),
  ({ policy: reach, tiers }, inputs) => {
    const amount = chargeBlocks(tiers, reach, 'units' in inputs ? inputs.units : inputs.units_total_in_period);
    return { amount, to_bill: subtract(amount, inputs.already_billed ?? zero) };
  },
);

/** Any field beside the policy is a unit with its tiers. */
export const tiersByUnit = z.object({ policy, ...words }).catchall(tierList);

export function tiersOf({
  policy: _policy,
  rule: _rule,
  note: _note,
  ...units
}: z.output<typeof tiersByUnit>): Map<string, Tier[]> {
  return new Map(Object.entries(units as Record<string, Tier[]>));
}

/** Units are charged one by one and added up. */
export function chargeUnits(
  config: z.output<typeof tiersByUnit>,
  quantities: Readonly<Record<string, Rational>>,
): Rational {
  const units = tiersOf(config);
  const unknown = Object.keys(quantities).filter((unit) => !units.has(unit));
  if (unknown.length > 0) throw new RangeError(`${unknown.join(', ')}: it has no tiers`);
  return sum([...units].map(([unit, tiers]) => chargeBlocks(tiers, config.policy, quantities[unit] ?? zero)));
}

const severalUnits = form(
  tiersByUnit,
  z.record(z.string(), decimal),
  (config, { already_billed = zero, ...quantities }) => {
    const amount = chargeUnits(config, quantities);
    return { amount, to_bill: subtract(amount, already_billed) };
  },
);

/** Run again over the same usage, nothing is left to bill: rounded amounts are compared with rounded amounts. */
const runAgain = form(
  z.strictObject({ price_per_unit: decimal, currency_decimals: integer, ...words }),
  z.strictObject({ units: decimal, already_billed: maybe(decimal) }),
  ({ price_per_unit, currency_decimals }, { units, already_billed = zero }) => {
    const charge = priced({ kind: 'perUnit', unitPrice: text(price_per_unit) }).charge(units);
    const left = subtract(roundTo(charge, currency_decimals, 'halfAwayFromZero'), already_billed);
    return { amount: charge, to_bill: left, new_items: sign(left) === 0 ? zero : ratio(1n) };
  },
);

export const packageTiers: Family = { area: 'rating', forms: [oneUnit, runAgain, severalUnits], exceptions: [] };
