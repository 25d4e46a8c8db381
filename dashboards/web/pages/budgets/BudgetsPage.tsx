/** "Budgets": every spending limit as it fills, with how long it lasts. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { LiveBudget } from '#core/messages/api.ts';
import { accountsQuery, budgetsQuery } from '../../api/queries.ts';
import { mayOperate, useMe } from '../../app/session.tsx';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { FilterPills, PageHead } from '../../components/PageHead.tsx';
import { Page } from '../../components/Page.tsx';
import { toneOf } from '../../components/StateBadge.tsx';
import { EmptyState, Skeleton } from '../../components/states.tsx';
import { pathOf } from '../../format/accountTree.ts';
import { leftOf, outlookOf } from '../../format/budgetFigures.ts';
import { compareAmounts } from '../../format/money.ts';
import { plural } from '../../format/quantity.ts';
import { useLedgerNow, useLive } from '../../live/hooks.ts';
import { byUrgency, fillOf } from '../now/budgets.ts';
import { BudgetRow } from './BudgetRow.tsx';
import { budgetSorts, budgetStates, type BudgetFilter, type BudgetsSearch, type BudgetSort } from './search.ts';
import './budgets.css';

export function BudgetsPage() {
  const budgets = useLive((view) => view.budgets);
  return (
    <Page className="stack budgets" heading="Budgets">
      {budgets === undefined ? (
        <Skeleton lines={10} label="the budgets" />
      ) : budgets.size === 0 ? (
        <>
          <EmptyState title="There is no budget yet" command="npx meterline apply organisation.yaml">
            A budget watches an account and all below it, and tells, throttles or blocks in the commit that crosses a
            threshold. Create one here, or write it under <code>budgets:</code> in the organisation file, such as{' '}
            <code>{'{ id: web, account: web, amount: 100, thresholds: [{ percent: 80, action: notify }] }'}</code>, and
            apply it.
          </EmptyState>
          <NewBudget />
          <TurnedOff />
        </>
      ) : (
        <Budgets budgets={[...budgets.values()]} />
      )}
    </Page>
  );
}

function NewBudget() {
  return mayOperate(useMe()) ? (
    <Link to="/new-budget" className="button primary budget-new" data-testid="budget-new">
      New budget
    </Link>
  ) : null;
}

/** Budgets that count nothing; they are in no figure above. */
function TurnedOff() {
  const off = (useQuery(budgetsQuery).data ?? []).filter(({ enabled }) => !enabled);
  if (off.length === 0) return null;
  return (
    <p className="note" data-testid="budgets-off">
      Turned off:{' '}
      {off.map(({ id, name }, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <Link to="/budgets/$budgetId/change" params={{ budgetId: id }}>
            {name}
          </Link>
        </span>
      ))}
    </p>
  );
}

const orders: Readonly<Record<BudgetSort, (a: LiveBudget, b: LiveBudget) => number>> = {
  urgency: byUrgency,
  name: (a, b) => a.name.localeCompare(b.name, 'en'),
  used: (a, b) => fillOf(b) - fillOf(a),
  left: (a, b) => compareAmounts(leftOf(a), leftOf(b)),
  spent: (a, b) => compareAmounts(b.balance, a.balance),
};
const sortNames: Readonly<Record<BudgetSort, string>> = {
  urgency: 'most urgent first',
  name: 'by name',
  used: 'fullest first',
  left: 'least left first',
  spent: 'most spent first',
};

function Budgets({ budgets }: { budgets: readonly LiveBudget[] }) {
  const search = useSearch({ from: '/budgets' });
  const navigate = useNavigate();
  const nowMs = useLedgerNow(10_000);
  const accounts = useQuery(accountsQuery).data ?? [];
  const records = useQuery(budgetsQuery).data ?? [];
  const parts = new Set(records.filter(({ scope }) => scope !== undefined).map(({ id }) => id));
  const go = (next: BudgetsSearch): void => void navigate({ to: '/budgets', search: next, replace: true });
  const { search: text = '', state, sort = 'urgency' } = search;
  const { state: _state, ...anyState } = search;
  const { search: _text, ...anyText } = search;
  const is = (budget: LiveBudget, filter: BudgetFilter): boolean =>
    filter === 'warming'
      ? budget.warming === true
      : filter === 'exceeding'
        ? outlookOf(budget, nowMs, undefined).kind === 'exceeds'
        : budget.state === filter;
  const needle = text.toLowerCase();
  const shown = budgets
    .filter((budget) => state === undefined || is(budget, state))
    .filter(({ id, name, account }) =>
      [id, name, ...pathOf(accounts, account).map((each) => each.name)].join(' ').toLowerCase().includes(needle),
    )
    .toSorted((a, b) => orders[sort](a, b) || (a.id < b.id ? -1 : 1));
  return (
    <>
      <PageHead title="Budgets" hint={plural(budgets.length, 'limit')}>
        <FilterPills
          label="State"
          testId="budgets"
          chosen={state}
          choose={(id) => go(id === undefined ? anyState : { ...search, state: id as BudgetFilter })}
          choices={budgetStates
            .map((id) => ({
              id,
              label: id === 'exceeding' ? 'will exceed' : id,
              count: budgets.filter((budget) => is(budget, id)).length,
              tone: id === 'exceeding' ? 'warn' : toneOf(id),
            }))
            .filter(({ count, id }) => count > 0 || id === state)}
        />
        <span className="page-space" />
        <input
          type="search"
          className="field"
          placeholder="Find a budget or account"
          aria-label="Find a budget or account"
          value={text}
          onChange={({ currentTarget: { value } }) => go(value === '' ? anyText : { ...search, search: value })}
        />
        <select
          className="field"
          aria-label="Order"
          value={sort}
          onChange={(event) => go({ ...search, sort: event.currentTarget.value as BudgetSort })}
        >
          {budgetSorts.map((id) => (
            <option key={id} value={id}>
              {sortNames[id]}
            </option>
          ))}
        </select>
        <ExportMenu fileName="budgets" columns={exportColumns} rows={shown.map(exportRow)} />
        <NewBudget />
      </PageHead>
      {shown.length === 0 ? (
        <p className="quiet">
          No budget matches.{' '}
          <button type="button" className="link" onClick={() => go({})}>
            Show all
          </button>
        </p>
      ) : (
        <ul className="budget-rows" aria-label="Budgets">
          {shown.map((budget) => (
            <BudgetRow
              key={budget.id}
              budget={budget}
              path={pathOf(accounts, budget.account)}
              isPart={parts.has(budget.id)}
            />
          ))}
        </ul>
      )}
      <TurnedOff />
      <p className="note">
        Spent is what the rater has committed, to the last digit; a threshold acts in the commit that crosses it. Lasts
        is judged by the forecast to the end of the period where the budget has one, else by the pace of the last
        minute.
      </p>
    </>
  );
}

const exportColumns = [
  'budget', 'name', 'account', 'state', 'spent', 'limit', 'currency', 'meter', 'period_start_ms', 'period_end_ms', 'forecast', 'forecast_low',
  'forecast_high', 'forecast_method', 'crossed',
]; // prettier-ignore

const exportRow = (budget: LiveBudget): string[] => [
  budget.id, budget.name, String(budget.account), budget.state, budget.balance, budget.limit, budget.currency, budget.meter ?? '',
  String(budget.periodStartMs), String(budget.periodEndMs), budget.forecast?.expected ?? '', budget.forecast?.low ?? '', budget.forecast?.high ?? '',
  budget.forecast?.method ?? '', budget.thresholds.filter(({ crossed }) => crossed).map(({ key }) => key).join(' '),
]; // prettier-ignore
