/** "Period close": until when each root account is closed, and what the next close waits for. */
import { useQuery } from '@tanstack/react-query';
import { periodsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Page } from '../../components/Page.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { formatInstant } from '../../format/time.ts';
import { Unit } from './Unit.tsx';
import './closes.css';

export function ClosesPage() {
  const { timeZone } = useTenant();
  const query = useQuery(periodsQuery);
  const { accounts, asOfMs = null } = query.data ?? {};
  return (
    <Page className="stack closes" heading="Period close">
      {query.error !== null && accounts === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : accounts === undefined ? (
        <Skeleton lines={10} label="the periods" />
      ) : accounts.length === 0 ? (
        <EmptyState title="There is no account yet" command="npx meterline apply organisation.yaml">
          Periods close for a root account and all below it. Apply an organisation file that has one.
        </EmptyState>
      ) : (
        <>
          <PageHead
            title="Period close"
            hint={asOfMs === null ? 'no rater answers' : `as of ${formatInstant(asOfMs, timeZone)}`}
          />
          {accounts.map((unit) => (
            <Unit key={unit.account} unit={unit} />
          ))}
          <p className="note">
            A close is a place in the log: usage of a closed period that comes after it is booked in the open one, as a
            prior-period adjustment that names its own. Nothing that was charged is ever changed.
          </p>
        </>
      )}
    </Page>
  );
}
