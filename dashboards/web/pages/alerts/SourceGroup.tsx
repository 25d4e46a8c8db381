/** All that happened to one source; where there is much, the newest, and the rest on demand. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { StateBadge } from '../../components/StateBadge.tsx';
import { plural } from '../../format/quantity.ts';
import { AlertRow } from './AlertRow.tsx';
import type { AlertGroup } from './groups.ts';

export const groupLimits = { shownMax: 3 } as const;

export function SourceGroup({ group }: { group: AlertGroup }) {
  const [open, setOpen] = useState(false);
  const { source, name, account, alerts } = group;
  const more = alerts.length - groupLimits.shownMax;
  const budget = source.startsWith('budget:') ? source.slice('budget:'.length) : undefined;
  return (
    <section className="alert-group" aria-label={name} data-testid={`alert-group-${source}`}>
      <header>
        <h3>
          {budget === undefined ? (
            name
          ) : (
            <Link to="/budgets/$budgetId" params={{ budgetId: budget }}>
              {name}
            </Link>
          )}{' '}
          <span className="quiet">{account}</span>
        </h3>
        <StateBadge state={alerts[0]!.state} />
        <span className="quiet">{plural(alerts.length, 'alert')}</span>
      </header>
      <ul className="alert-rows">
        {alerts.slice(0, open ? undefined : groupLimits.shownMax).map((alert) => (
          <AlertRow key={alert.id} alert={alert} />
        ))}
      </ul>
      {more > 0 && (
        <button type="button" className="link no-print" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Show fewer' : `Show ${plural(more, 'older alert')}`}
        </button>
      )}
    </section>
  );
}
