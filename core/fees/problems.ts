/** Faults of records that people write: all of them are collected, each with its path, its value and what would be right. */
import { pricingUnitPattern } from '../messages/pricingUnit.ts';
import { minorDigits } from '../money/currency.ts';
import { parseRational } from '../money/fixed.ts';
import { faultsOfShape, type Shape } from './shape.ts';

/** What can be wrong with an agreement (a fee, a bound, a discount, a grant, a rate). Codes are stable. */
export const agreementCodes = {
  FIELD_INVALID: 'A field is missing or not of its kind.',
  DECIMAL_INVALID: 'A figure is not plain decimal text, or has too many decimals.',
  NUMBER_OUT_OF_RANGE: 'A figure is beyond its stated bounds.',
  INSTANT_INVALID: 'An instant is not whole UTC milliseconds.',
  ORDER_WRONG: 'What follows in time or in size comes first.',
  ID_TWICE: 'Two records have one name.',
  NAME_UNKNOWN: 'A name refers to nothing.',
  CURRENCY_UNKNOWN: 'The currency is not in ISO 4217.',
  BOUNDS_CROSSED: 'A maximum is or may be below its minimum.',
  CIRCLE: 'A record holds itself.',
  LIMIT_EXCEEDED: 'There are more than the limit allows.',
} as const;

export type AgreementCode = keyof typeof agreementCodes;

export interface Problem {
  readonly code: AgreementCode;
  /** Where, e.g. "amounts[1].fromMs"; "" for the record. */
  readonly path: string;
  /** What stands there, cut short; "missing" for nothing. */
  readonly value: string;
  /** As a sentence part: "a decimal number, 0 or more". */
  readonly expected: string;
}

type Range = 'any' | 'notNegative' | 'positive' | 'percent';

const ranges: Readonly<Record<Range, { readonly holds: (numerator: bigint, denominator: bigint) => boolean; readonly expected: string }>> = {
  any: { holds: () => true, expected: 'a decimal number' },
  notNegative: { holds: (n) => n >= 0n, expected: 'a decimal number, 0 or more' },
  positive: { holds: (n) => n > 0n, expected: 'a decimal number above 0' },
  percent: { holds: (n, d) => n >= 0n && n <= 100n * d, expected: 'a decimal number from 0 to 100' },
}; // prettier-ignore

/** Numbers of a record stay below this, so that no sum of them can leave Decimal(38,12). */
export const recordNumberMax = 10n ** 15n;
const decimalsMax = 12;
const valueCharactersMax = 100;

/** Collects the faults of one record; `at` gives a collector for a part of it. */
export class Check {
  readonly problems: Problem[];
  readonly #path: string;

  constructor(path = '', problems: Problem[] = []) {
    this.#path = path;
    this.problems = problems;
  }

  at(part: string | number): Check {
    const path =
      typeof part === 'number' ? `${this.#path}[${part}]` : this.#path === '' ? part : `${this.#path}.${part}`;
    return new Check(path, this.problems);
  }

  /** Whether the condition holds; a fault when not. */
  that(holds: boolean, value: unknown, expected: string, code: AgreementCode = 'FIELD_INVALID'): boolean {
    if (!holds) this.problems.push({ code, path: this.#path, value: printed(value), expected });
    return holds;
  }

  /** Whether a value that may be anything has the shape; every fault of it when not. Nothing else may be looked at then. */
  shape(value: unknown, shape: Shape): boolean {
    const faults = faultsOfShape(value, shape, this.#path);
    for (const { path, value: found, expected } of faults)
      this.problems.push({ code: 'FIELD_INVALID', path, value: printed(found), expected });
    return faults.length === 0;
  }

  /** A decimal text in a range, below 10¹⁵, with at most 12 decimals. */
  decimal(text: string, range: Range = 'any'): boolean {
    const { holds, expected } = ranges[range];
    const told = `${expected}, as text, below 10^15, with at most ${decimalsMax} decimals`;
    const value = text.length <= 60 ? parseRational(text) : undefined;
    const decimals = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
    if (value === undefined || decimals > decimalsMax) return this.that(false, text, told, 'DECIMAL_INVALID');
    const { numerator, denominator } = value;
    const size = numerator < 0n ? -numerator : numerator;
    const isInRange = holds(numerator, denominator) && size < recordNumberMax * denominator;
    return this.that(isInRange, text, told, 'NUMBER_OUT_OF_RANGE');
  }

  currency(code: string): boolean {
    return this.that(digitsOf(code) !== undefined, code, 'an ISO 4217 code', 'CURRENCY_UNKNOWN');
  }

  /** What is charged in: whether a pricing unit is there is for whoever knows the tenant to say. */
  chargedIn(code: string): boolean {
    const isNamed = digitsOf(code) !== undefined || pricingUnitPattern.test(code);
    return this.that(isNamed, code, 'an ISO 4217 code or a pricing unit', 'CURRENCY_UNKNOWN');
  }

  instant(ms: number): boolean {
    const isInstant = Number.isInteger(ms) && ms >= 0 && ms <= 9_999_999_999_999;
    return this.that(isInstant, ms, 'UTC milliseconds, a whole number from 0 to 9999999999999', 'INSTANT_INVALID');
  }

  span(span: { readonly fromMs: number; readonly toMs: number | null }): void {
    this.at('fromMs').instant(span.fromMs);
    if (span.toMs === null) return;
    if (this.at('toMs').instant(span.toMs))
      this.at('toMs').that(span.toMs >= span.fromMs, span.toMs, `an instant not before ${span.fromMs}`, 'ORDER_WRONG');
  }

  /** Dated values: at least one, each later than the one before. */
  dated(values: readonly { readonly fromMs: number }[]): void {
    this.instants(
      values.map(({ fromMs }) => fromMs),
      'fromMs',
    );
  }

  /** At least one, each later than the one before, at its place or in a field of what stands there. */
  instants(instants: readonly number[], field?: string): void {
    this.that(instants.length > 0, '[]', 'at least one dated value');
    instants.forEach((ms, index) => {
      const before = instants[index - 1];
      const here = field === undefined ? this.at(index) : this.at(index).at(field);
      if (here.instant(ms) && before !== undefined) here.that(ms > before, ms, `an instant after ${before}`, 'ORDER_WRONG'); // prettier-ignore
    });
  }

  /** Ids that are not empty and not given twice. */
  unique(ids: readonly string[], what = 'id'): void {
    const seen = new Set<string>();
    ids.forEach((id, index) => {
      const here = this.at(index).at(what);
      here.that(id !== '', id, 'a name that is not empty');
      here.that(!seen.has(id), id, 'a name that no other has', 'ID_TWICE');
      seen.add(id);
    });
  }
}

/** Minor-unit digits of an active ISO 4217 currency; undefined for any other text. */
export const digitsOf = (currency: string): number | undefined =>
  /^[A-Z]{3}$/.test(currency) ? minorDigits(currency) : undefined;

function printed(value: unknown): string {
  const text = value === undefined ? 'missing' : typeof value === 'string' ? value : asJson(value);
  return text.length > valueCharactersMax ? `${text.slice(0, valueCharactersMax)}…` : text;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return `a ${typeof value}`;
  }
}

/** Every problem in one line. */
export const toldOf = (problems: readonly Problem[]): string =>
  problems.map(({ path, value, expected }) => `${path} is ${value}, not ${expected}`).join('; ');

/** Records found sound before, by identity: they are immutable, and computed with often. */
const sound = new WeakSet<object>();

/** For callers that hand over a record which publication should never have let through: throws RangeError with every fault. */
export function assertSound(what: string, record: object, check: (value: unknown) => readonly Problem[]): void {
  if (sound.has(record)) return;
  const problems = check(record);
  if (problems.length > 0) throw new RangeError(`${what}: ${toldOf(problems)}`);
  sound.add(record);
}
