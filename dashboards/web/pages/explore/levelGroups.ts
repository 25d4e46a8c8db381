/**
 * Groups as the page shows them. The store groups charges by the account that owns the row; people read a tree, so here
 * the groups of a subtree are added up to the children of the account being looked at. Sums are exact.
 */
import type { Explore, ExploreDimension, ExploreGroup } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { pathOf } from '../../format/accountTree.ts';
import { compareAmounts, sumAmounts } from '../../format/money.ts';

export interface LevelGroup {
  readonly key: string;
  readonly amount: string;
  readonly samples: number;
  /** What was used, where all of it is in one unit; else both are "". */
  readonly quantity: string;
  readonly unit: string;
  /** The charges of the account itself, beside its children: there is no level below them. */
  readonly own: boolean;
}

/** Largest first. `scope` is the account looked at; undefined for the whole tenant. */
export function levelGroups(
  answer: Explore,
  by: ExploreDimension,
  accounts: readonly AccountRecord[],
  scope: AccountRecord | undefined,
): LevelGroup[] {
  if (by !== 'account')
    return answer.groups.map((group) => ({
      key: group.key[0] ?? '',
      amount: group.amount,
      samples: group.samples,
      quantity: group.quantity,
      unit: group.unit,
      own: false,
    }));
  const shown = Map.groupBy(answer.groups, (group) => shownAccount(group, accounts, scope));
  return [...shown]
    .map(([key, groups]) => ({
      key,
      amount: sumAmounts(groups.map((group) => group.amount)),
      samples: groups.reduce((sum, group) => sum + group.samples, 0),
      ...usedBy(groups),
      own: key === String(levelParent(accounts, scope)?.id),
    }))
    .sort((a, b) => compareAmounts(b.amount, a.amount));
}

function usedBy(groups: readonly ExploreGroup[]): Pick<LevelGroup, 'quantity' | 'unit'> {
  const unit = groups[0]?.unit ?? '';
  if (unit === '' || groups.some((group) => group.unit !== unit)) return { quantity: '', unit: '' };
  return { quantity: sumAmounts(groups.map((group) => group.quantity)), unit };
}

/** The account whose children are listed: the one looked at, or the tenant's only root. */
function levelParent(accounts: readonly AccountRecord[], scope: AccountRecord | undefined): AccountRecord | undefined {
  if (scope !== undefined) return scope;
  const roots = accounts.filter((account) => account.parent === 0);
  return roots.length === 1 ? roots[0] : undefined;
}

export function shownAccount(
  group: Pick<ExploreGroup, 'key'>,
  accounts: readonly AccountRecord[],
  scope: AccountRecord | undefined,
  level = 0,
): string {
  const id = Number(group.key[level]);
  const path = pathOf(accounts, id);
  const parent = levelParent(accounts, scope);
  const at = parent === undefined ? -1 : path.findIndex((account) => account.id === parent.id);
  return String((path[at + 1] ?? path[at])?.id ?? id);
}
