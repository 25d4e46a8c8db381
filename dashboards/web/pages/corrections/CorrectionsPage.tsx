/** "Corrections": what was taken back or put in place, what it came to, and a new one, shown in money before it is done. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Correction } from '#core/messages/correction.ts';
import { correctionsQuery } from '../../api/queries.ts';
import { mayOperate, useMe, useTenant } from '../../app/session.tsx';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Page } from '../../components/Page.tsx';
import { Badge } from '../../components/StateBadge.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { plural } from '../../format/quantity.ts';
import { formatRecent } from '../../format/time.ts';
import { NewCorrection } from './NewCorrection.tsx';
import { Signed } from './Signed.tsx';
import { selectionText, statusTones, statusWords } from './words.ts';
import './corrections.css';

export function CorrectionsPage() {
  const me = useMe();
  const search = useSearch({ from: '/corrections' });
  const navigate = useNavigate();
  const query = useQuery(correctionsQuery);
  const list = query.data;
  const { ask, ...closed } = search;
  return (
    <Page className="stack corrections" heading="Corrections">
      <PageHead title="Corrections" hint={list === undefined ? undefined : plural(list.length, 'correction')}>
        <span className="page-space" />
        {mayOperate(me) && (
          <button
            type="button"
            className={`button ${ask === undefined ? 'primary' : ''}`}
            aria-expanded={ask !== undefined}
            data-testid="correction-new"
            onClick={() =>
              void navigate({
                to: '/corrections',
                search: ask === undefined ? { ...closed, ask: 'batches' } : {},
                replace: true,
              })
            }
          >
            {ask === undefined ? 'New correction' : 'Close'}
          </button>
        )}
        {list !== undefined && list.length > 0 && (
          <ExportMenu fileName="corrections" columns={exportColumns} rows={list.map(exportRow)} />
        )}
      </PageHead>
      {ask !== undefined && <NewCorrection key={ask} ask={ask} />}
      {query.error !== null && list === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : list === undefined ? (
        <Skeleton lines={8} label="the corrections" />
      ) : list.length === 0 ? (
        ask === undefined && (
          <EmptyState
            title="Nothing was ever corrected"
            command="npx meterline correction preview --producer ID --from-seq 1 --to-seq 9"
          >
            A producer’s wrong batches are taken back by rows that reverse exactly theirs; what was booked stays, and
            the month changes by exactly that amount. Each correction is shown in money before it is done.
          </EmptyState>
        )
      ) : (
        <ul className="correction-rows" aria-label="Corrections, newest first">
          {list.map((correction) => (
            <Row key={correction.id} correction={correction} />
          ))}
        </ul>
      )}
    </Page>
  );
}

function Row({ correction }: { correction: Correction }) {
  const { timeZone } = useTenant();
  const { id, status, author, createdMs, rows, totals, selection } = correction;
  return (
    <li data-testid={`correction-${id}`} data-status={status}>
      <time className="mono quiet" dateTime={new Date(createdMs).toISOString()}>
        {formatRecent(createdMs, Date.now(), timeZone)}
      </time>
      <Badge tone={statusTones[status]}>{statusWords[status]}</Badge>
      <span className="correction-what">
        <Link to="/corrections/$correctionId" params={{ correctionId: id }}>
          {id}: {selectionText(selection, timeZone)}
        </Link>
        <small className="quiet">
          {author}, {plural(rows, 'row')}
          {correction.reason !== '' && `: ${correction.reason}`}
        </small>
      </span>
      <span className="correction-amounts">
        {totals.length === 0 && <span className="quiet">no money</span>}
        {totals.map(({ currency, previewed, booked }) => (
          <Signed key={currency} amount={booked ?? previewed} currency={currency} />
        ))}
      </span>
    </li>
  );
}

const exportColumns = [
  'id',
  'status',
  'what',
  'author',
  'approved_by',
  'reason',
  'rows',
  'created_ms',
  'ended_ms',
  'totals',
];

const exportRow = (correction: Correction): string[] => [
  correction.id, correction.status, selectionText(correction.selection, 'UTC'), correction.author, correction.approvedBy, correction.reason, String(correction.rows),
  String(correction.createdMs), String(correction.endedMs ?? ''),
  correction.totals.map(({ currency, previewed, booked }) => `${booked ?? previewed} ${currency}`).join(' '),
]; // prettier-ignore
