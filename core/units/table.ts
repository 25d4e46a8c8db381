/**
 * Units of the field by their UCUM symbols (case-sensitive), each an exact fraction of base units. Two things are told apart that
 * UCUM holds to be one: information (`bit`) is a dimension of its own, not a number, and apparent power (`VA`, `var`) is not
 * active power (`W`), since neither is ever billed as the other.
 */
import type { Rational } from '../money/fixed.ts';
import { ratio } from '../money/rational.ts';

/** Exponent by base dimension; none is 0. */
export type Dimension = Readonly<Record<string, number>>;

export interface UnitAtom {
  readonly factor: Rational;
  readonly dimension: Dimension;
  /** Whether metric prefixes go with it; binary ones go with information alone. */
  readonly takesPrefix: boolean;
}

const atom = (factor: Rational, dimension: Dimension, takesPrefix = false): UnitAtom => ({
  factor,
  dimension,
  takesPrefix,
});
const metric = (dimension: Dimension, factor = ratio(1n)): UnitAtom => atom(factor, dimension, true);
const seconds = (count: bigint, of = 1n): UnitAtom => atom(ratio(count, of), { s: 1 });

const energy: Dimension = { kg: 1, m: 2, s: -2 };
const power: Dimension = { kg: 1, m: 2, s: -3 };

export const atoms: Readonly<Record<string, UnitAtom>> = {
  s: metric({ s: 1 }),
  min: seconds(60n),
  h: seconds(3600n),
  d: seconds(86_400n),
  wk: seconds(604_800n),
  /** Julian: 365.25 days, and a twelfth of that. Prices by the month use `month`. */
  a: seconds(31_557_600n),
  mo: seconds(2_629_800n),
  /** 365 days × 24 h / 12 = 730 h, as clouds bill it. Not of UCUM. */
  month: seconds(2_628_000n),
  Hz: metric({ s: -1 }),
  bit: metric({ bit: 1 }),
  By: metric({ bit: 1 }, ratio(8n)),
  /** The byte as most people write it; in UCUM it would be the bel. */
  B: metric({ bit: 1 }, ratio(8n)),
  Bd: metric({ s: -1 }),
  m: metric({ m: 1 }),
  g: metric({ kg: 1 }, ratio(1n, 1000n)),
  t: metric({ kg: 1 }, ratio(1000n)),
  l: metric({ m: 3 }, ratio(1n, 1000n)),
  L: metric({ m: 3 }, ratio(1n, 1000n)),
  ar: metric({ m: 2 }, ratio(100n)),
  K: metric({ K: 1 }),
  A: metric({ A: 1 }),
  C: metric({ A: 1, s: 1 }),
  V: metric({ kg: 1, m: 2, s: -3, A: -1 }),
  N: metric({ kg: 1, m: 1, s: -2 }),
  Pa: metric({ kg: 1, m: -1, s: -2 }),
  J: metric(energy),
  W: metric(power),
  /** Not of UCUM, which writes W.h; nobody else does. */
  Wh: metric(energy, ratio(3600n)),
  VA: metric({ VA: 1 }),
  VAh: metric({ VA: 1, s: 1 }, ratio(3600n)),
  var: metric({ var: 1 }),
  varh: metric({ var: 1, s: 1 }, ratio(3600n)),
  '%': atom(ratio(1n, 100n), {}),
  '[ppth]': atom(ratio(1n, 1000n), {}),
  '[ppm]': atom(ratio(1n, 1_000_000n), {}),
  '[ppb]': atom(ratio(1n, 1_000_000_000n), {}),
  '10*': atom(ratio(10n), {}),
  '10^': atom(ratio(10n), {}),
  /** What is counted, as price lists name it; in UCUM an annotation. */
  vCPU: atom(ratio(1n), {}),
  unit: atom(ratio(1n), {}),
};

const tenTo = (exponent: number): Rational =>
  exponent < 0 ? ratio(1n, 10n ** BigInt(-exponent)) : ratio(10n ** BigInt(exponent));

export const metricPrefixes: Readonly<Record<string, Rational>> = {
  q: tenTo(-30),
  r: tenTo(-27),
  y: tenTo(-24),
  z: tenTo(-21),
  a: tenTo(-18),
  f: tenTo(-15),
  p: tenTo(-12),
  n: tenTo(-9),
  u: tenTo(-6),
  m: tenTo(-3),
  c: tenTo(-2),
  d: tenTo(-1),
  da: tenTo(1),
  h: tenTo(2),
  k: tenTo(3),
  M: tenTo(6),
  G: tenTo(9),
  T: tenTo(12),
  P: tenTo(15),
  E: tenTo(18),
  Z: tenTo(21),
  Y: tenTo(24),
  R: tenTo(27),
  Q: tenTo(30),
};

export const binaryPrefixes: Readonly<Record<string, Rational>> = Object.fromEntries(
  ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'].map((prefix, index) => [prefix, ratio(1024n ** BigInt(index + 1))]),
);
