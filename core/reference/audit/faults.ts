/** What an audit finds, by the invariant that it breaks. */
import { zero, type Exact } from '../number.ts';

export const checkNames = [
  'FENCE', 'TRACE', 'CONSERVE', 'ONCE', 'RERATE', 'BLOCKS', 'TELESCOPE', 'TREE', 'CAP', 'BALANCES', 'CLICKHOUSE', 'DOCUMENTS',
] as const; // prettier-ignore
export type CheckName = (typeof checkNames)[number];

/** Faults that are told in words; the rest are counted. */
const toldMax = 5;

/** Collects faults; an audit goes on after one, so that all are named. */
export class Faults {
  readonly #told = new Map<CheckName, string[]>();
  readonly #counts = new Map<CheckName, number>();
  readonly #differences = new Map<CheckName, Exact>();

  /** `difference` is the money by which the two sides differ, where that is what is wrong. */
  add(check: CheckName, detail: string, difference: Exact = zero): void {
    const told = this.#told.get(check) ?? [];
    if (told.length < toldMax) told.push(detail);
    this.#told.set(check, told);
    this.#counts.set(check, this.count(check) + 1);
    this.#differences.set(check, this.difference(check).plus(difference.abs()));
  }

  count(check: CheckName): number {
    return this.#counts.get(check) ?? 0;
  }

  /** Σ|difference| of a check's faults. */
  difference(check: CheckName): Exact {
    return this.#differences.get(check) ?? zero;
  }

  /** The first faults of a check in words, and how many more there are; "" for none. */
  tell(check: CheckName): string {
    const told = this.#told.get(check) ?? [];
    const more = this.count(check) - told.length;
    return `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  }

  /** Whether two values are the same; a fault when they are not. */
  same(check: CheckName, what: string, found: unknown, wanted: unknown): boolean {
    const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (left !== right) this.add(check, `${what} is ${left}, should be ${right}`);
    return left === right;
  }
}
