/** One alert: what happened, how grave, what it stood at, and how each delivery of it went. */
import { Link } from '@tanstack/react-router';
import { isOfBudget } from '#core/messages/alert.ts';
import type { LiveAlert } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { Badge, StateBadge } from '../../components/StateBadge.tsx';
import { figureText, shortFigure } from '../../format/budgetFigures.ts';
import { formatRecent } from '../../format/time.ts';
import { useLedgerNow } from '../../live/hooks.ts';
import { alertTitle, deliveryText } from '../now/alertText.ts';
import { Noted } from './Noted.tsx';
import { severityTone } from './severity.ts';
import './alerts.css';

export function AlertRow({ alert, withSource = false }: { alert: LiveAlert; withSource?: boolean }) {
  const { timeZone } = useTenant();
  const nowMs = useLedgerNow(60_000);
  const delivery = deliveryText(alert);
  return (
    <li className="alert-row" data-testid="alert-row" data-alert-id={alert.id} data-severity={alert.severity}>
      <time className="mono quiet" dateTime={new Date(alert.logTimeMs).toISOString()}>
        {formatRecent(alert.logTimeMs, nowMs, timeZone)}
      </time>
      <Badge tone={severityTone(alert.severity)}>{alert.severity}</Badge>
      <span className="alert-what">
        {isOfBudget(alert) ? (
          <Link to="/budgets/$budgetId" params={{ budgetId: alert.budget }}>
            {alertTitle(alert)}
          </Link>
        ) : (
          <b>{alertTitle(alert)}</b>
        )}
        <small className="quiet">
          {withSource && `${alert.accountSlug === '' ? alert.source : alert.accountSlug} · `}
          {isOfBudget(alert) && (
            <span data-amount={alert.balance}>
              {shortFigure(alert.balance, alert)} of {figureText(alert.limit, alert)}
            </span>
          )}
          {isOfBudget(alert) && alert.forecast !== undefined && (
            <span data-amount={alert.forecast.expected}>, {shortFigure(alert.forecast.expected, alert)} expected</span>
          )}
        </small>
      </span>
      <StateBadge state={alert.action} />
      <span className="alert-delivery">
        {alert.targets.length === 0 ? (
          <span className="quiet">{delivery.text}</span>
        ) : (
          <Link
            to="/deliveries"
            search={{ alert: alert.id }}
            className={delivery.failed ? 'failed-text' : ''}
            data-testid="alert-row-delivery"
          >
            {delivery.text}
          </Link>
        )}
      </span>
      <Noted alert={alert} />
    </li>
  );
}
