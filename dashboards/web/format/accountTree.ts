/** The account tree as rows of a table, in a stable order: figures move, rows do not. */
import type { AccountRecord } from '#core/messages/control.ts';

export interface TreeRow {
  readonly account: AccountRecord;
  readonly depth: number;
  readonly hasChildren: boolean;
  readonly expanded: boolean;
}

export const treeLimits = {
  /** Trees larger than this start with their third level closed. */
  openAccountsMax: 40,
} as const;

export const rootsOf = (accounts: readonly AccountRecord[]): readonly AccountRecord[] =>
  accounts.filter((account) => account.parent === 0);

/** Visible rows: parents before children, by id, suspense last among its siblings. */
export function treeRows(
  accounts: readonly AccountRecord[],
  isOpen: (account: AccountRecord, depth: number) => boolean,
): TreeRow[] {
  const children = Map.groupBy(accounts, (account) => account.parent);
  const rows: TreeRow[] = [];
  const visit = (parent: number, depth: number): void => {
    const siblings = (children.get(parent) ?? []).toSorted(
      (a, b) => Number(a.type === 'suspense') - Number(b.type === 'suspense') || a.id - b.id,
    );
    for (const account of siblings) {
      const hasChildren = children.has(account.id);
      const expanded = hasChildren && isOpen(account, depth);
      rows.push({ account, depth, hasChildren, expanded });
      if (expanded) visit(account.id, depth + 1);
    }
  };
  visit(0, 0);
  return rows;
}

/** From the root down to the account itself. */
export function pathOf(accounts: readonly AccountRecord[], id: number): readonly AccountRecord[] {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const path: AccountRecord[] = [];
  for (let at = byId.get(id); at !== undefined && path.length <= accounts.length; at = byId.get(at.parent))
    path.unshift(at);
  return path;
}
