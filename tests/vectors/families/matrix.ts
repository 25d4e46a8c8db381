import { z } from 'zod';
import type { PriceModel } from '#core/messages/price.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import { nothing } from '#core/pricing/compiled.ts';
import type { Rational } from '#core/money/fixed.ts';
import {
  add,
  compare,
  fromScaled,
  larger,
  multiply,
  ratio,
  readDecimal,
  sign,
  sum,
  toScaled,
  zero,
} from '#core/money/rational.ts';
import { decimal, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { priced, recordOf, text } from '../price.ts';

/** What a rule of a group does when it matches: a flat price of a unit, a factor on the group's price, or a price from a level on. */
interface Rule {
  readonly kind: 'flat' | 'rate' | 'threshold' | 'thresholdRate';
  /** "" matches everything. */
  readonly field: string;
  readonly value: string;
  readonly cost: Rational;
}

const costs = z.union([decimal, z.record(z.string(), decimal)]);
const groupOfRules = z.record(z.string(), costs);
/** The words of a rule: "service flat", "flavor m1.nano flat", "flavor" and "memory thresholds" with their values. */
const ruleName =
  /^(?:service (flat|rate)|(\S+) thresholds(?: (flat|rate))?|(\S+) (\S+) (flat|rate)|(\S+)(?: (flat|rate))?)$/;

function rulesOf(name: string, cost: z.output<typeof costs>): Rule[] {
  const match = ruleName.exec(name);
  if (match === null) throw new Error(`"${name}" is not a rule that is understood`);
  const [, service, level, levelKind, field, value, kind, mapped, mappedKind] = match;
  if (isRational(cost)) {
    if (service !== undefined) return [{ kind: service as Rule['kind'], field: '', value: '', cost }];
    if (field !== undefined) return [{ kind: kind as Rule['kind'], field, value: value!, cost }];
    throw new Error(`"${name}" needs a cost for each value`);
  }
  if (level === undefined && mapped === undefined) throw new Error(`"${name}" has one cost`);
  const ofLevel = levelKind === 'rate' ? 'thresholdRate' : 'threshold';
  const of = level === undefined ? ((mappedKind ?? 'flat') as Rule['kind']) : ofLevel;
  return Object.entries(cost).map(([each, price]) => ({
    kind: of,
    field: (level ?? mapped)!,
    value: each,
    cost: price,
  }));
}

/** A group of rules by name; or a field with a cost for each of its values, or for each level where those are numbers. */
function rulesOfGroup(name: string, content: z.output<typeof groupOfRules>): [group: string, rules: Rule[]] {
  const entries = Object.entries(content);
  const isField = entries.every(([key, cost]) => isRational(cost) && !/ (flat|rate)$/.test(key));
  if (!isField) return [name, entries.flatMap(([rule, cost]) => rulesOf(rule, cost))];
  const isLevel = entries.every(([key]) => readDecimal(key) !== undefined);
  return [
    '',
    rulesOf(isLevel && !/ thresholds/.test(name) ? `${name} thresholds` : name, content as Record<string, Rational>),
  ];
}

const isRational = (cost: z.output<typeof costs>): cost is Rational => typeof (cost as Rational).numerator === 'bigint';

type Item = Readonly<Record<string, string>>;

/** The value of a field that a rule goes by: of thresholds the highest level that the item reaches. */
function valueFor(field: string, kind: Rule['kind'], rules: readonly Rule[], item: Item): string {
  const stated = item[field];
  if (stated === undefined || kind === 'flat' || kind === 'rate') return stated ?? '';
  const amount = readDecimal(stated) ?? zero;
  const reached = rules
    .filter(
      (rule) => rule.kind === kind && rule.field === field && compare(readDecimal(rule.value) ?? zero, amount) <= 0,
    )
    .toSorted((a, b) => compare(readDecimal(b.value)!, readDecimal(a.value)!));
  return reached[0]?.value ?? '';
}

/**
 * A group as a matrix price: a rule for each combination of values that its rules name, so that the most specific one is the combination
 * that the item has. Of flats in a group the greatest counts, thresholds too; rates multiply. Groups are prices of their own and add up.
 */
function groupPrice(rules: readonly Rule[]): (item: Item, quantity: Rational) => Rational {
  const dimensions = [
    ...new Set(rules.filter(({ field }) => field !== '').map(({ field, kind }) => `${field}|${kind}`)),
  ];
  const combinations = dimensions.reduce<Record<string, string>[]>(
    (all, dimension) => {
      const values = rules.filter(({ field, kind }) => `${field}|${kind}` === dimension).map(({ value }) => value);
      return all.flatMap((one) => [one, ...values.map((value) => ({ ...one, [dimension]: value }))]);
    },
    [{}],
  );
  const always = rules.filter(({ field }) => field === '');
  const priceOf = (match: Readonly<Record<string, string>>): Rational => {
    const matching = [
      ...always,
      ...rules.filter(({ field, kind, value }) => field !== '' && match[`${field}|${kind}`] === value),
    ];
    const greatest = (kind: Rule['kind']) =>
      matching.filter((rule) => rule.kind === kind).reduce((most, { cost }) => larger(most, cost), zero);
    const rate = matching
      .filter(({ kind }) => kind === 'rate' || kind === 'thresholdRate')
      .reduce((product, { cost }) => multiply(product, cost), ratio(1n));
    return multiply(add(greatest('flat'), greatest('threshold')), rate);
  };
  const model: PriceModel = {
    kind: 'matrix',
    rules: combinations
      .filter((match) => Object.keys(match).length > 0)
      .map((match, index) => ({
        name: `rule ${index + 1}`,
        match,
        model: { kind: 'perUnit', unitPrice: text(priceOf(match)) },
      })),
    otherwise: { kind: 'perUnit', unitPrice: text(priceOf({})) },
  };
  const price = compilePrice(recordOf(model, {}), { scale: 12 });
  return (item, quantity) => {
    const dims = Object.fromEntries(
      dimensions.map((dimension) => {
        const [field, kind] = dimension.split('|') as [string, Rule['kind']];
        return [dimension, valueFor(field, kind, rules, item)];
      }),
    );
    const cell = price.cellAt({ dims, atMs: 0, timeZone: 'UTC', boundary: () => undefined })!;
    return fromScaled(cell.charge({ ...nothing, quantity: toScaled(quantity, 12, 'down'), events: 1n }), 12);
  };
}

const items = z.strictObject({ items: z.array(z.record(z.string(), z.string())) });

const hashmap = form(
  z.record(z.string(), z.union([decimal, groupOfRules])).refine((config) => !Object.hasOwn(config, 'gold_per_gib')),
  items,
  (config, { items: list }) => {
    const groups = new Map<string, Rule[]>();
    const ofQuantity: Rule[] = [];
    for (const [name, content] of Object.entries(config)) {
      const [group, rules] = isRational(content as z.output<typeof costs>)
        ? ['', rulesOf(name, content as Rational)]
        : rulesOfGroup(name, content as z.output<typeof groupOfRules>);
      const isOfQuantity = ({ kind, field }: Rule) => kind === 'threshold' && field === 'qty';
      ofQuantity.push(...rules.filter(isOfQuantity));
      groups.set(group, [...(groups.get(group) ?? []), ...rules.filter((rule) => !isOfQuantity(rule))]);
    }
    const prices = [...groups.values()].map(groupPrice);
    // A threshold on the quantity itself is the price of the item, not of each unit: it charges one.
    const perItem = groupPrice(ofQuantity);
    return {
      prices: list.map((item) => {
        const quantity = readDecimal(item['qty'] ?? '1');
        if (quantity === undefined || sign(quantity) < 0) throw new RangeError('an item has a quantity of 0 or more');
        return add(sum(prices.map((price) => price(item, quantity))), perItem(item, ratio(1n)));
      }),
    };
  },
);

/** Of flats in one group the most expensive so far is kept; rates multiply. */
const oneAfterAnother = form(
  z.strictObject(words),
  z.strictObject({ sequence: z.array(decimal) }),
  (_, { sequence }) => {
    const running = (join: (a: Rational, b: Rational) => Rational) =>
      sequence.map((__, index) => sequence.slice(0, index + 1).reduce(join));
    const product = running(multiply);
    return { kept: running(larger), product, rate: product };
  },
);

/** "gold_per_gib": a price for each unit, by type. */
const byType = form(
  z.record(z.string().regex(/_per_/), decimal),
  z.record(z.string(), decimal),
  (prices, quantities) => {
    const charges = Object.entries(prices).map(([name, unitPrice]) => {
      const [type, unit] = name.split('_per_') as [string, string];
      const quantity = quantities[`${type}_${unit}`] ?? quantities[unit];
      if (quantity === undefined) throw new RangeError(`${name}: no quantity in ${unit}`);
      return priced({ kind: 'perUnit', unitPrice: text(unitPrice) }).charge(quantity);
    });
    return { price: sum(charges) };
  },
);

export const matrix: Family = { area: 'rating', forms: [oneAfterAnother, byType, hashmap], exceptions: [] };
