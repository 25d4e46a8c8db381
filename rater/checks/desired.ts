/** What receivers of alerts are to do, whatever they have missed: by target and account, from committed state. */
import { actionOf, budgetsAt, strongest, walletAction } from '#core/holds/caps.ts';
import { holdLimits } from '#core/holds/limits.ts';
import type { Cause, DesiredAccount, DesiredTarget } from '#core/messages/checks.ts';
import type { BudgetRecord } from '#core/messages/budget.ts';
import type { WalletRecord } from '#core/messages/credit.ts';
import type { Account, Tenant } from '#core/rating/state.ts';

/** A budget or wallet that may ask something of receivers, and what it asks now. */
interface Asking {
  readonly targets: readonly string[];
  readonly cause: Cause;
}

/** Of one target, or of every one that is named; where an account is given, what those of it and of all above it say of it. */
export function desiredTargets(tenant: Tenant, target?: string, account?: Account): DesiredTarget[] {
  const asking = account === undefined ? askingIn(tenant) : askingAbove(tenant, account);
  const names = target === undefined ? [...new Set(asking.flatMap(({ targets }) => targets))].sort() : [target];
  return names.map((name) => {
    const causes = asking.filter(({ targets, cause }) => targets.includes(name) && cause.state !== 'none');
    const of = account?.record.id;
    const byAccount = Map.groupBy(causes, ({ cause }) => of ?? cause.account);
    const accounts = [...byAccount]
      .sort(([a], [b]) => a - b)
      .map(([id, all]) => desiredAccount(tenant.master.accounts.get(id)!, all));
    return { target: name, state: strongest(accounts.map(({ state }) => state)), accounts };
  });
}

/** Of the account, whichever targets hear of it. */
export const desiredOf = (tenant: Tenant, account: Account): DesiredAccount =>
  desiredAccount(
    account,
    askingAbove(tenant, account).filter(({ cause }) => cause.state !== 'none'),
  );

function desiredAccount({ record: { id, slug } }: Account, asking: readonly Asking[]): DesiredAccount {
  const why = asking.map(({ cause }) => cause);
  return {
    account: id,
    slug,
    state: strongest(why.map(({ state }) => state)),
    why: why.slice(0, holdLimits.causesMax),
  };
}

const askingIn = (tenant: Tenant): Asking[] => [
  ...[...tenant.master.budgets.values()].map((record) => ofBudget(tenant, record)),
  ...[...tenant.master.credits.wallets.values()].map((record) => ofWallet(tenant, record)),
];

function askingAbove(tenant: Tenant, { chain }: Account): Asking[] {
  const path = new Set(chain.map(({ record }) => record.id));
  const { credits } = tenant.master;
  const wallets =
    credits.wallets.size === 0 ? [] : [...credits.wallets.values()].filter(({ account }) => path.has(account));
  return [
    ...chain
      .flatMap(({ record }) => budgetsAt(tenant.master, record.id) ?? [])
      .map((record) => ofBudget(tenant, record)),
    ...wallets.map((record) => ofWallet(tenant, record)),
  ];
}

function ofBudget({ budgetStates }: Tenant, { id, account, targets, enabled }: BudgetRecord): Asking {
  const state = enabled ? actionOf(budgetStates.get(id)?.state ?? 'within') : 'none';
  return { targets, cause: { kind: 'budget', id, account, state } };
}

function ofWallet({ credits }: Tenant, record: WalletRecord): Asking {
  const { id, account, targets } = record;
  const state = walletAction(record, credits?.wallets.get(id)?.state ?? 'covered');
  return { targets, cause: { kind: 'wallet', id, account, state } };
}
