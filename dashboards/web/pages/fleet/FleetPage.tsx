/** "Fleet": every producer, how it is, how far it is, and what it could not send. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { FleetMember } from '#core/messages/api.ts';
import { fleetQuery } from '../../api/queries.ts';
import { DataTable } from '../../components/DataTable.tsx';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { Page } from '../../components/Page.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { useLedgerNow, useLive } from '../../live/hooks.ts';
import { fleetColumnsOf, notesText } from './columns.tsx';
import type { FleetColumn, FleetSearch } from './search.ts';
import './fleet.css';

export function FleetPage() {
  const query = useQuery(fleetQuery);
  const live = useLive((view) => view.producers);
  // The socket carries what changed since; the request also knows producers that never sent.
  const producers = useMemo(
    () => query.data?.producers.map((member) => newer(member, live?.get(member.producer))),
    [query.data, live],
  );
  return (
    <Page className="fleet" heading="Fleet">
      {query.error !== null && producers === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : producers === undefined ? (
        <Skeleton lines={10} label="the fleet" />
      ) : producers.length === 0 ? (
        <EmptyState title="No producer has been enrolled" command="npx meterline enrol this-host">
          An agent meters the machine it runs on and signs what it sends. Enrol one by name: the command registers it
          and makes its signing key and broker credentials.
        </EmptyState>
      ) : (
        <Fleet producers={producers} />
      )}
    </Page>
  );
}

const newer = (asked: FleetMember, pushed: FleetMember | undefined): FleetMember =>
  pushed !== undefined && pushed.lastSeenMs >= asked.lastSeenMs ? pushed : asked;

const healths = ['live', 'late', 'silent', 'never'] as const;

function Fleet({ producers }: { producers: readonly FleetMember[] }) {
  const search = useSearch({ from: '/fleet' });
  const navigate = useNavigate();
  const nowMs = useLedgerNow(1000);
  const go = (next: FleetSearch): void => void navigate({ to: '/fleet', search: next, replace: true });
  const { search: _text, ...withoutText } = search;
  const { health: _health, ...withoutHealth } = search;
  const columns = useMemo(() => fleetColumnsOf(nowMs), [nowMs]);
  const needle = (search.search ?? '').toLowerCase();
  const shown = producers.filter(
    (member) =>
      (search.health === undefined || member.health === search.health) &&
      (needle === '' || `${member.producer} ${member.type} ${member.keyIds.join(' ')}`.toLowerCase().includes(needle)),
  );
  const sorting = [{ id: search.sort ?? 'producer', desc: search.order === 'desc' }];
  return (
    <>
      <PageHead title="Fleet" hint={plural(producers.length, 'producer')}>
        <div className="fleet-healths" role="group" aria-label="Health">
          {healths.map((health) => {
            const count = producers.filter((member) => member.health === health).length;
            const on = search.health === health;
            return (
              <button
                key={health}
                type="button"
                className={`pill ${health} ${on ? 'on' : ''}`}
                aria-pressed={on}
                disabled={count === 0 && !on}
                data-testid={`fleet-${health}`}
                onClick={() => go(on ? withoutHealth : { ...search, health })}
              >
                <i className="dot" /> {formatCount(count)} {health}
              </button>
            );
          })}
        </div>
        <span className="page-space" />
        <input
          type="search"
          className="field"
          placeholder="Find a producer or key"
          aria-label="Find a producer or key"
          value={search.search ?? ''}
          onChange={(event) =>
            go(event.currentTarget.value === '' ? withoutText : { ...search, search: event.currentTarget.value })
          }
        />
        <ExportMenu fileName="fleet" columns={exportColumns} rows={shown.map(exportRow)} />
      </PageHead>
      {shown.length === 0 ? (
        <p className="fleet-none">
          No producer matches.{' '}
          <button type="button" className="link" onClick={() => go({})}>
            Show all
          </button>
        </p>
      ) : (
        <DataTable
          label="Producers"
          columns={columns}
          data={shown}
          rowId={(member) => member.producer}
          rowTestId={(member) => `fleet-${member.producer}`}
          sorting={sorting}
          onSort={([first]) =>
            go({ ...search, sort: first?.id as FleetColumn, order: first?.desc === true ? 'desc' : 'asc' })
          }
        />
      )}
      <p className="quiet fleet-note">
        A producer is live while it is heard from in time, late after three of its intervals, silent after twelve.
        Received = rated + duplicates + refused, for each.
      </p>
    </>
  );
}

const exportColumns = ['producer', 'type', 'simulated', 'enabled', 'health', 'last_seen_ms', 'last_sample_ms', 'epoch', 'mark',
  'received', 'rated', 'duplicates', 'refused', 'spool_batches', 'spool_bytes', 'notes', 'key_ids']; // prettier-ignore

const exportRow = (member: FleetMember): string[] => [
  member.producer, member.type, String(member.simulated), String(member.enabled), member.health,
  String(member.lastSeenMs), String(member.lastSampleMs),
  member.epoch === null ? '' : `${member.epoch.startedAtMs}-${member.epoch.nonce}`, String(member.mark),
  ...[member.samples.received, member.samples.rated, member.samples.duplicates, member.samples.refused].map(String),
  String(member.spool.batches), String(member.spool.bytes), notesText(member), member.keyIds.join(' '),
]; // prettier-ignore
