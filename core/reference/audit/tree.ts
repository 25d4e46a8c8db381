/** TREE and CONSERVE over what the log says, after its last commit. */
import type { AccountRecord } from '../../messages/control.ts';
import type { BalanceEntry } from '../../messages/rated.ts';
import { text, zero, type Exact } from '../number.ts';
import type { State } from '../state.ts';
import type { Faults } from './faults.ts';
import type { Fold } from './fold.ts';
import { numberIn } from './rowText.ts';

interface Node {
  total: Exact;
  /** Its own rows and its children's totals. */
  parts: Exact;
  /** Whether only all months together can be compared. */
  readonly isMixed: boolean;
}

const allMonths = 'all months';

/** A node's total = its own + Σ its children's, per currency, for each month where zones agree and for all months together. */
export function checkTree({ balances }: Fold, state: State, faults: Faults): number {
  const nodes = new Map<string, Node>();
  const nodeOf = (entry: BalanceEntry, account: number, period: string): Node => {
    const key = `${entry.tenant} ${account} ${entry.currency} ${period}`;
    const isMixed = period !== allMonths && hasChildElsewhere(state.tenants.get(entry.tenant)?.accounts, account);
    const node = nodes.get(key) ?? { total: zero, parts: zero, isMixed };
    nodes.set(key, node);
    return node;
  };
  for (const entry of balances.values()) {
    const parent = state.tenants.get(entry.tenant)?.accounts.get(entry.account)?.parent ?? 0;
    for (const period of [allMonths, String(entry.periodStartMs)]) {
      const node = nodeOf(entry, entry.account, period);
      node.total = node.total.plus(numberIn(entry.total));
      node.parts = node.parts.plus(numberIn(entry.own));
      if (parent !== 0)
        nodeOf(entry, parent, period).parts = nodeOf(entry, parent, period).parts.plus(numberIn(entry.total));
    }
  }
  for (const [key, { total, parts, isMixed }] of nodes) {
    if (isMixed || total.eq(parts)) continue;
    faults.add(
      'TREE',
      `balance of ${key} is ${text(total)}, its own and its children's are ${text(parts)}`,
      total.minus(parts),
    );
  }
  return nodes.size;
}

/** A child in another zone has other months. */
function hasChildElsewhere(accounts: ReadonlyMap<number, AccountRecord> = new Map(), id: number): boolean {
  const timeZone = accounts.get(id)?.timeZone;
  return [...accounts.values()].some((account) => account.parent === id && account.timeZone !== timeZone);
}

/** received = rated + duplicates + refused, in samples and in batches, per producer and in total. */
export function checkConserve(fold: Fold, state: State, faults: Faults): void {
  for (const [who, { samples, batches }] of [...fold.producers, ['the partition', state] as const]) {
    for (const { received, rated, duplicates, refused } of [samples, batches]) {
      if (received === rated + duplicates + refused) continue;
      faults.add(
        'CONSERVE',
        `${who}: received ${received}, rated ${rated}, duplicates ${duplicates}, refused ${refused}`,
      );
    }
  }
}
