/** What the pages ask the API for, one function a question; keys are shared so that pages reuse answers. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  Accounts, AgreementList, Budgets, CreditEntries, DeliveryDetail, DeliveryList, Explore, ExploreDimension, Fees, Fleet, LiveAlert, Me, Meters, Prices,
  RatedRows,
  Refusals, Why,
} from '#core/messages/api.ts'; // prettier-ignore
import type { Acknowledgement } from '#core/messages/alert.ts';
import type { Correction } from '#core/messages/correction.ts';
import type { CreditFigures } from '#core/messages/creditFigures.ts';
import type { AccountChecklist, PeriodList } from '#core/messages/periods.ts';
import type { Pressure } from '#core/messages/pressure.ts';
import { get } from './client.ts';

/** Filters of /explore and /rows; `account` means the whole subtree, instants are UTC milliseconds. */
export interface UsageFilter {
  readonly from: number;
  readonly to: number;
  readonly account?: string | undefined;
  readonly service?: string | undefined;
  readonly component?: string | undefined;
  readonly cell?: string | undefined;
  readonly meter?: string | undefined;
  readonly resource?: string | undefined;
  readonly producer?: string | undefined;
  readonly kind?: string | undefined;
  /** A pricing unit; absent: the tenant's currency, and of rows all. */
  readonly currency?: string | undefined;
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => get<Me>('me', undefined, signal),
  staleTime: Infinity,
});

/** The same question, asked anew each time, without touching what the page stands on. */
export const sessionQuery = queryOptions({ ...meQuery, queryKey: ['session'], staleTime: 0, retry: false });

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) => get<Accounts>('accounts', undefined, signal),
  select: (answer) => answer.accounts,
  staleTime: 60_000,
});

export const budgetsQuery = queryOptions({
  queryKey: ['budgets'],
  queryFn: ({ signal }) => get<Budgets>('budgets', undefined, signal),
  select: (answer) => answer.budgets,
  staleTime: 10_000,
});

export const metersQuery = queryOptions({
  queryKey: ['meters'],
  queryFn: ({ signal }) => get<Meters>('meters', undefined, signal),
  select: (answer) => answer.meters,
  staleTime: 60_000,
});

export const pricesQuery = queryOptions({
  queryKey: ['prices'],
  queryFn: ({ signal }) => get<Prices>('prices', undefined, signal),
  select: (answer) => answer.prices,
  staleTime: 60_000,
});

export const feesQuery = queryOptions({
  queryKey: ['fees'],
  queryFn: ({ signal }) => get<Fees>('fees', undefined, signal),
  select: (answer) => answer.fees,
  staleTime: 60_000,
});

export const agreementsQuery = queryOptions({
  queryKey: ['agreements'],
  queryFn: ({ signal }) => get<AgreementList>('agreements', undefined, signal),
  select: (answer) => answer.agreements,
  staleTime: 60_000,
});

export const fleetQuery = queryOptions({
  queryKey: ['fleet'],
  queryFn: ({ signal }) => get<Fleet>('fleet', undefined, signal),
  refetchInterval: 15_000,
});

/** Asked on every page: a badge shows while something is held up. */
export const pressureQuery = queryOptions({
  queryKey: ['pressure'],
  queryFn: ({ signal }) => get<Pressure>('pressure', undefined, signal),
  refetchInterval: 10_000,
});

export const exploreQuery = (by: readonly ExploreDimension[], filter: UsageFilter, refetchMs?: number) =>
  queryOptions({
    queryKey: ['explore', by, filter],
    queryFn: ({ signal }) => get<Explore>('explore', { by, ...filter }, signal),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    ...(refetchMs === undefined ? {} : { refetchInterval: refetchMs }),
  });

export const rowsPageSize = 100;

export const rowsPage = (filter: UsageFilter, cursor: string | null, signal: AbortSignal) =>
  get<RatedRows>('rows', { ...filter, limit: rowsPageSize, cursor: cursor ?? undefined }, signal);

export const refusalsPageSize = 100;

export const refusalsPage = (filter: { producer?: string; reason?: string }, beforeMs?: number, signal?: AbortSignal) =>
  get<Refusals>('refusals', { ...filter, limit: refusalsPageSize, beforeMs }, signal);

export const whyQuery = (rowId: string) =>
  queryOptions({
    queryKey: ['why', rowId],
    queryFn: ({ signal }) => get<Why>(`why/${encodeURIComponent(rowId)}`, undefined, signal),
    staleTime: Infinity,
  });

export const alertsQuery = queryOptions({
  queryKey: ['alerts'],
  queryFn: ({ signal }) => get<{ readonly alerts: readonly LiveAlert[] }>('alerts', { limit: 500 }, signal),
  select: (answer) => answer.alerts,
  refetchInterval: 30_000,
});

export const deliveriesQuery = queryOptions({
  queryKey: ['deliveries'],
  queryFn: ({ signal }) => get<DeliveryList>('deliveries', { limit: 1000 }, signal),
  refetchInterval: 3_000,
});

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', id],
    queryFn: ({ signal }) => get<DeliveryDetail>(`deliveries/${encodeURIComponent(id)}`, undefined, signal),
    refetchInterval: 2_000,
  });

export interface TargetRow {
  readonly id: string;
  readonly kind: string;
  readonly url: string;
  readonly enabled: boolean;
}

export const targetsQuery = queryOptions({
  queryKey: ['targets'],
  queryFn: ({ signal }) => get<{ readonly targets: readonly TargetRow[] }>('targets', undefined, signal),
  select: (answer) => answer.targets,
  staleTime: 10_000,
});

export const periodsQuery = queryOptions({
  queryKey: ['periods'],
  queryFn: ({ signal }) => get<PeriodList>('periods', undefined, signal),
  refetchInterval: 10_000,
});

export const checklistQuery = (account: string, until?: string) =>
  queryOptions({
    queryKey: ['periods', account, until ?? ''],
    queryFn: ({ signal }) =>
      get<AccountChecklist>(`periods/${encodeURIComponent(account)}/checklist`, { until }, signal),
    refetchInterval: 10_000,
  });

export const correctionsQuery = queryOptions({
  queryKey: ['corrections'],
  queryFn: ({ signal }) => get<{ readonly corrections: readonly Correction[] }>('corrections', undefined, signal),
  select: (answer) => answer.corrections,
  refetchInterval: 5_000,
});

export const correctionQuery = (id: string) =>
  queryOptions({
    queryKey: ['corrections', id],
    queryFn: ({ signal }) => get<Correction>(`corrections/${encodeURIComponent(id)}`, undefined, signal),
    refetchInterval: ({ state }) => (state.data?.status === 'ended' || state.data?.status === 'failed' ? false : 1_000),
  });

/** By the id of the alert. */
export const acknowledgementsQuery = queryOptions({
  queryKey: ['acknowledgements'],
  queryFn: ({ signal }) =>
    get<{ readonly acknowledgements: readonly Acknowledgement[] }>('acknowledgements', undefined, signal),
  select: ({ acknowledgements }) => new Map(acknowledgements.map((each) => [each.alert, each])),
  refetchInterval: 30_000,
});

export const heldQuery = (budget: string) =>
  queryOptions({
    queryKey: ['held', budget],
    queryFn: ({ signal }) =>
      get<{ readonly held: string | null }>(`budgets/${encodeURIComponent(budget)}/held`, undefined, signal),
    select: ({ held }) => held ?? '0',
    refetchInterval: 10_000,
  });

export const creditsQuery = queryOptions({
  queryKey: ['credits'],
  queryFn: ({ signal }) => get<CreditFigures>('credits', undefined, signal),
});

/** Of one grant, or of all. */
export const creditEntriesQuery = (grant: string) =>
  queryOptions({
    queryKey: ['credits', 'entries', grant],
    queryFn: ({ signal }) =>
      get<CreditEntries>('credit-entries', { limit: '100', ...(grant === '' ? {} : { grant }) }, signal),
    select: (answer) => answer.entries,
  });
