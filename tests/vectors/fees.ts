/** Fees over time as the product owes them. */
import type { Rational } from '#core/money/fixed.ts';
import { divide, fromScaled, multiply, one, ratio, sign, zero } from '#core/money/rational.ts';
import { changeRows, owed } from '#core/fees/recurring.ts';
import type { Period, RecurringFee } from '#core/fees/records.ts';
import { text } from './price.ts';

/** A fee is kept to 12 decimals; it is put in millionths of the figure, so that all decimals of a share show. */
const millionths = ratio(1_000_000n);
const shown = (pico: bigint): Rational => divide(fromScaled(pico, 12), millionths);

export interface FeeTerms {
  readonly fromMs: number;
  readonly toMs?: number;
  /** The day of the end is the next fee's. */
  readonly handedOver?: boolean;
  readonly quantity?: Rational;
  readonly inAdvance?: boolean;
  readonly zone?: string;
}

const feeOf = (
  amount: Rational,
  { fromMs, toMs, handedOver, quantity, inAdvance, zone = 'UTC' }: FeeTerms,
): RecurringFee => ({
  id: 'vector',
  currency: 'EUR',
  terms: inAdvance === true ? 'advance' : 'arrears',
  proration: 'day',
  onDecrease: 'credit',
  timeZone: zone,
  term: { fromMs, toMs: toMs ?? null, pauses: [], ...(handedOver === true && { handedOver }) },
  amounts: [{ fromMs, amount: text(multiply(amount, millionths)) }],
  quantities: [{ fromMs, quantity: text(quantity ?? one) }],
});

/** What a fee of so much a period owes for the days of the period that it is in force. */
export const feeOwed = (amount: Rational, period: Period, terms: FeeTerms): Rational =>
  shown(owed(feeOf(amount, terms), period));

/** What is credited when a fee that was paid in advance ends early and another goes on. */
export function creditedAtHandover(amount: Rational, period: Period, atMs: number, zone: string): Rational {
  const before = feeOf(amount, { fromMs: period.startMs, inAdvance: true, zone });
  const after = feeOf(amount, { fromMs: period.startMs, toMs: atMs, handedOver: true, inAdvance: true, zone });
  return shown(-changeRows(before, after, period, atMs).reduce((total, row) => total + row.amount, 0n));
}

const dayMs = 86_400_000;

/** A fee that is in force for some of the days of a period of so many. */
export function feeOfDays(amount: Rational, days: Rational, of: Rational, quantity = one): Rational {
  if (days.denominator !== 1n || of.denominator !== 1n) throw new RangeError('days are counted whole');
  if (sign(of) <= 0) throw new RangeError('a period has at least a day');
  if (sign(days) === 0) return zero;
  const at = (count: Rational) => Number(count.numerator) * dayMs;
  return feeOwed(amount, { startMs: 0, endMs: at(of) }, { fromMs: 0, toMs: at(days), quantity });
}
