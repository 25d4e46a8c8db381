/** Pools: one tally for all accounts of a subtree, and what of it fell to each of them (SPEC §5.6). */
import type { AmountPico } from '../money/fixed.ts';
import { splitRows } from '../spend/pool.ts';
import type { Tally, Tenant } from './state.ts';

/** What the rows of one account add up to, in a tally that several share. */
export interface Member {
  quantity: bigint;
  /** In pico. Increments fall to whoever came first: provisional until the period closes. */
  amount: AmountPico;
}

export interface Pool {
  readonly members: Map<number, Member>;
  /** Those that the last commit does not carry yet. */
  readonly fresh: Set<number>;
}

export const emptyPool = (): Pool => ({ members: new Map(), fresh: new Set() });

/** Adds rows of an account that fell on the tally. */
export function addToMember(tally: Tally, account: number, quantity: bigint, amount: AmountPico): void {
  const { members, fresh } = (tally.pool ??= emptyPool());
  const member = members.get(account);
  if (member === undefined) members.set(account, { quantity, amount });
  else {
    member.quantity += quantity;
    member.amount += amount;
  }
  fresh.add(account);
}

/**
 * What each account's rows change by when the period of a pool closes: amounts in pico that add up to 0, by account; none where
 * nothing moves, and for a tally that is no pool. Once these rows are booked it gives none.
 */
export function poolSplit(
  { id, master }: Tenant,
  { entry, pool }: Tally,
): { readonly account: number; readonly amount: AmountPico }[] {
  const price = master.prices.get(entry.price);
  if (pool === undefined || price === undefined) return [];
  const members = [...pool.members].map(([account, { quantity, amount }]) => ({
    // Ids are compared as texts: the lower account first.
    id: String(account).padStart(16, '0'),
    account,
    quantity,
    provisional: amount,
  }));
  const rows = splitRows(`${id}:${entry.id}`, members, price.record.split ?? 'proRata');
  return rows.map(({ account, amount }) => ({ account, amount }));
}
