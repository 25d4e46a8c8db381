/** "Deliveries": what each receiver was sent, what it answered, and another try at what it did not take. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { DeliverySummary } from '#core/messages/api.ts';
import { deliveriesQuery, targetsQuery } from '../../api/queries.ts';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { FilterPills, PageHead } from '../../components/PageHead.tsx';
import { Page } from '../../components/Page.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { plural } from '../../format/quantity.ts';
import { DeliveryRow } from './DeliveryRow.tsx';
import { deliveryStatuses, type DeliveriesSearch, type DeliveryStatus } from './search.ts';
import { TargetCards } from './TargetCards.tsx';
import './deliveries.css';

export function DeliveriesPage() {
  const query = useQuery(deliveriesQuery);
  const targets = useQuery(targetsQuery);
  const { deliveries } = query.data ?? {};
  const isEmpty = deliveries?.length === 0 && targets.data?.length === 0;
  return (
    <Page className="stack deliveries" heading="Deliveries">
      {query.error !== null && deliveries === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : deliveries === undefined ? (
        <Skeleton lines={10} label="the deliveries" />
      ) : isEmpty ? (
        <EmptyState title="Nobody is told yet" command="npx meterline apply organisation.yaml">
          A receiver of alerts is a line under <code>targets:</code> of the organisation file, such as{' '}
          <code>{'{ id: ops, url: https://example.org/hook }'}</code>, that a budget names. Each delivery shows here
          with what was answered.
        </EmptyState>
      ) : (
        <>
          <Log deliveries={deliveries} />
        </>
      )}
    </Page>
  );
}

const names: Readonly<Record<DeliveryStatus, string>> = {
  dead: 'dead letters',
  failed: 'tried again',
  given_up: 'given up',
  refused: 'refused',
  delivered: 'delivered',
};
const tones: Readonly<Record<DeliveryStatus, string>> = {
  dead: 'block',
  failed: 'warn',
  given_up: 'block',
  refused: 'throttle',
  delivered: 'ok',
};

const is = (delivery: DeliverySummary, status: DeliveryStatus): boolean =>
  status === 'dead' ? delivery.dead : delivery.status === status;

function Log({ deliveries }: { deliveries: readonly DeliverySummary[] }) {
  const search = useSearch({ from: '/deliveries' });
  const navigate = useNavigate();
  const go = (next: DeliveriesSearch): void => void navigate({ to: '/deliveries', search: next, replace: true });
  const { status, target, alert, open } = search;
  const { status: _status, ...anyStatus } = search;
  const { alert: _alert, ...anyAlert } = search;
  const { open: _open, ...closed } = search;
  const matching = deliveries.filter(
    (delivery) =>
      (target === undefined || delivery.target === target) && (alert === undefined || delivery.alertId === alert),
  );
  const shown = matching.filter((delivery) => status === undefined || is(delivery, status));
  return (
    <>
      <PageHead title="Deliveries" hint={plural(deliveries.length, 'delivery', 'deliveries')}>
        <FilterPills
          label="Outcome"
          testId="deliveries"
          chosen={status}
          choose={(id) => go(id === undefined ? anyStatus : { ...search, status: id as DeliveryStatus })}
          choices={deliveryStatuses.map((id) => ({
            id,
            label: names[id],
            count: matching.filter((delivery) => is(delivery, id)).length,
            tone: tones[id],
          }))}
        />
        {alert !== undefined && (
          <button type="button" className="pill on" onClick={() => go(anyAlert)} aria-label="Only one alert; show all">
            one alert ×
          </button>
        )}
        <span className="page-space" />
        <ExportMenu fileName="deliveries" columns={exportColumns} rows={shown.map(exportRow)} />
      </PageHead>
      <TargetCards deliveries={deliveries} search={search} go={go} />
      {shown.length === 0 ? (
        <p className="quiet">
          {deliveries.length === 0 ? 'Nothing was sent yet. ' : 'No delivery matches. '}
          {deliveries.length > 0 && (
            <button type="button" className="link" onClick={() => go({})}>
              Show all
            </button>
          )}
        </p>
      ) : (
        <ul className="delivery-rows" aria-label="Deliveries, newest first">
          {shown.slice(0, shownMax).map((delivery) => (
            <DeliveryRow
              key={delivery.id}
              delivery={delivery}
              open={open === delivery.id}
              toggle={() => go(open === delivery.id ? closed : { ...search, open: delivery.id })}
            />
          ))}
        </ul>
      )}
      {shown.length > shownMax && (
        <p className="note">The newest {shownMax.toLocaleString('en')} are shown; filter for others, or export all.</p>
      )}
    </>
  );
}

/** Rows on the page; more would only be slow to scroll. */
const shownMax = 200;

const exportColumns = [
  'at_ms',
  'target',
  'alert',
  'status',
  'reason',
  'attempts',
  'http_status',
  'latency_ms',
  'detail',
  'replays',
  'dead',
];

const exportRow = (row: DeliverySummary): string[] => [
  String(row.atMs), row.target, row.alertId, row.status, row.reason ?? '', String(row.attempts), String(row.httpStatus), String(row.latencyMs),
  row.detail, String(row.replays), String(row.dead),
]; // prettier-ignore
