/** Leaves that are piecewise linear in the quantity: what they share. */
import type { ExplainStep } from '../messages/api.ts';
import { divideRounded, type AmountPico, type Rational } from '../money/fixed.ts';
import type { Piece } from './compiled.ts';
import { compare, multiply, zero } from '../money/rational.ts';
import { decimalText, inPico, rational, toPico } from './exact.ts';
import { step, type Leaf, type LeafDraft, type Units } from './leaf.ts';

/** What is charged from `from` (exclusive) up to and with `upTo` (null: open), in billable priced units. */
export interface Bracket {
  readonly from: Rational;
  readonly upTo: Rational | null;
  readonly unitPrice: Rational;
  /** Owed once the bracket is entered. */
  readonly flat: Rational;
  readonly label: string;
  /** "above 100", for people; "" where there is but one bracket. */
  readonly span: string;
}

/** `inside`: each bracket prices what lies inside it. `whole`: the one that holds the quantity prices all of it, alone. */
export type Reach = 'inside' | 'whole';

/** Each bracket's step and each flat is rounded once. Order-free. */
export function bracketLeaf(brackets: readonly Bracket[], reach: Reach): LeafDraft {
  const bounds = brackets.flatMap(({ from, upTo }) => (upTo === null ? [from] : [from, upTo]));
  return {
    bounds,
    build(units: Units): Leaf {
      const pieces = piecesOf(brackets, reach, units);
      // What falls is left to the charge: pieces are for what only grows.
      const falls = pieces.some(({ factor }) => factor < 0n);
      return {
        order: 'free',
        ...(falls ? {} : { pieces }),
        charge: (billable) => chargeOf(pieces, billable),
        explain: (billable) => explain(brackets, pieces, reach, billable, units),
      };
    },
  };
}

/** Brackets of a tier list: each begins where the one before ends, and the last is open. Throws RangeError where they do not. */
export function tierBrackets<Tier extends { readonly upTo: string | null }>(
  tiers: readonly Tier[],
  priceOf: (tier: Tier) => Pick<Bracket, 'unitPrice' | 'flat'>,
): Bracket[] {
  if (tiers.length === 0) throw new RangeError('a list of tiers is empty');
  let from = zero;
  return tiers.map((tier, index): Bracket => {
    const upTo = tier.upTo === null ? null : rational(tier.upTo);
    if ((upTo === null) !== (index === tiers.length - 1)) throw new RangeError('the last tier, and no other, is open');
    // Bounds of a part of a period may come to lie upon one another.
    if (upTo !== null && compare(from, upTo) > 0) throw new RangeError(`tier ${index + 1} ends before it begins`);
    const bracket = {
      from,
      upTo,
      label: tiers.length === 1 ? 'all' : `tier ${index + 1}`,
      span: spanText(from, upTo),
      ...priceOf(tier),
    };
    from = upTo ?? from;
    return bracket;
  });
}

/** "up to 100", "100 to 500", "above 500". */
function spanText(from: Rational, upTo: Rational | null): string {
  if (upTo === null) return from.numerator === 0n ? '' : `above ${decimalText(from)}`;
  return from.numerator === 0n ? `up to ${decimalText(upTo)}` : `${decimalText(from)} to ${decimalText(upTo)}`;
}

/** The amount of a charge given in pieces, for x in the integers that they are in. */
export function chargeOf(pieces: readonly Piece[], x: bigint): AmountPico {
  for (const piece of pieces) {
    if (piece.upTo !== null && x > piece.upTo) continue;
    return x <= piece.from ? 0n : amountIn(piece, x);
  }
  return 0n;
}

function amountIn({ origin, factor, divisor, base }: Piece, x: bigint): AmountPico {
  if (divisor === 1n) return base + (x - origin) * factor;
  return base + divideRounded((x - origin) * factor, divisor, 'halfEven');
}

function piecesOf(brackets: readonly Bracket[], reach: Reach, units: Units): Piece[] {
  let before = 0n;
  return brackets.map((bracket): Piece => {
    const from = units.scaled(bracket.from);
    const upTo = bracket.upTo === null ? null : units.scaled(bracket.upTo);
    const rate = inPico(multiply(bracket.unitPrice, units.each));
    const piece = {
      from,
      upTo,
      origin: reach === 'inside' ? from : 0n,
      factor: rate.numerator,
      divisor: rate.denominator,
      base: toPico(bracket.flat) + before,
    };
    if (reach === 'inside' && upTo !== null) before = amountIn(piece, upTo);
    return piece;
  });
}

function explain(
  brackets: readonly Bracket[],
  pieces: readonly Piece[],
  reach: Reach,
  billable: bigint,
  units: Units,
): ExplainStep[] {
  return brackets.flatMap((bracket, index) => {
    const piece = pieces[index]!;
    const isBeyond = piece.upTo !== null && billable > piece.upTo;
    if (billable <= piece.from || (reach === 'whole' && isBeyond)) return [];
    const quantity = (isBeyond ? piece.upTo! : billable) - piece.origin;
    const priced = divideRounded(quantity * piece.factor, piece.divisor, 'halfEven');
    const flat = toPico(bracket.flat);
    const steps: ExplainStep[] = [];
    const label = bracket.span === '' ? bracket.label : `${bracket.label}, ${bracket.span}`;
    const isFlatAlone = bracket.unitPrice.numerator === 0n && flat !== 0n;
    if (!isFlatAlone) steps.push(step(label, units.text(quantity), bracket.unitPrice, priced));
    if (flat !== 0n) steps.push(step(isFlatAlone ? label : `${bracket.label}, flat`, '', '', flat));
    return steps;
  });
}
