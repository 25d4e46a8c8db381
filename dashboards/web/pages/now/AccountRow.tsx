import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { LiveBudget } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { Amount } from '../../components/Amount.tsx';
import { BudgetBar } from '../../components/BudgetBar.tsx';
import { Badge, SimulatedMark, StateBadge } from '../../components/StateBadge.tsx';
import type { TreeRow } from '../../format/accountTree.ts';
import { plural } from '../../format/quantity.ts';
import { formatPercent } from '../../format/ratio.ts';
import { useLive } from '../../live/hooks.ts';
import { fillOf } from './budgets.ts';

interface AccountRowProps {
  readonly row: TreeRow;
  /** Most urgent first. */
  readonly budgets: readonly LiveBudget[];
  readonly simulated: boolean;
  readonly toggle: (id: number) => void;
}

/** Renders again only when its own balance or budgets change. */
export const AccountRow = memo(function AccountRow({ row, budgets, simulated, toggle }: AccountRowProps) {
  const { account, depth } = row;
  const { currency } = useTenant();
  const balance = useLive((view) => view.balances.get(account.id));
  const suspense = account.type === 'suspense';
  const budget = budgets[0];
  return (
    <tr
      role="row"
      className={`depth-${Math.min(depth, 6)} ${suspense ? 'suspense' : ''}`}
      data-testid={`account-${account.slug}`}
    >
      <th role="rowheader" scope="row" className="tree-account">
        <span className="tree-name">
          {row.hasChildren ? (
            <button
              type="button"
              className="tree-toggle"
              aria-expanded={row.expanded}
              aria-label={`${row.expanded ? 'Close' : 'Open'} ${account.name}`}
              onClick={() => toggle(account.id)}
            >
              <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
                <path d="M2.5 1l5 4-5 4z" fill="currentColor" />
              </svg>
            </button>
          ) : (
            <i className="tree-toggle" />
          )}
          <Link to="/explore" search={{ account: account.slug }} title={`What ${account.name} is made of`}>
            {suspense ? 'Not yet owned (suspense)' : account.name}
          </Link>
          {simulated && <SimulatedMark part={row.hasChildren} />}
        </span>
      </th>
      <td role="cell" className="number">
        <Amount amount={balance?.total ?? '0'} currency={currency} testId={`account-${account.slug}-amount`} />
        {row.hasChildren && /[1-9]/.test(balance?.own ?? '') && (
          <span className="tree-own quiet">
            own <Amount amount={balance!.own} currency={currency} testId={`account-${account.slug}-own`} />
          </span>
        )}
      </td>
      <td role="cell" className="number tree-rate">
        <Amount amount={balance?.perHour ?? '0'} currency={currency} testId={`account-${account.slug}-rate`} />
        <span className="narrow"> / h</span>
      </td>
      <td role="cell" className="tree-budget">
        {suspense ? <SuspenseNote /> : budget !== undefined && <BudgetCell budget={budget} more={budgets.length - 1} />}
      </td>
      <td role="cell" className="tree-state">
        {budget !== undefined && <StateBadge state={budget.state} testId={`budget-${budget.id}-state`} />}
        {suspense && <SuspenseState />}
      </td>
    </tr>
  );
});

function BudgetCell({ budget, more }: { budget: LiveBudget; more: number }) {
  return (
    <Link
      to="/"
      search={{ budget: budget.id }}
      className="budget-link"
      data-testid={`budget-${budget.id}`}
      resetScroll={false}
    >
      <BudgetBar budget={budget} />
      <span className="budget-percent quiet">{formatPercent(fillOf(budget))}</span>
      {more > 0 && <span className="quiet">+{more}</span>}
    </Link>
  );
}

function SuspenseNote() {
  const count = useLive((view) => view.trust.suspenseResources) ?? 0;
  return <span className="quiet">{count === 0 ? 'nothing to assign' : `${plural(count, 'resource')} to assign`}</span>;
}

function SuspenseState() {
  const count = useLive((view) => view.trust.suspenseResources) ?? 0;
  return count === 0 ? <Badge tone="ok">empty</Badge> : <Badge tone="info">assign</Badge>;
}
