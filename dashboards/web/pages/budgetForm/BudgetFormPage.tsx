/** "New budget" and "Change": loads what the form needs, and shows it to operators. */
import '@mantine/core/styles/Input.css';
import '@mantine/core/styles/Combobox.css';
import '@mantine/core/styles/Pill.css';
import '@mantine/core/styles/PillsInput.css';
import '@mantine/core/styles/CloseButton.css';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { accountsQuery, budgetsQuery, metersQuery } from '../../api/queries.ts';
import { mayOperate, useMe } from '../../app/session.tsx';
import { Page } from '../../components/Page.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { BudgetForm } from './BudgetForm.tsx';
import { draftOf, emptyDraft } from './draft.ts';
import { unitOf } from './units.ts';
import '../../components/path.css';
import '../../budgets/budgetDrawer.css';
import '../../budgets/releaseForm.css';
import './budgetForm.css';

export function NewBudgetPage() {
  const { account = '' } = useSearch({ from: '/new-budget' });
  return <FormPage id={undefined} account={account} />;
}

export function ChangeBudgetPage() {
  const { budgetId } = useParams({ from: '/budgets/$budgetId/change' });
  return <FormPage key={budgetId} id={budgetId} account="" />;
}

function FormPage({ id, account }: { id: string | undefined; account: string }) {
  const me = useMe();
  const accounts = useQuery(accountsQuery);
  const meters = useQuery(metersQuery);
  const budgets = useQuery(budgetsQuery);
  const failed = [accounts, meters, budgets].find(({ data, error }) => error !== null && data === undefined);
  const record = budgets.data?.find((budget) => budget.id === id);
  const slug = accounts.data?.find((one) => one.id === record?.account)?.slug;
  return (
    <Page className="stack budget-form-main">
      <header className="budget-form-head">
        <nav className="path" aria-label="Where the budget is">
          <ol>
            <li>
              <Link to="/budgets">Budgets</Link>
            </li>
            {record !== undefined && (
              <li>
                <Link to="/budgets/$budgetId" params={{ budgetId: record.id }}>
                  {record.name}
                </Link>
              </li>
            )}
          </ol>
        </nav>
        <h1>{id === undefined ? 'New budget' : `Change ${record?.name ?? id}`}</h1>
      </header>
      {!mayOperate(me) ? (
        <EmptyState title="Operators create and change budgets">You are signed in as {me.role}.</EmptyState>
      ) : failed !== undefined ? (
        <ErrorState error={failed.error} retry={() => void failed.refetch()} />
      ) : accounts.data === undefined || meters.data === undefined || budgets.data === undefined ? (
        <Skeleton lines={10} label="the form" />
      ) : id === undefined ? (
        <BudgetForm first={emptyDraft(account, me.tenant.currency)} meters={meters.data} record={undefined} />
      ) : record === undefined ? (
        <EmptyState title="There is no such budget" command="npx meterline budget list">
          The address may have been mistyped.
        </EmptyState>
      ) : (
        <BudgetForm
          first={draftOf(
            record,
            slug ?? '',
            unitOf(
              meters.data.find(({ id: meter }) => meter === record.meter),
              record,
            ),
          )}
          meters={meters.data}
          record={record}
        />
      )}
    </Page>
  );
}
