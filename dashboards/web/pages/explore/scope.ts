/** From the address to what is asked: the span, the filter and the level shown. */
import type { ExploreDimension } from '#core/messages/api.ts';
import type { AccountRecord, PriceRecord } from '#core/messages/control.ts';
import type { UsageFilter } from '../../api/queries.ts';
import { spanKind, spanOf } from '../../format/period.ts';
import { isParted } from '../../format/priceModel.ts';
import { filterNames, noValue, type ExploreSearch } from './search.ts';

export interface Scope {
  readonly periodKey: string;
  readonly filter: UsageFilter;
  /** The account whose subtree is shown; undefined for the whole tenant or while accounts load. */
  readonly account: AccountRecord | undefined;
  readonly by: ExploreDimension;
  readonly then: ExploreDimension | undefined;
  /** True when only account and the running month limit the figures, so that they must equal the running balance. */
  readonly isBalance: boolean;
}

/** Levels that a click goes down through, in this order. */
const levels = ['account', 'service', 'component', 'cell', 'resource'] as const;

export function scopeOf(
  search: ExploreSearch,
  accounts: readonly AccountRecord[],
  timeZone: string,
  month: string,
  prices: readonly PriceRecord[] = [],
): Scope {
  const periodKey = search.period ?? month;
  const span = spanOf(periodKey, timeZone)!;
  const account = accounts.find((candidate) => candidate.slug === search.account);
  const by = search.by ?? firstOpenLevel(search, accounts, account, prices);
  const others = filterNames.filter((name) => name !== 'account');
  return {
    periodKey,
    account,
    by,
    then: search.then === by ? undefined : search.then,
    isBalance:
      periodKey === month && search.currency === undefined && others.every((name) => search[name] === undefined),
    filter: {
      from: span.startMs,
      to: span.endMs,
      currency: search.currency,
      account: account === undefined ? search.account : String(account.id),
      ...Object.fromEntries(others.map((name) => [name, search[name] === noValue ? '' : search[name]])),
    },
  };
}

function firstOpenLevel(
  search: ExploreSearch,
  accounts: readonly AccountRecord[],
  account: AccountRecord | undefined,
  prices: readonly PriceRecord[],
): ExploreDimension {
  const below = account === undefined ? accounts : accounts.filter((candidate) => candidate.parent === account.id);
  const open = levels.find((level) => {
    if (level === 'account') return below.length > 0;
    return search[level] === undefined && (level !== 'cell' || hasParts(search, prices));
  });
  return open ?? (spanKind(search.period ?? '2026-01') === 'month' ? 'day' : 'hour');
}

/** Whether a price within the filters parts what is used: by rules, groups or bands. */
export const hasParts = (search: ExploreSearch, prices: readonly PriceRecord[]): boolean =>
  prices.some(
    ({ service, component, model }) =>
      (search.service === undefined || search.service === service) &&
      (search.component === undefined || search.component === component) &&
      isParted(model),
  );

/** The address one level further down, behind one group; undefined where a group cannot be filtered by. */
export function downTo(
  search: ExploreSearch,
  by: ExploreDimension,
  key: string,
  accounts: readonly AccountRecord[],
): ExploreSearch | undefined {
  const { by: _by, then: _then, view: _view, ...rest } = search;
  if (by === 'booked') return undefined;
  if (by === 'day' || by === 'hour') return { ...rest, period: key.slice(0, by === 'day' ? 10 : 13) };
  if (by !== 'account') return { ...rest, [by]: key === '' ? noValue : key };
  const slug = accounts.find((account) => String(account.id) === key)?.slug;
  return slug === undefined ? undefined : { ...rest, account: slug };
}

/** The filter of one group, to ask for its parts. */
export function narrowed(
  filter: UsageFilter,
  by: ExploreDimension,
  key: string,
  timeZone: string,
): UsageFilter | undefined {
  if (by === 'booked') return undefined;
  if (by === 'day' || by === 'hour') {
    const startMs = by === 'hour' ? Date.parse(key) : Number.NaN;
    // An hour's key carries its offset, which tells the two apart that share a name when clocks go back.
    const span = Number.isNaN(startMs) ? spanOf(key.slice(0, 10), timeZone) : { startMs, endMs: startMs + 3_600_000 };
    return span === undefined ? undefined : { ...filter, from: span.startMs, to: span.endMs };
  }
  return { ...filter, [by]: key };
}
