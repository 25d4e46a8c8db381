/** "Refusals": what was turned away, why, from whom, and what to do about it. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { refusalsPage, refusalsPageSize } from '../../api/queries.ts';
import { Page } from '../../components/Page.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { Reasons } from './Reasons.tsx';
import { RefusalsTable } from './RefusalsTable.tsx';
import { Producers } from './Producers.tsx';
import './refusals.css';

export function RefusalsPage() {
  const search = useSearch({ from: '/refusals' });
  const query = useInfiniteQuery({
    queryKey: ['refusals', search],
    queryFn: ({ pageParam, signal }) => refusalsPage(search, pageParam, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ refusals }) => (refusals.length < refusalsPageSize ? undefined : refusals.at(-1)?.logTimeMs),
    placeholderData: (before) => before,
    refetchInterval: (current) => (current.state.data?.pages.length === 1 ? refreshMs : false),
  });
  const totals = query.data?.pages[0]?.totals;
  return (
    <Page className="refusals" heading="Refusals">
      {query.error !== null && totals === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : totals === undefined ? (
        <Skeleton lines={10} label="the refusals" />
      ) : totals.length === 0 ? (
        <EmptyState title="Nothing was refused">
          Every sample that arrived was rated, or was a duplicate of one that was. What is ever turned away stays here
          with its reason, and is in no total.
        </EmptyState>
      ) : (
        <>
          <Producers totals={totals} search={search} />
          <Reasons totals={totals} search={search} />
          <RefusalsTable
            refusals={query.data!.pages.flatMap((page) => page.refusals)}
            more={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
            loading={query.isFetchingNextPage}
          />
        </>
      )}
    </Page>
  );
}

/** The first page is asked anew this often; once older ones are open nothing moves under the reader. */
const refreshMs = 10_000;
