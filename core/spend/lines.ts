/** What a node is charged in a period, before and after what it has agreed on; and the rows that it carries itself. */
import type { ExplainStep } from '../messages/api.ts';
import type { AmountPico } from '../money/fixed.ts';

/** The charge of one tally (or of a part of it) in the period and currency that are looked at. */
export interface SpendLine {
  /** Stable: ties are settled by it. */
  readonly id: string;
  readonly account: number;
  readonly service: string;
  readonly component: string;
  readonly price: string;
  /** "" for none. */
  readonly plan: string;
  readonly contract: string;
  /** Priced units at 12 decimals, for discounts by quantity. */
  readonly quantity: bigint;
  /** By the price list: what the rows of the account say. */
  readonly list: AmountPico;
  /** After discounts and caps so far. */
  readonly net: AmountPico;
  /** What was committed to is owed whatever a maximum says: it counts for minimums alone. */
  readonly isCommitted?: boolean;
}

export type NodeReason =
  'discount' | 'cap' | 'minimum' | 'commitmentRate' | 'overage' | 'prepayment' | 'drawdown' | 'trueUp' | 'split';

/**
 * A row that a node carries itself: children keep their list-price rows, so the node's balance is still the sum of its
 * children and its own rows (TREE). `by` names the record that made it.
 */
export interface NodeRow {
  readonly by: string;
  readonly account: number;
  readonly reason: NodeReason;
  readonly amount: AmountPico;
  readonly step: ExplainStep;
}

/** The account tree: parent by account, 0 or absent for a root. */
export type Parents = ReadonlyMap<number, number>;

/** Levels of an account tree; more is a cycle. */
export const treeDepthMax = 64;

/** Whether an account is the node or lies below it. Throws RangeError when the parents go in a circle. */
export function isWithin(account: number, node: number, parents: Parents): boolean {
  let at: number | undefined = account;
  for (let depth = 0; depth <= treeDepthMax; depth += 1) {
    if (at === node) return true;
    if (at === undefined || at === 0) return false;
    at = parents.get(at);
  }
  throw new RangeError(`account ${account} has more than ${treeDepthMax} ancestors, or they go in a circle`);
}

/** Levels above an account. */
export function depthOf(account: number, parents: Parents): number {
  let depth = 0;
  for (let at = parents.get(account); at !== undefined && at !== 0; at = parents.get(at)) {
    depth += 1;
    if (depth > treeDepthMax) throw new RangeError(`the ancestors of account ${account} go in a circle`);
  }
  return depth;
}

export const total = (amounts: readonly AmountPico[]): AmountPico => amounts.reduce((sum, amount) => sum + amount, 0n);

/** By code unit, so that every machine sorts alike. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What is remembered of a row. */
export type BookedRow = Pick<NodeRow, 'by' | 'account' | 'reason' | 'amount'>;

export const rowKey = (row: BookedRow): string => JSON.stringify([row.by, row.account, row.reason]);

/**
 * Rows that turn what was booked into what holds now: a row's increment is the difference of two results, as for any charge.
 * Rows are told apart by record, account and reason.
 */
export function differenceRows<Row extends BookedRow>(before: readonly Row[], after: readonly Row[]): Row[] {
  const booked = new Map<string, AmountPico>();
  for (const row of before) booked.set(rowKey(row), (booked.get(rowKey(row)) ?? 0n) + row.amount);
  const rows: Row[] = [];
  for (const row of after) {
    const amount = row.amount - (booked.get(rowKey(row)) ?? 0n);
    booked.delete(rowKey(row));
    if (amount !== 0n) rows.push({ ...row, amount });
  }
  for (const row of before) {
    const amount = booked.get(rowKey(row)) ?? 0n;
    booked.delete(rowKey(row));
    if (amount !== 0n) rows.push({ ...row, amount: -amount });
  }
  return rows;
}
