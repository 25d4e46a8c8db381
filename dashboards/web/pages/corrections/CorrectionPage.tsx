/** One correction: what it is about, what it comes to account by account, and the step that books it. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Correction } from '#core/messages/correction.ts';
import { correctionQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { Page } from '../../components/Page.tsx';
import { Badge } from '../../components/StateBadge.tsx';
import { ErrorState, Skeleton } from '../../components/states.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { formatInstant } from '../../format/time.ts';
import { Effects } from './Effects.tsx';
import { Decide } from './Decide.tsx';
import { RowLinks } from './RowLinks.tsx';
import { Signed } from './Signed.tsx';
import { selectionText, statusTones, statusWords } from './words.ts';
import '../../components/path.css';
import './corrections.css';

export function CorrectionPage() {
  const { correctionId } = useParams({ from: '/corrections/$correctionId' });
  const query = useQuery(correctionQuery(correctionId));
  return (
    <Page className="stack corrections">
      {query.error !== null && query.data === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Skeleton lines={8} label="the correction" />
      ) : (
        <Details correction={query.data} />
      )}
    </Page>
  );
}

function Details({ correction }: { correction: Correction }) {
  const { timeZone } = useTenant();
  const {
    id,
    status,
    selection,
    author,
    approvedBy,
    reason,
    detail,
    rows,
    rowsDone,
    asOf,
    createdMs,
    endedMs,
    totals,
  } = correction;
  const isBooked = correction.booked !== null;
  const isUnderway = ['queued', 'begun', 'running', 'rebuilding', 'ending'].includes(status);
  return (
    <>
      <header className="correction-head">
        <nav className="path" aria-label="Where you are">
          <ol>
            <li>
              <Link to="/corrections">Corrections</Link>
            </li>
            <li>
              <span>{id}</span>
            </li>
          </ol>
        </nav>
        <h1>
          <span className="sentence">{selectionText(selection, timeZone)}</span>
          <Badge tone={statusTones[status]} testId="correction-status">
            {statusWords[status]}
          </Badge>
        </h1>
        <p className="quiet">
          {plural(rows, 'row')} as of commit {formatCount(asOf)}, asked for by {author},{' '}
          {formatInstant(createdMs, timeZone)}
          {approvedBy !== '' && `, agreed to by ${approvedBy}`}
          {endedMs !== null && `, ended ${formatInstant(endedMs, timeZone)}`}
          {reason !== '' && `: ${reason}`}
        </p>
      </header>
      {status === 'failed' && (
        <p className="failed-text" role="alert">
          It failed: {detail}. What of it was booked is booked; a correction of it takes that back.
        </p>
      )}
      {isUnderway && (
        <p role="status">
          <progress max={Math.max(1, rows)} value={rowsDone} aria-label="Rows booked" /> {formatCount(rowsDone)} of{' '}
          {formatCount(rows)} rows
        </p>
      )}
      <dl className="correction-totals">
        {totals.length === 0 && (
          <div>
            <dt>{isBooked ? 'Booked' : 'Would be booked'}</dt>
            <dd>no money</dd>
          </div>
        )}
        {totals.map(({ currency, previewed, booked }) => (
          <div key={currency}>
            <dt>{booked === null ? 'Would be booked' : 'Booked'}</dt>
            <dd>
              <Signed amount={booked ?? previewed} currency={currency} testId="correction-total" />
            </dd>
            {booked !== null && booked !== previewed && (
              <dd className="quiet">
                the preview said <Signed amount={previewed} currency={currency} />: other usage came in between
              </dd>
            )}
          </div>
        ))}
      </dl>
      {status === 'previewed' && <Decide correction={correction} />}
      <Effects correction={correction} />
      <RowLinks correction={correction} />
    </>
  );
}
