/** "Alerts": what happened, grouped by what it is about, the gravest first, with how it was delivered. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { severities, type Severity } from '#core/messages/alert.ts';
import type { LiveAlert } from '#core/messages/api.ts';
import { acknowledgementsQuery, alertsQuery } from '../../api/queries.ts';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { FilterPills, PageHead } from '../../components/PageHead.tsx';
import { Page } from '../../components/Page.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { plural } from '../../format/quantity.ts';
import { useLive } from '../../live/hooks.ts';
import { alertTitle, deliveryText } from '../now/alertText.ts';
import { AlertRow } from './AlertRow.tsx';
import { groupsOf } from './groups.ts';
import { SourceGroup } from './SourceGroup.tsx';
import type { AlertsSearch } from './search.ts';
import { severityTone } from './severity.ts';
import './alerts.css';

export function AlertsPage() {
  const query = useQuery(alertsQuery);
  const live = useLive((view) => view.alerts);
  // The socket brings what is newer, and how deliveries of what is known go on.
  const alerts = useMemo(
    () => (query.data === undefined ? undefined : merged(query.data, live ?? [])),
    [query.data, live],
  );
  return (
    <Page className="stack alerts" heading="Alerts">
      {query.error !== null && alerts === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : alerts === undefined ? (
        <Skeleton lines={10} label="the alerts" />
      ) : alerts.length === 0 ? (
        <EmptyState title="Nothing has happened" command="npx meterline target test TARGET">
          No budget has crossed a threshold and no credit has run low. What happens shows here in the commit that makes
          it. To see that your receivers are reached, send one a test.
        </EmptyState>
      ) : (
        <Inbox alerts={alerts} />
      )}
    </Page>
  );
}

function merged(asked: readonly LiveAlert[], live: readonly LiveAlert[]): LiveAlert[] {
  const byId = new Map([...asked, ...live].map((alert) => [alert.id, alert]));
  return [...byId.values()].sort((a, b) => b.logTimeMs - a.logTimeMs || (a.id < b.id ? 1 : -1));
}

function Inbox({ alerts }: { alerts: readonly LiveAlert[] }) {
  const search = useSearch({ from: '/alerts' });
  const navigate = useNavigate();
  const go = (next: AlertsSearch): void => void navigate({ to: '/alerts', search: next, replace: true });
  const { severity, source, by, search: text = '' } = search;
  const { severity: _severity, ...anySeverity } = search;
  const { source: _source, ...anySource } = search;
  const { search: _text, ...anyText } = search;
  const { by: _by, ...grouped } = search;
  const { noted, ...anyNoted } = search;
  const taken = useQuery(acknowledgementsQuery).data;
  const isOpen = (alert: LiveAlert): boolean => taken?.has(alert.id) !== true;
  const needle = text.toLowerCase();
  const matching = alerts.filter(
    (alert) =>
      (source === undefined || alert.source === source) &&
      `${alertTitle(alert)} ${alert.accountSlug} ${alert.source} ${alert.targets.join(' ')}`
        .toLowerCase()
        .includes(needle),
  );
  const shown = matching.filter(
    (alert) => (severity === undefined || alert.severity === severity) && (noted === undefined || isOpen(alert)),
  );
  return (
    <>
      <PageHead
        title="Alerts"
        hint={`${plural(alerts.length, 'alert')} of ${plural(groupsOf(alerts).length, 'source')}`}
      >
        <FilterPills
          label="Severity"
          testId="alerts"
          chosen={severity}
          choose={(id) => go(id === undefined ? anySeverity : { ...search, severity: id as Severity })}
          choices={severities.toReversed().map((id) => ({
            id,
            label: id,
            count: matching.filter((alert) => alert.severity === id).length,
            tone: severityTone(id),
          }))}
        />
        <FilterPills
          label="Acknowledged"
          testId="alerts"
          chosen={noted}
          choose={(id) => go(id === undefined ? anyNoted : { ...search, noted: 'open' })}
          choices={[{ id: 'open', label: 'not acknowledged', count: matching.filter(isOpen).length, tone: 'plain' }]}
        />
        {source !== undefined && (
          <button
            type="button"
            className="pill on"
            onClick={() => go(anySource)}
            aria-label={`Only ${source}; show all`}
          >
            {source} ×
          </button>
        )}
        <span className="page-space" />
        <button
          type="button"
          className="link"
          aria-pressed={by === 'time'}
          onClick={() => go(by === 'time' ? grouped : { ...search, by: 'time' })}
        >
          {by === 'time' ? 'by source' : 'by time'}
        </button>
        <input
          type="search"
          className="field"
          placeholder="Find an alert"
          aria-label="Find an alert"
          value={text}
          onChange={({ currentTarget: { value } }) => go(value === '' ? anyText : { ...search, search: value })}
        />
        <ExportMenu fileName="alerts" columns={exportColumns} rows={shown.map(exportRow)} />
      </PageHead>
      {shown.length === 0 ? (
        <p className="quiet">
          No alert matches.{' '}
          <button type="button" className="link" onClick={() => go({})}>
            Show all
          </button>
        </p>
      ) : by === 'time' ? (
        <ul className="alert-rows" aria-label="Alerts">
          {shown.map((alert) => (
            <AlertRow key={alert.id} alert={alert} withSource />
          ))}
        </ul>
      ) : (
        groupsOf(shown).map((group) => <SourceGroup key={group.source} group={group} />)
      )}
    </>
  );
}

const exportColumns = [
  'log_time_ms',
  'severity',
  'type',
  'source',
  'account',
  'action',
  'state',
  'title',
  'delivery',
  'id',
];

const exportRow = (alert: LiveAlert): string[] => [
  String(alert.logTimeMs), alert.severity, alert.type, alert.source, alert.accountSlug, alert.action, alert.state, alertTitle(alert),
  deliveryText(alert).text, alert.id,
]; // prettier-ignore
