/** "Explore": any total taken apart, level by level, down to the rated rows. */
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { exploreDimensions } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { accountsQuery, pricesQuery } from '../../api/queries.ts';
import { Page } from '../../components/Page.tsx';
import { ErrorState, Skeleton } from '../../components/states.tsx';
import { spanKey } from '../../format/period.ts';
import { useLive } from '../../live/hooks.ts';
import { Controls } from './Controls.tsx';
import { Groups } from './Groups.tsx';
import { Path } from './Path.tsx';
import { RowsTable } from './RowsTable.tsx';
import { hasParts, scopeOf } from './scope.ts';
import './explore.css';

export function ExplorePage() {
  const search = useSearch({ from: '/explore' });
  const { timeZone } = useTenant();
  const accounts = useQuery(accountsQuery);
  const prices = useQuery(pricesQuery).data ?? [];
  // The ledger's month, once it is known, rather than this machine's clock.
  const month = useLive((view) => view.period.key) ?? spanKey(Date.now(), timeZone, 'month');
  if (accounts.data === undefined) {
    return (
      <Page heading="Explore">
        {accounts.error === null ? (
          <Skeleton label="the accounts" />
        ) : (
          <ErrorState error={accounts.error} retry={() => void accounts.refetch()} />
        )}
      </Page>
    );
  }
  const scope = scopeOf(search, accounts.data, timeZone, month, prices);
  return (
    <Page className="explore" heading="Explore">
      <Path search={search} scope={scope} accounts={accounts.data} />
      <Controls
        search={search}
        scope={scope}
        dimensions={exploreDimensions.filter((by) => by !== 'cell' || hasParts(search, prices))}
      />
      {search.view === 'rows' ? (
        <RowsTable filter={scope.filter} accounts={accounts.data} />
      ) : (
        <Groups search={search} scope={scope} accounts={accounts.data} />
      )}
    </Page>
  );
}
