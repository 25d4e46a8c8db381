import { useQuery } from '@tanstack/react-query';
import { accountsQuery } from '../../api/queries.ts';
import { rootsOf } from '../../format/accountTree.ts';
import { sumAmounts } from '../../format/money.ts';
import { useLive } from '../../live/hooks.ts';

export interface Totals {
  readonly total: string;
  readonly perHour: string;
  readonly roots: readonly number[];
}

/** The tenant's total is the sum of its roots; undefined until both the tree and the figures are there. */
export function useTotals(): Totals | undefined {
  const accounts = useQuery(accountsQuery).data;
  const balances = useLive((view) => view.balances);
  if (accounts === undefined || balances === undefined) return undefined;
  const roots = rootsOf(accounts).map((account) => account.id);
  return {
    roots,
    total: sumAmounts(roots.map((id) => balances.get(id)?.total ?? '0')),
    perHour: sumAmounts(roots.map((id) => balances.get(id)?.perHour ?? '0')),
  };
}
