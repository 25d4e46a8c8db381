/** What happened to credits, newest first: each payment leads to the rows that it paid. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { CreditEntries } from '#core/messages/api.ts';
import type { GrantFigures } from '#core/messages/creditFigures.ts';
import { accountsQuery, creditEntriesQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { Amount } from '../../components/Amount.tsx';
import { ErrorState, Skeleton } from '../../components/states.tsx';
import { formatRecent } from '../../format/time.ts';
import { spanKey } from '../../format/period.ts';
import { inUnit, noValue } from '../explore/search.ts';

type Entry = CreditEntries['entries'][number];

export function Entries({ grants }: { grants: readonly GrantFigures[] }) {
  const [grant, setGrant] = useState('');
  const query = useQuery(creditEntriesQuery(grant));
  return (
    <section className="credit-entries">
      <div className="page-head">
        <h3>What happened</h3>
        <span className="page-space" />
        <select
          className="field"
          aria-label="Of which grant"
          value={grant}
          onChange={(event) => setGrant(event.currentTarget.value)}
        >
          <option value="">all grants</option>
          {grants.map(({ id, name }) => (
            <option key={id} value={id}>
              {name === '' ? id : name}
            </option>
          ))}
        </select>
      </div>
      {query.error !== null && query.data === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Skeleton lines={6} label="what happened" />
      ) : query.data.length === 0 ? (
        <p className="quiet">Nothing yet.</p>
      ) : (
        <ul aria-label="What happened, newest first">
          {query.data.map((entry, index) => (
            <Row key={`${entry.outSeq} ${index}`} entry={entry} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row({ entry }: { entry: Entry }) {
  const { timeZone } = useTenant();
  const accounts = useQuery(accountsQuery).data ?? [];
  const { atMs, reason, grant, amount, currency, place } = entry;
  const slug = accounts.find(({ id }) => id === entry.account)?.slug ?? String(entry.account);
  const paidFor = place && (accounts.find(({ id }) => id === place.account)?.slug ?? String(place.account));
  return (
    <li data-testid="credit-entry" data-reason={reason}>
      <time className="mono quiet" dateTime={new Date(atMs).toISOString()}>
        {formatRecent(atMs, Date.now(), timeZone)}
      </time>
      <span>{reason}</span>
      <span className="credit-entry-what">
        {grant === '' ? slug : grant}
        {place !== undefined && (
          <small className="quiet">
            for{' '}
            <Link
              to="/explore"
              search={{
                view: 'rows',
                account: String(place.account),
                service: place.service || noValue,
                component: place.component || noValue,
                ...(place.meter === '' ? {} : { meter: place.meter }),
                period: spanKey(place.periodStartMs, timeZone, 'month'),
                ...inUnit(currency),
              }}
            >
              {[paidFor, place.service, place.component, place.meter].filter((part) => part !== '').join(', ')}
            </Link>
          </small>
        )}
      </span>
      <Amount amount={amount} currency={currency} symbol />
    </li>
  );
}
