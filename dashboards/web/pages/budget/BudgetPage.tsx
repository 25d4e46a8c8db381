/** One budget in full: how it burns, how long it lasts, what was crossed, who was told, and the ways to let go. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { LiveBudget } from '#core/messages/api.ts';
import { accountsQuery, budgetsQuery, exploreQuery } from '../../api/queries.ts';
import { mayOperate, useMe, useTenant } from '../../app/session.tsx';
import { ReleaseForm } from '../../budgets/ReleaseForm.tsx';
import { BudgetBar } from '../../components/BudgetBar.tsx';
import { Page } from '../../components/Page.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { EmptyState, Skeleton } from '../../components/states.tsx';
import { pathOf } from '../../format/accountTree.ts';
import { useLedgerNow, useLive } from '../../live/hooks.ts';
import { WarmingBadge } from '../budgets/BudgetRow.tsx';
import { inUnit } from '../explore/search.ts';
import { burnOf, filterOf, stepOf } from './burn.ts';
import { BurnChart } from './BurnChart.tsx';
import { History } from './History.tsx';
import { Thresholds } from './Thresholds.tsx';
import { Tiles } from './Tiles.tsx';
import { Told } from './Told.tsx';
import '../../components/path.css';
import './budget.css';

export function BudgetPage() {
  const { budgetId } = useParams({ from: '/budgets/$budgetId' });
  const ready = useLive(() => true) === true;
  const budget = useLive((view) => view.budgets.get(budgetId));
  const record = useQuery(budgetsQuery).data?.find(({ id }) => id === budgetId);
  return (
    <Page className="stack budget-page">
      {budget !== undefined ? (
        <Budget budget={budget} />
      ) : record?.enabled === false ? (
        <EmptyState title={`${record.name} is turned off`} command={`npx meterline budget enable ${record.id}`}>
          It counts nothing and holds nothing back.{' '}
          <Link to="/budgets/$budgetId/change" params={{ budgetId }}>
            Turn it on again
          </Link>{' '}
          or change it otherwise.
        </EmptyState>
      ) : ready && record === undefined ? (
        <EmptyState title="There is no such budget" command="npx meterline budget list">
          It may have been removed or disabled, or the address was mistyped.
        </EmptyState>
      ) : (
        <Skeleton lines={10} label="the budget" />
      )}
    </Page>
  );
}

function Budget({ budget }: { budget: LiveBudget }) {
  const me = useMe();
  const { timeZone } = useTenant();
  const nowMs = Math.min(useLedgerNow(10_000), budget.periodEndMs);
  const record = useQuery(budgetsQuery).data?.find(({ id }) => id === budget.id);
  const alerts = useLive((view) => view.alerts)?.filter(({ source }) => source === `budget:${budget.id}`) ?? [];
  const filter = filterOf(budget, record);
  const usage = useQuery({
    ...exploreQuery([stepOf(budget), 'kind'], filter ?? { from: 0, to: 0 }, 15_000),
    enabled: filter !== undefined,
  });
  const points = burnOf(usage.data?.groups ?? [], budget, { timeZone, nowMs });
  return (
    <div className="stack" data-testid={`budget-page-${budget.id}`}>
      <header className="budget-head">
        <Where budget={budget} />
        <h1>
          {budget.name} <StateBadge state={budget.state} testId={`budget-${budget.id}-page-state`} />
          {budget.warming === true && <WarmingBadge />}
          {mayOperate(me) && (
            <Link
              to="/budgets/$budgetId/change"
              params={{ budgetId: budget.id }}
              className="button small"
              data-testid="budget-change"
            >
              Change
            </Link>
          )}
        </h1>
        <BudgetBar budget={budget} />
      </header>
      <Tiles budget={budget} nowMs={nowMs} isPart={record?.scope !== undefined} />
      <BurnChart budget={budget} points={points} alerts={alerts} nowMs={nowMs} />
      {filter === undefined && (
        <p className="note">
          The budget counts several services, tags or currencies: the line is drawn from its start to what it holds now,
          for no one question to the rows gives the days between.
        </p>
      )}
      <div className="budget-columns">
        <div className="stack">
          <Thresholds budget={budget} record={record} alerts={alerts} />
          <History budget={budget} />
        </div>
        <div className="stack">
          <section className="card">
            {mayOperate(me) ? (
              <ReleaseForm budget={budget} />
            ) : (
              <p className="quiet">Operators may raise or reset a budget; you are signed in as {me.role}.</p>
            )}
          </section>
        </div>
      </div>
      <Told budget={budget} alerts={alerts} targets={record?.targets ?? []} />
    </div>
  );
}

function Where({ budget }: { budget: LiveBudget }) {
  const path = pathOf(useQuery(accountsQuery).data ?? [], budget.account);
  return (
    <nav className="path" aria-label="Where the budget is">
      <ol>
        <li>
          <Link to="/budgets">Budgets</Link>
        </li>
        {path.map((account) => (
          <li key={account.id}>
            <Link to="/explore" search={{ account: account.slug, ...inUnit(budget.currency) }}>
              {account.name}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}
