/** Who was told of what: the budget's alerts, each with how its deliveries went. */
import { Link } from '@tanstack/react-router';
import type { LiveAlert, LiveBudget } from '#core/messages/api.ts';
import { AlertRow } from '../alerts/AlertRow.tsx';

export interface ToldProps {
  readonly budget: LiveBudget;
  readonly alerts: readonly LiveAlert[];
  readonly targets: readonly string[];
}

export const Told = ({ budget, alerts, targets }: ToldProps) => (
  <section aria-labelledby="told-title">
    <div className="section-head">
      <h2 id="told-title">
        Alerts and deliveries <span className="quiet">{targets.length === 0 ? 'no receiver is told' : ''}</span>
      </h2>
      <span className="told-targets">
        {targets.map((target) => (
          <Link key={target} to="/deliveries" search={{ target }} title="What it was sent, and a test">
            {target}
          </Link>
        ))}
      </span>
    </div>
    {alerts.length === 0 ? (
      <p className="quiet budget-none">
        Nothing was crossed. The first crossing shows here in the commit that makes it, and so does what {budget.name}’s
        receivers answer.
      </p>
    ) : (
      <ul className="alert-rows">
        {alerts.map((alert) => (
          <AlertRow key={alert.id} alert={alert} />
        ))}
      </ul>
    )}
  </section>
);
