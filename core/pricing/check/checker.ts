/** Collects problems while a record is read that may be anything: a check never throws. */
import { parseRational, type Rational } from '../../money/fixed.ts';
import { compare, negate } from '../../money/rational.ts';
import { rational } from '../exact.ts';
import { priceLimits } from '../limits.ts';
import type { Problem, ProblemCode } from './problems.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const valueCharactersMax = 100;

export class Checker {
  readonly problems: Problem[] = [];

  add(code: ProblemCode, path: string, value: unknown, expected: string): void {
    const text = value === undefined ? 'missing' : JSON.stringify(value);
    const short = text.length > valueCharactersMax ? `${text.slice(0, valueCharactersMax)}…` : text;
    this.problems.push({ code, path, value: short, expected });
  }

  /** Adds FIELD_INVALID unless the test holds. */
  field(holds: boolean, path: string, value: unknown, expected: string): boolean {
    if (!holds) this.add('FIELD_INVALID', path, value, expected);
    return holds;
  }

  oneOf(path: string, value: unknown, ...values: readonly string[]): boolean {
    return this.field(typeof value === 'string' && values.includes(value), path, value, `one of ${values.join(', ')}`);
  }

  /** The entries of a list, none when it is no list; a list that is too long is told and read as far as the limit. */
  list(path: string, value: unknown, max: number): readonly unknown[] {
    if (!this.field(Array.isArray(value), path, value, 'a list')) return [];
    const list = value as readonly unknown[];
    if (list.length > max) this.add('LIST_TOO_LONG', path, list.length, `at most ${max}`);
    return list.slice(0, max);
  }

  /** A figure from 0 up to and with `max`, or undefined. */
  decimal(path: string, value: unknown, max: string): Rational | undefined {
    const figure = this.signed(path, value, max);
    return figure !== undefined && figure.numerator < 0n
      ? this.refuse('NUMBER_NEGATIVE', path, value, 'zero or more')
      : figure;
  }

  /** The same of either sign. */
  signed(path: string, value: unknown, max: string): Rational | undefined {
    const figure = typeof value === 'string' && value.length <= 60 ? parseRational(value) : undefined;
    if (figure === undefined) return this.refuse('DECIMAL_INVALID', path, value, 'plain decimal text, like "0.25"');
    if (decimalsOf(value as string) > priceLimits.decimalsMax)
      return this.refuse('DECIMALS_TOO_MANY', path, value, `at most ${priceLimits.decimalsMax} decimals`);
    const most = rational(max);
    if (compare(figure, most) > 0) return this.refuse('NUMBER_TOO_LARGE', path, value, `at most ${max}`);
    if (compare(negate(figure), most) > 0) return this.refuse('NUMBER_TOO_LARGE', path, value, `at least -${max}`);
    return figure;
  }

  /** The same, and above 0. */
  positive(path: string, value: unknown, max: string): Rational | undefined {
    const figure = this.decimal(path, value, max);
    return figure?.numerator === 0n ? this.refuse('NUMBER_ZERO', path, value, 'more than zero') : figure;
  }

  percent(path: string, value: unknown): Rational | undefined {
    const figure = this.decimal(path, value, priceLimits.unitPriceMax);
    if (figure === undefined || compare(figure, rational('100')) <= 0) return figure;
    return this.refuse('PERCENT_OUT_OF_RANGE', path, value, 'a percentage from 0 to 100');
  }

  /** A whole number of things, as text. */
  count(path: string, value: unknown, least: bigint): bigint | undefined {
    const isWhole = typeof value === 'string' && /^\d{1,15}$/.test(value);
    if (isWhole && BigInt(value) >= least) return BigInt(value);
    return this.refuse('COUNT_INVALID', path, value, `a whole number from ${least} up, of at most 15 digits`);
  }

  private refuse(code: ProblemCode, path: string, value: unknown, expected: string): undefined {
    this.add(code, path, value, expected);
    return undefined;
  }
}

/** Decimals that say something. */
function decimalsOf(text: string): number {
  return /\.(\d*?)0*$/.exec(text)?.[1]?.length ?? 0;
}
