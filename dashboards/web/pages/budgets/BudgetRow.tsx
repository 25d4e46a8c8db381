/** One budget of the list: where, how full, what it comes to, and how long it lasts. */
import { Link } from '@tanstack/react-router';
import type { LiveBudget } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { useTenant } from '../../app/session.tsx';
import { Amount } from '../../components/Amount.tsx';
import { BudgetBar } from '../../components/BudgetBar.tsx';
import { Badge, StateBadge } from '../../components/StateBadge.tsx';
import { figureText, outlookOf, shortFigure, leftOf } from '../../format/budgetFigures.ts';
import { formatPercent } from '../../format/ratio.ts';
import { useLedgerNow, useLive } from '../../live/hooks.ts';
import { fillOf } from '../now/budgets.ts';
import { OutlookText } from './OutlookText.tsx';

export interface BudgetRowProps {
  readonly budget: LiveBudget;
  readonly path: readonly AccountRecord[];
  /** Whether only a part of its account counts, of which no pace is told. */
  readonly isPart: boolean;
}

export function BudgetRow({ budget, path, isPart }: BudgetRowProps) {
  const { currency } = useTenant();
  const nowMs = useLedgerNow(10_000);
  const perHour = useLive((view) => view.balances.get(budget.account)?.perHour);
  const outlook = outlookOf(budget, nowMs, budget.currency === currency && !isPart ? perHour : undefined);
  return (
    <li className="budget-row" data-testid={`budgets-row-${budget.id}`} data-state={budget.state}>
      <span className="budget-row-name">
        <Link to="/budgets/$budgetId" params={{ budgetId: budget.id }}>
          {budget.name}
        </Link>
        <small className="quiet">{path.map(({ name }) => name).join(' / ')}</small>
      </span>
      <span className="budget-row-state">
        <StateBadge state={budget.state} testId={`budgets-${budget.id}-state`} />
        {budget.warming === true && <WarmingBadge />}
      </span>
      <span className="budget-row-bar">
        <BudgetBar budget={budget} />
        <small className="quiet">{formatPercent(fillOf(budget))}</small>
      </span>
      <span className="budget-row-figures">
        {budget.currency === '' ? (
          <span data-amount={budget.balance}>{shortFigure(budget.balance, budget)}</span>
        ) : (
          <Amount amount={budget.balance} currency={budget.currency} symbol fine={2} />
        )}
        <small className="quiet">
          of {figureText(budget.limit, budget)}
          {outlook.kind === 'over' ? '' : `, ${shortFigure(leftOf(budget), budget)} left`}
        </small>
      </span>
      <OutlookText outlook={outlook} budget={budget} nowMs={nowMs} />
    </li>
  );
}

export const WarmingBadge = () => (
  <span title="It was made in mid-period; what came before is being added up and is not in the figure yet">
    <Badge tone="plain" testId="budget-warming">
      warming
    </Badge>
  </span>
);
