/**
 * Exact decimal numbers as scaled integers. An amount is a `bigint` of 10⁻¹² currency units ("pico"), a quantity a
 * `bigint` of 10⁻ˢᶜᵃˡᵉ base units. Binary floating point never appears.
 */

/** Decimals of an amount: `Decimal(38,12)` in ClickHouse, `numeric(38,12)` in Postgres. */
export const AMOUNT_SCALE = 12;

export type AmountPico = bigint;

/** An exact fraction; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const powers: bigint[] = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent));

/** 10ⁿ for 0 ≤ n < 64. */
export function pow10(exponent: number): bigint {
  const power = powers[exponent];
  if (power === undefined) throw new RangeError(`10^${exponent} is out of range`);
  return power;
}

/** `up` and `down` are away from zero and towards it, `ceiling` and `floor` towards +∞ and −∞. */
export type RoundingMode = 'halfEven' | 'halfAwayFromZero' | 'halfTowardsZero' | 'up' | 'down' | 'ceiling' | 'floor';

/** Divides two integers and rounds once. `denominator` > 0. */
export function divideRounded(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  const quotient = numerator / denominator;
  const remainder = numerator % denominator;
  if (remainder === 0n) return quotient;
  const away = numerator < 0n ? quotient - 1n : quotient + 1n;
  switch (mode) {
    case 'down':
      return quotient;
    case 'up':
      return away;
    case 'ceiling':
      return numerator > 0n ? away : quotient;
    case 'floor':
      return numerator < 0n ? away : quotient;
    case 'halfAwayFromZero':
    case 'halfTowardsZero':
    case 'halfEven': {
      const twice = 2n * (remainder < 0n ? -remainder : remainder);
      if (twice > denominator) return away;
      if (twice < denominator) return quotient;
      if (mode === 'halfAwayFromZero') return away;
      return mode === 'halfTowardsZero' || (quotient & 1n) === 0n ? quotient : away;
    }
  }
}

const decimalPattern = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Reads a plain decimal text ("12.5", "-0.000001"; no exponent, no separators) as an integer of 10⁻ˢᶜᵃˡᵉ.
 * Returns `undefined` when the text is not such a number, has more decimals than `scale`, or is 10²⁶ or larger.
 */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const match = decimalPattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction = ''] = match as unknown as [string, string, string, string | undefined];
  if (whole.length > 40 || fraction.length > 40) return undefined;
  const significant = fraction.replace(/0+$/, '');
  if (significant.length > scale) return undefined;
  const magnitude = BigInt(whole) * pow10(scale) + BigInt(significant.padEnd(scale, '0') || '0');
  if (magnitude >= 10n ** 26n * pow10(scale)) return undefined;
  return sign === '-' ? -magnitude : magnitude;
}

/** Reads a decimal text as an exact fraction, or `undefined`. At most 24 decimals. */
export function parseRational(text: string): Rational | undefined {
  const point = text.indexOf('.');
  const scale = point < 0 ? 0 : text.length - point - 1;
  if (scale > 24) return undefined;
  const numerator = parseDecimal(text, scale);
  return numerator === undefined ? undefined : { numerator, denominator: pow10(scale) };
}

/** Writes an integer of 10⁻ˢᶜᵃˡᵉ as plain decimal text without trailing zeros ("0.5", "-3", "0"). */
export function formatDecimal(value: bigint, scale: number): string {
  if (scale === 0) return value.toString();
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString();
  const point = digits.length - scale;
  let end = digits.length;
  while (end > point && end > 0 && digits.charCodeAt(end - 1) === 48) end -= 1;
  if (end === 0) return '0';
  const text =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits.slice(0, end)}`
      : end === point
        ? digits.slice(0, point)
        : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
  return negative ? `-${text}` : text;
}

/** Writes an integer of 10⁻ˢᶜᵃˡᵉ with exactly `scale` decimals. */
export function formatFixed(value: bigint, scale: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${negative ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

export const formatAmount = (amount: AmountPico): string => formatDecimal(amount, AMOUNT_SCALE);
export const parseAmount = (text: string): AmountPico | undefined => parseDecimal(text, AMOUNT_SCALE);
