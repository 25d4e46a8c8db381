import type { Rational } from '../money/fixed.ts';
import { divide, multiply, one, ratio } from '../money/rational.ts';
import { atoms, binaryPrefixes, metricPrefixes, type Dimension, type UnitAtom } from './table.ts';

/** A unit as an exact multiple of base units. */
export interface Unit {
  readonly factor: Rational;
  readonly dimension: Dimension;
}

/** Longest text of a unit, and greatest exponent: what people write is far below. */
const unitLengthMax = 100;
const exponentMax = 30;

/**
 * Reads a UCUM expression such as "GiBy.h", "By/s", "10*3.{request}", "m3" or "/min": symbols with prefixes and exponents,
 * products, quotients (which bind to the next factor only), brackets, numbers, and annotations in braces, which say what is counted and do not
 * change the unit. "·" is ".", "µ" is "u". Undefined when the text is not such an expression or names a unit that is not known.
 */
export function parseUnit(text: string): Unit | undefined {
  if (text.length === 0 || text.length > unitLengthMax) return undefined;
  const reader = new Reader(text.replaceAll('·', '.').replaceAll(/[µμ]/g, 'u'));
  try {
    const unit = readTerm(reader);
    return reader.isAtEnd() ? unit : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether amounts of one can be said in the other. */
export function isCommensurable(a: Unit, b: Unit): boolean {
  const names = new Set([...Object.keys(a.dimension), ...Object.keys(b.dimension)]);
  return [...names].every((name) => (a.dimension[name] ?? 0) === (b.dimension[name] ?? 0));
}

/** How many of `to` one of `from` is, exactly: 1 GiBy.h is 3865470566400 By.s. Undefined when they measure different things. */
export function conversionFactor(from: string, to: string): Rational | undefined {
  const [source, target] = [parseUnit(from), parseUnit(to)];
  if (source === undefined || target === undefined || !isCommensurable(source, target)) return undefined;
  return divide(source.factor, target.factor);
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Takes what the pattern (sticky) finds here. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

const slash = /\//y;
const operator = /[./]/y;
const opening = /\(/y;
const closing = /\)/y;
const annotation = /\{[\x20-\x7e]*?\}/y;
const power = /10[*^]/y;
/** "1.5" would be one times five: nobody means that, so it is no number. */
const number = /\d+(?!\d|\.\d)/y;
const symbol = /[A-Za-z%]+|\[[a-z]+\]/y;
const exponent = /[+-]?\d+/y;

const none: Unit = { factor: one, dimension: {} };

function readTerm(reader: Reader): Unit {
  let unit = reader.take(slash) === undefined ? readFactor(reader) : inverse(readFactor(reader));
  for (let sign = reader.take(operator); sign !== undefined; sign = reader.take(operator)) {
    const factor = readFactor(reader);
    unit = product(unit, sign === '/' ? inverse(factor) : factor);
  }
  return unit;
}

function readFactor(reader: Reader): Unit {
  if (reader.take(opening) !== undefined) {
    const unit = readTerm(reader);
    if (reader.take(closing) === undefined) throw new RangeError('a bracket is not closed');
    return unit;
  }
  if (reader.take(annotation) !== undefined) return none;
  const unit = readSymbol(reader);
  reader.take(annotation);
  return unit;
}

function readSymbol(reader: Reader): Unit {
  const ten = reader.take(power);
  if (ten !== undefined) return raised(unitOf(ten), readExponent(reader));
  const digits = reader.take(number);
  if (digits !== undefined) {
    if (digits.startsWith('0')) throw new RangeError('a number in a unit is not 0');
    return { factor: ratio(BigInt(digits)), dimension: {} };
  }
  const name = reader.take(symbol);
  if (name === undefined) throw new RangeError('a unit is missing');
  return raised(unitOf(name), readExponent(reader));
}

function readExponent(reader: Reader): number {
  const text = reader.take(exponent);
  const value = text === undefined ? 1 : Number(text);
  if (value === 0 || Math.abs(value) > exponentMax) throw new RangeError('an exponent is out of range');
  return value;
}

/** A symbol as it stands comes before any reading of it as prefix and symbol: `min` is a minute. */
function unitOf(name: string): Unit {
  if (Object.hasOwn(atoms, name)) return atoms[name]!;
  for (const length of [2, 1]) {
    const [prefix, rest] = [name.slice(0, length), name.slice(length)];
    if (!Object.hasOwn(atoms, rest)) continue;
    const factor = prefixOf(prefix, atoms[rest]!);
    if (factor !== undefined) return { ...atoms[rest]!, factor: multiply(factor, atoms[rest]!.factor) };
  }
  throw new RangeError(`"${name}" is not a unit`);
}

function prefixOf(prefix: string, { takesPrefix, dimension }: UnitAtom): Rational | undefined {
  if (!takesPrefix) return undefined;
  if (Object.hasOwn(metricPrefixes, prefix)) return metricPrefixes[prefix];
  return dimension['bit'] !== undefined && Object.hasOwn(binaryPrefixes, prefix) ? binaryPrefixes[prefix] : undefined;
}

const inverse = (unit: Unit): Unit => raised(unit, -1);

function raised({ factor, dimension }: Unit, by: number): Unit {
  const times = BigInt(Math.abs(by));
  const raisedFactor = ratio(factor.numerator ** times, factor.denominator ** times);
  return {
    factor: by < 0 ? divide(one, raisedFactor) : raisedFactor,
    dimension: Object.fromEntries(Object.entries(dimension).map(([name, exponentOf]) => [name, exponentOf * by])),
  };
}

function product(a: Unit, b: Unit): Unit {
  const dimension: Record<string, number> = { ...a.dimension };
  for (const [name, exponentOf] of Object.entries(b.dimension)) dimension[name] = (dimension[name] ?? 0) + exponentOf;
  return { factor: multiply(a.factor, b.factor), dimension };
}
