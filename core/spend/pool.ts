/** A tally wider than an account: increments fall to whoever's sample came first, and are shared out at close. */
import { allocate } from '../money/allocate.ts';
import { formatAmount, type AmountPico } from '../money/fixed.ts';
import { byText, total, type NodeRow } from './lines.ts';

/** What one member of a wide tally used, and what its rows have charged it provisionally. */
export interface PoolMember {
  /** Stable: ties of a split go to the lower. */
  readonly id: string;
  readonly account: number;
  readonly quantity: bigint;
  readonly provisional: AmountPico;
}

/**
 * The zero-sum rows of a close. `proRata`: each member owes its share of the charge by quantity, largest remainder; `asArrived`:
 * what fell to it stays. With no quantity at all nothing moves.
 */
export function splitRows(tally: string, members: readonly PoolMember[], split: 'proRata' | 'asArrived'): NodeRow[] {
  const ordered = members.toSorted((a, b) => byText(a.id, b.id));
  ordered.forEach(({ id, quantity }, index) => {
    if (quantity < 0n) throw new RangeError(`member ${id} of ${tally} has a quantity of ${quantity}, not 0 or more`);
    if (ordered[index + 1]?.id === id) throw new RangeError(`member ${id} of ${tally} is given twice`);
  });
  if (split === 'asArrived' || ordered.every(({ quantity }) => quantity === 0n)) return [];
  const shares = allocate(
    total(ordered.map(({ provisional }) => provisional)),
    ordered.map(({ quantity }) => quantity),
  );
  return ordered.flatMap(({ account, provisional, quantity }, index) => {
    const amount = shares[index]! - provisional;
    if (amount === 0n) return [];
    const step = {
      label: 'share by quantity',
      quantity: quantity.toString(),
      unitPrice: '',
      amount: formatAmount(amount),
    };
    return [{ by: tally, account, reason: 'split' as const, amount, step }];
  });
}
