/** Discounts above the price: percent, amount, by volume of spend or quantity; numbered, limited, with exclusions. */
import { allocate } from '../money/allocate.ts';
import { formatAmount, parseAmount, type AmountPico } from '../money/fixed.ts';
import type { Period } from '../fees/records.ts';
import { assertSound } from '../fees/problems.ts';
import { checkDiscounts, type Discount } from './discountRecords.ts';
import { reduction } from './reduction.ts';
import { byText, isWithin, total, type NodeRow, type Parents, type SpendLine } from './lines.ts';

/** What a discount has used up before the period, by its id; nothing when absent. */
export type DiscountUse = ReadonlyMap<string, { readonly periods: number; readonly taken: AmountPico }>;

export interface DiscountRow extends NodeRow {
  /** Which lines it took from, by id; for documents and drill-down, the lines' own rows stay. They add up to the row. */
  readonly shares: readonly { readonly line: string; readonly amount: AmountPico }[];
}

export interface Discounted {
  readonly rows: readonly DiscountRow[];
  /** The lines with what is left of them as net. */
  readonly lines: readonly SpendLine[];
}

/**
 * Takes the discounts in the order of their numbers off the lines of a period. A pure function of the lines: while the
 * period is open increments are differences of two results; `useAfter` moves the use on at close. No line falls below 0.
 */
export function applyDiscounts(
  lines: readonly SpendLine[],
  discounts: readonly Discount[],
  use: DiscountUse,
  parents: Parents,
  period: Period,
): Discounted {
  assertSound('discounts', discounts, checkDiscounts);
  const left = lines.toSorted((a, b) => byText(a.id, b.id));
  const twice = left.find(({ id }, index) => left[index + 1]?.id === id);
  if (twice !== undefined) throw new RangeError(`line ${twice.id} is given twice`);
  const rows: DiscountRow[] = [];
  const ordered = discounts.toSorted((a, b) => a.order - b.order);
  for (const discount of ordered) {
    const isBarred = rows.some(({ by }) => discount.notWith?.includes(by));
    if (isBarred || !isInForce(discount, use, period)) continue;
    const own = left.flatMap((line, index) => (line.net > 0n && isTaken(line, discount, parents) ? [index] : []));
    if (own.length === 0) continue;
    const weights = own.map((index) => left[index]!.net);
    const {
      amount: wanted,
      label,
      rate,
    } = reduction(
      discount,
      own.map((index) => left[index]!),
    );
    const room = [wanted, total(weights), ...limitsOf(discount, use)].reduce((a, b) => (a < b ? a : b));
    if (room <= 0n) continue;
    const parts = allocate(room, weights);
    own.forEach((index, part) => {
      left[index] = { ...left[index]!, net: left[index]!.net - parts[part]! };
    });
    rows.push({
      by: discount.id,
      account: discount.account,
      reason: 'discount',
      amount: -room,
      shares: own.map((index, part) => ({ line: left[index]!.id, amount: -parts[part]! })),
      step: { label, quantity: '', unitPrice: rate, amount: formatAmount(-room) },
    });
  }
  return { rows, lines: left };
}

/** The use after a period is closed with these rows. A period counts when the discount took something in it. */
export function useAfter(use: DiscountUse, rows: readonly DiscountRow[]): DiscountUse {
  const after = new Map(use);
  for (const { by, amount } of rows) {
    const before = after.get(by) ?? { periods: 0, taken: 0n };
    after.set(by, { periods: before.periods + 1, taken: before.taken - amount });
  }
  return after;
}

function isInForce(discount: Discount, use: DiscountUse, period: Period): boolean {
  const { fromMs, toMs, duration } = discount;
  if (fromMs >= period.endMs || (toMs !== null && toMs <= period.startMs)) return false;
  const periods = use.get(discount.id)?.periods ?? 0;
  return duration.kind === 'forever' || periods < (duration.kind === 'once' ? 1 : duration.count);
}

function limitsOf(discount: Discount, use: DiscountUse): AmountPico[] {
  const limits: AmountPico[] = [];
  if (discount.maximum !== undefined) limits.push(parseAmount(discount.maximum)!);
  if (discount.maximumTotal !== undefined)
    limits.push(parseAmount(discount.maximumTotal)! - (use.get(discount.id)?.taken ?? 0n));
  return limits;
}

/** Whether a discount is of the line. */
export function isTaken(
  line: Pick<SpendLine, 'account' | 'service' | 'component' | 'price'>,
  { account, only, except }: Pick<Discount, 'account' | 'only' | 'except'>,
  parents: Parents,
): boolean {
  if (!isWithin(line.account, account, parents)) return false;
  const matches = (items: Discount['only'], whenAbsent: boolean): boolean =>
    items === undefined
      ? whenAbsent
      : (items.services?.includes(line.service) ?? false) ||
        (items.components?.includes(line.component) ?? false) ||
        (items.prices?.includes(line.price) ?? false);
  return matches(only, true) && !matches(except, false);
}
