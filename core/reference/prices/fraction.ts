/** Exact fractions of bigints, in lowest terms: the arithmetic of a charge, in which nothing is lost until it is rounded. */

export interface Fraction {
  readonly top: bigint;
  /** Positive. */
  readonly bottom: bigint;
}

export const nought: Fraction = { top: 0n, bottom: 1n };

export function fraction(top: bigint, bottom = 1n): Fraction {
  const divisor = commonDivisor(top < 0n ? -top : top, bottom);
  return { top: top / divisor, bottom: bottom / divisor };
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}

/** Reads plain decimal text that was checked when it was admitted. */
export function fractionOf(text: string): Fraction {
  const [whole = '', decimals = ''] = text.split('.');
  return fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
}

export const plus = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom);
export const minus = (a: Fraction, b: Fraction): Fraction => plus(a, { top: -b.top, bottom: b.bottom });
export const times = (a: Fraction, b: Fraction): Fraction => fraction(a.top * b.top, a.bottom * b.bottom);
/** `b` is positive. */
export const over = (a: Fraction, b: Fraction): Fraction => fraction(a.top * b.bottom, a.bottom * b.top);
export const isMore = (a: Fraction, b: Fraction): boolean => a.top * b.bottom > b.top * a.bottom;
export const lesser = (a: Fraction, b: Fraction): Fraction => (isMore(a, b) ? b : a);
export const greater = (a: Fraction, b: Fraction): Fraction => (isMore(a, b) ? a : b);
/** What of `a` lies above `b`; nought for nothing. */
export const above = (a: Fraction, b: Fraction): Fraction => greater(nought, minus(a, b));

export type Mode = 'up' | 'down' | 'halfAwayFromZero' | 'halfTowardsZero' | 'halfEven';

/** To a whole number. */
export function rounded({ top, bottom }: Fraction, mode: Mode): bigint {
  if (top < 0n) return -rounded({ top: -top, bottom }, mode);
  const below = top / bottom;
  const left = top - below * bottom;
  switch (mode) {
    case 'down':
      return below;
    case 'up':
      return left > 0n ? below + 1n : below;
    case 'halfAwayFromZero':
      return 2n * left >= bottom ? below + 1n : below;
    case 'halfTowardsZero':
      return 2n * left > bottom ? below + 1n : below;
    case 'halfEven':
      return 2n * left > bottom || (2n * left === bottom && below % 2n === 1n) ? below + 1n : below;
  }
}

const picoPerUnit = fraction(10n ** 12n);

/** An amount in 10⁻¹² of the currency: the one rounding of a step. */
export const pico = (amount: Fraction): bigint => rounded(times(amount, picoPerUnit), 'halfEven');
