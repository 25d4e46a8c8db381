/** The account tree with running charges, rates and budgets. Each parent shows what its children and its own fees and agreements add up to. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { LiveBudget } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { accountsQuery } from '../../api/queries.ts';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { treeLimits, treeRows } from '../../format/accountTree.ts';
import { useLive } from '../../live/hooks.ts';
import { AccountRow } from './AccountRow.tsx';
import { byUrgency } from './budgets.ts';
import { useSimulated } from '../../components/useSimulated.ts';
import './accountTable.css';

export function AccountTable() {
  const accounts = useQuery(accountsQuery);
  const ready = useLive(() => true) === true;
  return (
    <section className="accounts" aria-labelledby="where-it-goes">
      <h2 id="where-it-goes">
        Where it goes <span>charges this month; children and what is its own add up to a parent</span>
      </h2>
      {accounts.error !== null ? (
        <ErrorState error={accounts.error} retry={() => void accounts.refetch()} />
      ) : accounts.data === undefined || !ready ? (
        <Skeleton lines={8} label="the accounts" />
      ) : accounts.data.length === 0 ? (
        <EmptyState title="No accounts yet" command="npx meterline apply examples/northwind.yaml">
          Accounts, prices, budgets and owners are described in one file and applied with one command; applying it again
          changes nothing.
        </EmptyState>
      ) : (
        <Tree accounts={accounts.data} />
      )}
    </section>
  );
}

function Tree({ accounts }: { accounts: readonly AccountRecord[] }) {
  const [toggled, setToggled] = useState<ReadonlySet<number>>(new Set());
  const budgets = useLive((view) => view.budgets);
  const simulated = useSimulated();
  const small = accounts.length <= treeLimits.openAccountsMax;
  const rows = useMemo(
    () => treeRows(accounts, (account, depth) => (small || depth < 1) !== toggled.has(account.id)),
    [accounts, small, toggled],
  );
  const byAccount = useMemo(() => budgetsByAccount(budgets), [budgets]);
  const toggle = (id: number): void => setToggled((known) => known.symmetricDifference(new Set([id])));
  return (
    // Roles are spelled out because narrow screens lay the rows out as grids, which would take them away.
    <table role="table" className="tree" aria-labelledby="where-it-goes">
      <thead role="rowgroup">
        <tr role="row">
          {headings.map(([name, className]) => (
            <th key={name} role="columnheader" scope="col" className={className}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <AccountRow
            key={row.account.id}
            row={row}
            budgets={byAccount.get(row.account.id) ?? noBudgets}
            simulated={simulated.accounts.has(row.account.id)}
            toggle={toggle}
          />
        ))}
      </tbody>
    </table>
  );
}

const headings: readonly [string, string][] = [
  ['Account', ''],
  ['Charged', 'number'],
  ['per hour', 'number'],
  ['Budget', ''],
  ['State', ''],
];

const noBudgets: readonly LiveBudget[] = [];

function budgetsByAccount(
  budgets: ReadonlyMap<string, LiveBudget> | undefined,
): ReadonlyMap<number, readonly LiveBudget[]> {
  return Map.groupBy([...(budgets?.values() ?? [])].sort(byUrgency), (budget) => budget.account);
}
