/** What Explore's address says: how to group, when, and which filters. Everything on the page follows from it. */
import { exploreDimensions, type ExploreDimension } from '#core/messages/api.ts';
import { pricingUnitPattern } from '#core/messages/pricingUnit.ts';
import { blockKinds } from '#core/messages/rated.ts';
import { isSpanKey } from '../../format/period.ts';

export const filterNames = [
  'account',
  'service',
  'component',
  'cell',
  'meter',
  'resource',
  'producer',
  'kind',
] as const;
export type FilterName = (typeof filterNames)[number];

/** Stands in the address for "has no service", component or part; the API calls that the empty text. */
export const noValue = '(none)';

export type ExploreSearch = {
  /** Dimension of the table; the first level not yet fixed by a filter when absent. */
  readonly by?: ExploreDimension;
  /** Second level, shown below a row when it is opened. */
  readonly then?: ExploreDimension;
  /** "2026-11", "2026-11-23" or "2026-11-23T14" in the tenant's zone; the running month when absent. */
  readonly period?: string;
  /** `rows` shows the rated rows instead of groups. */
  readonly view?: 'rows';
  /** The pricing unit that amounts are in; the tenant's currency when absent. */
  readonly currency?: string;
} & { readonly [Name in FilterName]?: string };

/** For a link to what is charged in that currency: a pricing unit is named, the tenant's own needs no word. */
export const inUnit = (currency: string): { readonly currency?: string } =>
  pricingUnitPattern.test(currency) ? { currency } : {};

/** Keeps what is meant for this page; a parameter that makes no sense is dropped, not an error. */
export function parseExploreSearch(search: Record<string, unknown>): ExploreSearch {
  const text = (name: string): string | undefined => {
    const value = search[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const dimension = (name: string): ExploreDimension | undefined =>
    exploreDimensions.find((candidate) => candidate === text(name));
  const by = dimension('by');
  const then = dimension('then');
  const period = text('period');
  const currency = text('currency');
  const filters = filterNames.flatMap((name) => {
    const value = text(name);
    const makesSense = name !== 'kind' || blockKinds.some((kind) => kind === value);
    return value === undefined || !makesSense ? [] : [[name, value] as const];
  });
  return {
    ...(by === undefined ? {} : { by }),
    ...(then === undefined || then === by ? {} : { then }),
    ...(period === undefined || !isSpanKey(period) ? {} : { period }),
    ...(currency === undefined || !pricingUnitPattern.test(currency) ? {} : { currency }),
    ...(search['view'] === 'rows' ? { view: 'rows' as const } : {}),
    ...Object.fromEntries(filters),
  };
}
