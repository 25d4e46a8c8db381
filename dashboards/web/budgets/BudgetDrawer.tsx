/** One budget in full: how full, which thresholds, who is told, what happened, and the two ways to release it. */
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Drawer.css';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/Paper.css';
import '@mantine/core/styles/CloseButton.css';
import '@mantine/core/styles/Input.css';
import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { LiveBudget } from '#core/messages/api.ts';
import { mayOperate, useMe, useTenant } from '../app/session.tsx';
import { accountsQuery, budgetsQuery } from '../api/queries.ts';
import { Amount } from '../components/Amount.tsx';
import { BudgetBar } from '../components/BudgetBar.tsx';
import { EmptyState, Skeleton } from '../components/states.tsx';
import { StateBadge } from '../components/StateBadge.tsx';
import { pathOf } from '../format/accountTree.ts';
import { figureText, shortFigure } from '../format/budgetFigures.ts';
import { formatHours, formatPercent, basisPoints, hoursUntil } from '../format/ratio.ts';
import { formatInstant } from '../format/time.ts';
import { useLive } from '../live/hooks.ts';
import { alertTitle, thresholdText, deliveryText } from '../pages/now/alertText.ts';
import { ReleaseForm } from './ReleaseForm.tsx';
import { inUnit } from '../pages/explore/search.ts';
import { thresholdAmount } from './threshold.ts';
import './budgetDrawer.css';

export default function BudgetDrawer({ id, close }: { id: string; close: () => void }) {
  const ready = useLive(() => true) === true;
  const budget = useLive((view) => view.budgets.get(id));
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size={460}
      title={budget?.name ?? 'Budget'}
      closeButtonProps={{ 'aria-label': 'Close' }}
      attributes={{ header: { role: 'presentation' } }}
    >
      {budget !== undefined ? (
        <Details budget={budget} />
      ) : ready ? (
        <EmptyState title="There is no such budget">It may have been removed, or the address was mistyped.</EmptyState>
      ) : (
        <Skeleton label="the budget" />
      )}
    </Drawer>
  );
}

function Details({ budget }: { budget: LiveBudget }) {
  const me = useMe();
  const { currency } = me.tenant;
  // Rates are told of the tenant's currency.
  const perHour = useLive((view) => view.balances.get(budget.account)?.perHour) ?? '0';
  const hours = budget.currency === currency ? hoursUntil(budget.balance, budget.amount, perHour) : undefined;
  return (
    <div className="budget" data-testid={`budget-drawer-${budget.id}`}>
      <Where budget={budget} />
      <div className="budget-figure">
        <span>
          {budget.currency === '' ? (
            <span data-amount={budget.balance}>{shortFigure(budget.balance, budget)}</span>
          ) : (
            <Amount amount={budget.balance} currency={budget.currency} symbol testId={`budget-${budget.id}-balance`} />
          )}
          <small>
            of{' '}
            <span data-amount={budget.amount} data-testid={`budget-${budget.id}-amount`}>
              {figureText(budget.amount, budget)}
            </span>
          </small>
        </span>
        <StateBadge state={budget.state} testId={`budget-${budget.id}-drawer-state`} />
      </div>
      <BudgetBar budget={budget} />
      <p className="quiet">
        {formatPercent(basisPoints(budget.balance, budget.amount))} used
        {budget.currency === currency && (
          <>
            {' '}
            at <Amount amount={perHour} currency={currency} symbol fine={2} /> per hour
          </>
        )}
        {hours !== undefined && hours > 0 && `; the limit is reached in ${formatHours(hours)}`}.
      </p>
      <p>
        <Link to="/budgets/$budgetId" params={{ budgetId: budget.id }}>
          How it was spent, and all that happened
        </Link>
      </p>
      <Thresholds budget={budget} />
      {mayOperate(me) ? (
        <ReleaseForm budget={budget} />
      ) : (
        <p className="quiet">Operators may raise or reset a budget; you are signed in as {me.role}.</p>
      )}
      <History budget={budget} />
    </div>
  );
}

function Where({ budget }: { budget: LiveBudget }) {
  const path = pathOf(useQuery(accountsQuery).data ?? [], budget.account);
  const targets = useQuery(budgetsQuery).data?.find((record) => record.id === budget.id)?.targets ?? [];
  return (
    <p className="quiet">
      {path.map((account, index) => (
        <span key={account.id}>
          {index > 0 && ' / '}
          <Link to="/explore" search={{ account: account.slug, ...inUnit(budget.currency) }}>
            {account.name}
          </Link>
        </span>
      ))}
      {targets.length > 0 && ` · tells ${targets.join(', ')}`}
    </p>
  );
}

const deeds: Readonly<Record<string, string>> = { notify: 'notify', throttle: 'throttle', block: 'block' };

const Thresholds = ({ budget }: { budget: LiveBudget }) => (
  <section>
    <h2>Thresholds</h2>
    <ul className="budget-lines">
      {budget.thresholds.map((threshold) => (
        <li key={threshold.key} data-testid={`threshold-${threshold.key}`} data-crossed={threshold.crossed}>
          <span>
            {thresholdText(threshold.key, budget)}{' '}
            {threshold.percent !== undefined && (
              <span className="quiet">{figureText(thresholdAmount(budget.limit, threshold.percent), budget)}</span>
            )}
          </span>
          <span>{deeds[threshold.action] ?? threshold.action}</span>
          <span className={threshold.crossed ? 'budget-crossed' : 'quiet'}>
            {threshold.crossed ? 'crossed' : 'not yet'}
          </span>
        </li>
      ))}
    </ul>
  </section>
);

function History({ budget }: { budget: LiveBudget }) {
  const { timeZone } = useTenant();
  const alerts = useLive((view) => view.alerts)?.filter((alert) => alert.source === `budget:${budget.id}`) ?? [];
  if (alerts.length === 0) return null;
  return (
    <section>
      <h2>What happened</h2>
      <ul className="budget-lines history">
        {alerts.map((alert) => (
          <li key={alert.id}>
            <span>{alertTitle(alert)}</span>
            <span className="quiet">{formatInstant(alert.logTimeMs, timeZone)}</span>
            <span className={deliveryText(alert).failed ? 'feed-failed' : 'quiet'}>{deliveryText(alert).text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
