/** Faults of records that people write: all of them are collected, each with its path, its value and what would be right. */
import { parseRational } from '../money/fixed.ts';

export interface Problem {
  /** Where, e.g. "amounts[1].fromMs". */
  readonly path: string;
  readonly value: string;
  /** What would be right, as a sentence part: "a decimal number, 0 or more". */
  readonly right: string;
}

type Range = 'any' | 'notNegative' | 'positive' | 'percent';

const ranges: Readonly<Record<Range, { readonly holds: (numerator: bigint, denominator: bigint) => boolean; readonly right: string }>> = {
  any: { holds: () => true, right: 'a decimal number' },
  notNegative: { holds: (n) => n >= 0n, right: 'a decimal number, 0 or more' },
  positive: { holds: (n) => n > 0n, right: 'a decimal number above 0' },
  percent: { holds: (n, d) => n >= 0n && n <= 100n * d, right: 'a decimal number from 0 to 100' },
}; // prettier-ignore

/** Numbers of a record stay below this, so that no sum of them can leave Decimal(38,12). */
export const recordNumberMax = 10n ** 15n;
const decimalsMax = 12;

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
  that(holds: boolean, value: unknown, right: string): boolean {
    if (!holds) this.problems.push({ path: this.#path, value: printed(value), right });
    return holds;
  }

  /** A decimal text in a range, below 10¹⁵, with at most 12 decimals. */
  decimal(text: unknown, range: Range = 'any'): boolean {
    const { holds, right } = ranges[range];
    const value = typeof text === 'string' ? parseRational(text) : undefined;
    const decimals = typeof text === 'string' && text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
    return this.that(
      value !== undefined &&
        decimals <= decimalsMax &&
        holds(value.numerator, value.denominator) &&
        value.numerator < recordNumberMax * value.denominator &&
        -value.numerator < recordNumberMax * value.denominator,
      text,
      `${right}, as text, below 10^15, with at most ${decimalsMax} decimals`,
    );
  }

  instant(ms: unknown): boolean {
    const isInstant = typeof ms === 'number' && Number.isInteger(ms) && ms >= 0 && ms <= 9_999_999_999_999;
    return this.that(isInstant, ms, 'UTC milliseconds, a whole number from 0 to 9999999999999');
  }

  span(span: { readonly fromMs: number; readonly toMs: number | null }): void {
    this.at('fromMs').instant(span.fromMs);
    if (span.toMs === null) return;
    if (this.at('toMs').instant(span.toMs))
      this.at('toMs').that(span.toMs >= span.fromMs, span.toMs, `an instant not before ${span.fromMs}`);
  }

  /** Dated values: at least one, each later than the one before. */
  dated(values: readonly { readonly fromMs: number }[]): void {
    this.that(values.length > 0, '[]', 'at least one dated value');
    values.forEach(({ fromMs }, index) => {
      const before = values[index - 1];
      const here = this.at(index).at('fromMs');
      if (here.instant(fromMs) && before !== undefined)
        here.that(fromMs > before.fromMs, fromMs, `an instant after ${before.fromMs}`);
    });
  }

  /** Ids that are not empty and not given twice. */
  unique(ids: readonly string[], what = 'id'): void {
    const seen = new Set<string>();
    ids.forEach((id, index) => {
      const here = this.at(index).at(what);
      here.that(id !== '', id, 'a name that is not empty');
      here.that(!seen.has(id), id, 'a name that no other has');
      seen.add(id);
    });
  }
}

function printed(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

/** For callers that hand over a record which publication should never have let through. */
export function assertSound(what: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const list = problems.map(({ path, value, right }) => `${path} is ${value}, not ${right}`).join('; ');
  throw new RangeError(`${what}: ${list}`);
}
