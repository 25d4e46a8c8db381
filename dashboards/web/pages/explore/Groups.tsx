/** One level: its total, checked against the balance; its course over time; its parts, ranked. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo } from 'react';
import type { AccountRecord } from '#core/messages/control.ts';
import { exploreQuery } from '../../api/queries.ts';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { spanKind } from '../../format/period.ts';
import { levelGroups } from './levelGroups.ts';
import { Ranking } from './Ranking.tsx';
import type { ExploreSearch } from './search.ts';
import type { Scope } from './scope.ts';
import { Sum } from './Sum.tsx';

const Bars = lazy(() => import('./Bars.tsx'));

/** The running period is asked again this often; a past one does not change. */
const refreshMs = 10_000;

export function Groups({
  search,
  scope,
  accounts,
}: {
  search: ExploreSearch;
  scope: Scope;
  accounts: readonly AccountRecord[];
}) {
  const running = scope.filter.to > Date.now();
  const query = useQuery(exploreQuery([scope.by], scope.filter, running ? refreshMs : undefined));
  const answer = query.data;
  const groups = useMemo(
    () => (answer === undefined ? [] : levelGroups(answer, scope.by, accounts, scope.account)),
    [answer, scope.by, scope.account, accounts],
  );
  const { refetch } = query;
  const askAgain = useCallback(() => void refetch(), [refetch]);
  if (query.error !== null) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (answer === undefined) return <Skeleton lines={9} label="the charges" />;
  return (
    <div
      className={query.isPlaceholderData ? 'explore-body fading' : 'explore-body'}
      aria-busy={query.isPlaceholderData}
    >
      <Sum answer={answer} groups={groups} scope={scope} accounts={accounts} askAgain={askAgain} />
      {groups.length === 0 ? (
        <EmptyState title="Nothing was charged here">
          No rated row matches this period and these filters. Go back a step in the path above, or take another period.
        </EmptyState>
      ) : (
        <>
          {spanKind(scope.periodKey) !== 'hour' && (
            <Suspense fallback={<div className="bars-space" />}>
              <Bars search={search} scope={scope} accounts={accounts} groups={groups} />
            </Suspense>
          )}
          <Ranking search={search} scope={scope} accounts={accounts} groups={groups} answer={answer} />
        </>
      )}
    </div>
  );
}
