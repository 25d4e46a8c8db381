/** What happened: alerts of budgets, newest first, each with how its delivery went. */
import { Link } from '@tanstack/react-router';
import { isOfBudget } from '#core/messages/alert.ts';
import type { LiveAlert } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { Skeleton } from '../../components/states.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { formatMoney, formatMoneyShort } from '../../format/money.ts';
import { formatRecent } from '../../format/time.ts';
import { useLedgerNow, useLive } from '../../live/hooks.ts';
import { alertTitle, deliveryText } from './alertText.ts';

export const feedLimits = { shownMax: 8 } as const;

export function AlertFeed() {
  const alerts = useLive((view) => view.alerts);
  return (
    <section className="feed" aria-labelledby="what-happened">
      <h2 id="what-happened">
        What happened <span>budgets crossed and released</span>
      </h2>
      {alerts === undefined ? (
        <Skeleton lines={4} label="the alerts" />
      ) : alerts.length === 0 ? (
        <p className="feed-empty">
          No budget has crossed a threshold this month. When one does, it shows here in the commit that crosses it.
        </p>
      ) : (
        <ul aria-live="polite" aria-relevant="additions">
          {alerts.slice(0, feedLimits.shownMax).map((alert) => (
            <AlertItem key={alert.id} alert={alert} />
          ))}
        </ul>
      )}
    </section>
  );
}

function AlertItem({ alert }: { alert: LiveAlert }) {
  const { timeZone } = useTenant();
  const nowMs = useLedgerNow(60_000);
  const delivery = deliveryText(alert);
  return (
    <li
      data-testid="alert"
      data-alert-id={alert.id}
      data-state={alert.state}
      data-percent={isOfBudget(alert) ? alert.threshold : ''}
    >
      <span className="feed-head">
        {isOfBudget(alert) ? (
          <Link to="/" search={{ budget: alert.budget }} resetScroll={false}>
            {alertTitle(alert)}
          </Link>
        ) : (
          alertTitle(alert)
        )}
        <StateBadge state={alert.action} />
      </span>
      {isOfBudget(alert) && (
        <span data-amount={alert.balance}>
          {formatMoney(alert.balance, alert.currency, 4)} of {formatMoneyShort(alert.limit, alert.currency)}
        </span>
      )}
      <span className={delivery.failed ? 'feed-failed' : ''} data-testid="alert-delivery">
        {delivery.text}
      </span>
      <time className="quiet" dateTime={new Date(alert.logTimeMs).toISOString()}>
        {formatRecent(alert.logTimeMs, nowMs, timeZone)} · {alert.accountSlug}
      </time>
    </li>
  );
}
