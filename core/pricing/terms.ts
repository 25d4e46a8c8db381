/** What is taken off a charge: a percentage, and what lies above a maximum. */
import type { PriceRecord } from '../messages/price.ts';
import type { ExplainStep } from '../messages/api.ts';
import { divideRounded, type AmountPico, type Rational } from '../money/fixed.ts';
import type { Linear, Piece } from './compiled.ts';
import { compare, one, zero } from '../money/rational.ts';
import { percentage, rational, toPico } from './exact.ts';
import { step } from './leaf.ts';

export interface Terms {
  /** The charge after discount and maximum. */
  apply(listed: AmountPico): AmountPico;
  /** The steps that take `listed` there; none where nothing is taken off. */
  explain(listed: AmountPico): ExplainStep[];
  /** The same for a charge given in pieces, where it is exactly the same; else undefined. */
  onPieces(linear: Linear): Linear | undefined;
}

/** Each of the two is one step, rounded once, half-even, and negative; neither takes more than there is. */
export function termsOf(record: Pick<PriceRecord, 'discountPercent' | 'maximum'>): Terms {
  const discount = record.discountPercent === undefined ? zero : percentage(record.discountPercent);
  if (compare(discount, one) > 0) throw new RangeError(`a discount of ${record.discountPercent} % is more than all`);
  const maximum = record.maximum === undefined ? undefined : toPico(rational(record.maximum));
  const hasDiscount = discount.numerator > 0n;
  const discountOn = (listed: AmountPico) =>
    hasDiscount ? divideRounded(listed * discount.numerator, discount.denominator, 'halfEven') : 0n;
  const excessOf = (net: AmountPico) => (maximum !== undefined && net > maximum ? net - maximum : 0n);
  return {
    apply(listed) {
      const net = hasDiscount ? listed - discountOn(listed) : listed;
      return maximum !== undefined && net > maximum ? maximum : net;
    },
    explain(listed) {
      const off = discountOn(listed);
      const excess = excessOf(listed - off);
      const steps: ExplainStep[] = [];
      if (off !== 0n) steps.push(step(`discount of ${record.discountPercent} %`, '', '', -off));
      if (excess !== 0n) steps.push(step(`above the maximum of ${record.maximum}`, '', '', -excess));
      return steps;
    },
    onPieces(linear) {
      const discounted = hasDiscount ? discountPieces(linear.pieces, discount) : linear.pieces;
      if (discounted === undefined) return undefined;
      const pieces = maximum === undefined ? discounted : discounted.flatMap((piece) => cutPiece(piece, maximum));
      return { stretch: linear.stretch, pieces };
    },
  };
}

/** Exact only where no amount in the pieces and no discount on it is ever rounded, or where all is taken off. */
function discountPieces(pieces: readonly Piece[], discount: Rational): readonly Piece[] | undefined {
  const { numerator, denominator } = discount;
  if (numerator === denominator) return [];
  const isWhole = ({ base, factor, divisor }: Piece) =>
    divisor === 1n && (base * numerator) % denominator === 0n && (factor * numerator) % denominator === 0n;
  if (!pieces.every(isWhole)) return undefined;
  const net = (amount: bigint) => amount - (amount * numerator) / denominator;
  return pieces.map((piece) => ({ ...piece, base: net(piece.base), factor: net(piece.factor) }));
}

/** A piece never falls, so from the last x at which it is not above the maximum it is the maximum. */
function cutPiece(piece: Piece, maximum: AmountPico): Piece[] {
  const { from, upTo, origin, factor, divisor, base } = piece;
  const capped = (above: bigint): Piece => ({ from: above, upTo, origin: 0n, factor: 0n, divisor: 1n, base: maximum });
  if (base > maximum) return [capped(from)];
  if (factor === 0n) return [piece];
  // Up to here the exact amount is at most the maximum; beyond, it is rounded to the maximum or above.
  const last = origin + ((maximum - base) * divisor) / factor;
  if (upTo !== null && last >= upTo) return [piece];
  if (last <= from) return [capped(from)];
  return [{ ...piece, upTo: last }, capped(last)];
}
