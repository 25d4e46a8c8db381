/** What receivers of alerts are to do, whatever they have missed: by target and account, from committed state. */
import { actionOf, budgetsAt, strongest } from '#core/holds/caps.ts';
import { holdLimits } from '#core/holds/limits.ts';
import type { Cause, DesiredAccount, DesiredTarget } from '#core/messages/checks.ts';
import type { BudgetRecord } from '#core/messages/budget.ts';
import type { Account, Tenant } from '#core/rating/state.ts';

/** Of one target, or of every one that a budget names; where an account is given, what those of it and of all above it say of it. */
export function desiredTargets(tenant: Tenant, target?: string, account?: Account): DesiredTarget[] {
  const budgets =
    account === undefined
      ? [...tenant.master.budgets.values()]
      : account.chain.flatMap(({ record }) => budgetsAt(tenant.master, record.id) ?? []);
  const names = target === undefined ? [...new Set(budgets.flatMap(({ targets }) => targets))].sort() : [target];
  return names.map((name) => {
    const causes = budgets
      .filter(({ targets, enabled }) => enabled && targets.includes(name))
      .flatMap((record) => causeOf(tenant, record));
    const of = account?.record.id;
    const byAccount = [...Map.groupBy(causes, (cause) => of ?? cause.account)].sort(([a], [b]) => a - b);
    const accounts = byAccount.map(([id, why]) => desiredAccount(tenant.master.accounts.get(id)!, why));
    return { target: name, state: strongest(accounts.map(({ state }) => state)), accounts };
  });
}

/** Of the account, whichever targets hear of it. */
export const desiredOf = (tenant: Tenant, account: Account): DesiredAccount =>
  desiredAccount(
    account,
    account.chain.flatMap(({ record }) =>
      (budgetsAt(tenant.master, record.id) ?? [])
        .filter(({ enabled }) => enabled)
        .flatMap((one) => causeOf(tenant, one)),
    ),
  );

const desiredAccount = ({ record: { id, slug } }: Account, why: readonly Cause[]): DesiredAccount => ({
  account: id,
  slug,
  state: strongest(why.map(({ state }) => state)),
  why: why.slice(0, holdLimits.causesMax),
});

function causeOf({ budgetStates }: Tenant, { id, account }: BudgetRecord): Cause[] {
  const state = actionOf(budgetStates.get(id)?.state ?? 'within');
  return state === 'none' ? [] : [{ kind: 'budget', id, account, state }];
}
