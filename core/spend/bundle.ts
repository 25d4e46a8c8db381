/** Shares a bundle's price among what it holds, by standalone selling prices (ASC 606, IFRS 15): largest remainder. */
import { allocate, integerWeights } from '../money/allocate.ts';
import type { AmountPico, Rational } from '../money/fixed.ts';
import { multiply, sum } from '../money/rational.ts';
import { exact } from '../fees/exact.ts';
import { assertSound, Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';
import { byText } from './lines.ts';

export interface BundleCatalogue {
  /** What is sold alone, and for how much. */
  readonly items: readonly { readonly id: string; readonly standalone: string }[];
  readonly bundles: readonly Bundle[];
}

export interface Bundle {
  readonly id: string;
  /** Items or other bundles. */
  readonly parts: readonly { readonly id: string; readonly quantity: string }[];
  /** What a bundle inside another counts for; the sum of its parts when absent. */
  readonly standalone?: string;
  /** When no part has a price of its own. */
  readonly whenAllZero: 'equal' | 'refuse';
}

export const bundlesMax = 1000;

const catalogueShape: Shape = {
  record: {
    items: { list: { record: { id: 'text', standalone: 'text' } }, max: 10 * bundlesMax },
    bundles: {
      list: {
        record: {
          id: 'text',
          parts: { list: { record: { id: 'text', quantity: 'text' } }, max: bundlesMax },
          standalone: { optional: 'text' },
          whenAllZero: { oneOf: ['equal', 'refuse'] },
        },
      },
      max: bundlesMax,
    },
  },
};

/** Every fault of a catalogue, which may be anything: unknown parts, bundles that hold themselves, prices that are none. Never throws. */
export function checkBundles(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, catalogueShape)) return check.problems;
  const catalogue = value as BundleCatalogue;
  check.at('items').unique(catalogue.items.map(({ id }) => id));
  catalogue.items.forEach(({ standalone }, index) =>
    check.at('items').at(index).at('standalone').decimal(standalone, 'notNegative'),
  );
  const bundles = check.at('bundles');
  bundles.unique(catalogue.bundles.map(({ id }) => id));
  const items = new Set(catalogue.items.map(({ id }) => id));
  const byId = new Map(catalogue.bundles.map((bundle) => [bundle.id, bundle]));
  catalogue.bundles.forEach((bundle, index) => {
    const here = bundles.at(index);
    here.at('id').that(!items.has(bundle.id), bundle.id, 'a name that no item has');
    if (bundle.standalone !== undefined) here.at('standalone').decimal(bundle.standalone, 'notNegative');
    const parts = here.at('parts');
    parts.that(bundle.parts.length > 0, '[]', 'at least one part');
    parts.unique(bundle.parts.map(({ id }) => id));
    bundle.parts.forEach(({ id, quantity }, part) => {
      parts.at(part).at('quantity').decimal(quantity, 'positive');
      parts
        .at(part)
        .at('id')
        .that(items.has(id) || byId.has(id), id, 'an item or a bundle of the catalogue', 'NAME_UNKNOWN');
    });
    const circle = circleFrom(bundle.id, byId);
    here.that(circle === undefined, circle?.join(' → '), 'a bundle that does not hold itself', 'CIRCLE');
  });
  if (check.problems.length > 0) return check.problems;
  catalogue.bundles.forEach((bundle, index) => {
    const isPriced = bundle.whenAllZero === 'equal' || weightsOf(bundle, catalogue).some((weight) => weight > 0n);
    bundles
      .at(index)
      .that(isPriced, bundle.id, 'a bundle of which a part has a price of its own, or `whenAllZero: equal`');
  });
  return check.problems;
}

export interface BundleShare {
  /** From the outermost bundle to the item, e.g. ["suite", "office", "mail"]. */
  readonly path: readonly string[];
  readonly item: string;
  readonly amount: AmountPico;
}

/** What each item of a bundle gets of an amount, in the order of the ids; the shares add up to it, nested bundles included. */
export function allocateBundle(catalogue: BundleCatalogue, id: string, amount: AmountPico): BundleShare[] {
  assertSound('bundles', catalogue, checkBundles);
  const bundle = catalogue.bundles.find((one) => one.id === id);
  if (bundle === undefined) throw new RangeError(`there is no bundle ${id}`);
  return sharesOf(bundle, catalogue, amount, [id]);
}

function sharesOf(
  bundle: Bundle,
  catalogue: BundleCatalogue,
  amount: AmountPico,
  path: readonly string[],
): BundleShare[] {
  const sorted = { ...bundle, parts: bundle.parts.toSorted((a, b) => byText(a.id, b.id)) };
  const amounts = allocate(amount, weightsOf(sorted, catalogue));
  return sorted.parts.flatMap(({ id }, index) => {
    const inner = catalogue.bundles.find((one) => one.id === id);
    const own = [...path, id];
    return inner === undefined
      ? [{ path: own, item: id, amount: amounts[index]! }]
      : sharesOf(inner, catalogue, amounts[index]!, own);
  });
}

/** Standalone price × quantity of each part, as whole numbers in the same proportion: nothing is rounded but the shares. */
const weightsOf = (bundle: Bundle, catalogue: BundleCatalogue): bigint[] => integerWeights(worths(bundle, catalogue));

const worths = (bundle: Bundle, catalogue: BundleCatalogue): Rational[] =>
  bundle.parts.map(({ id, quantity }) => multiply(standaloneOf(id, catalogue), exact(quantity)));

function standaloneOf(id: string, catalogue: BundleCatalogue): Rational {
  const item = catalogue.items.find((one) => one.id === id);
  if (item !== undefined) return exact(item.standalone);
  const bundle = catalogue.bundles.find((one) => one.id === id)!;
  return bundle.standalone === undefined ? sum(worths(bundle, catalogue)) : exact(bundle.standalone);
}

/** A way from a bundle back to itself, or undefined. */
function circleFrom(id: string, bundles: ReadonlyMap<string, Bundle>): string[] | undefined {
  const visited = new Set<string>();
  const walk = (at: string, path: readonly string[]): string[] | undefined => {
    for (const part of bundles.get(at)?.parts ?? []) {
      if (part.id === id) return [...path, id];
      if (visited.has(part.id)) continue;
      visited.add(part.id);
      const circle = walk(part.id, [...path, part.id]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  return walk(id, [id]);
}
