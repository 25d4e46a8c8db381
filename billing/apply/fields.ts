import { formatDecimal, parseDecimal } from '#core/money/fixed.ts';
import type { At, Faults } from './faults.ts';
import type { Shape } from './shapes.ts';
import type { Node } from './yaml.ts';

/**
 * Reads the keys of one map. Each reader reports what does not fit and returns undefined, so that reading goes on and
 * finds the next fault.
 */
export class Fields {
  readonly at: At;
  private readonly node: Node & { kind: 'map' };
  private readonly faults: Faults;

  private constructor(node: Node & { kind: 'map' }, faults: Faults) {
    this.node = node;
    this.at = node.at;
    this.faults = faults;
  }

  /** The map's fields; keys that are not `known` are faults. Undefined when the node is no map. */
  static of(node: Node | undefined, known: readonly string[], faults: Faults): Fields | undefined {
    if (node === undefined) return undefined;
    if (node.kind !== 'map') {
      faults.add('VALUE_INVALID', node.at, textOf(node), `a map with ${known.join(', ')}`);
      return undefined;
    }
    for (const [key, { keyAt }] of node.entries) {
      if (!known.includes(key)) faults.add('KEY_UNKNOWN', keyAt, key, `one of ${known.join(', ')}`);
    }
    return new Fields(node, faults);
  }

  has(key: string): boolean {
    return this.node.entries.has(key);
  }

  /** Where the key's value stands; the map itself when the key is absent. */
  atOf(key: string): At {
    return this.node.entries.get(key)?.node.at ?? this.at;
  }

  nodeOf(key: string): Node | undefined {
    return this.node.entries.get(key)?.node;
  }

  text(key: string, shape: Shape): string | undefined {
    const node = this.required(key, shape.expected);
    if (node === undefined) return undefined;
    if (node.kind === 'text' && shape.fits(node.text)) return node.text;
    this.faults.add('VALUE_INVALID', node.at, textOf(node), shape.expected);
    return undefined;
  }

  optional(key: string, shape: Shape, otherwise: string): string | undefined {
    return this.has(key) ? this.text(key, shape) : otherwise;
  }

  oneOf<Value extends string>(key: string, values: readonly Value[], otherwise?: Value): Value | undefined {
    if (otherwise !== undefined && !this.has(key)) return otherwise;
    const expected = `one of ${values.join(', ')}`;
    const node = this.required(key, expected);
    if (node === undefined) return undefined;
    const found = node.kind === 'text' ? values.find((value) => value === node.text) : undefined;
    if (found === undefined) this.faults.add('VALUE_INVALID', node.at, textOf(node), expected);
    return found;
  }

  boolean(key: string, otherwise: boolean): boolean | undefined {
    const value = this.oneOf(key, ['true', 'false'], otherwise ? 'true' : 'false');
    return value === undefined ? undefined : value === 'true';
  }

  integer(
    key: string,
    range: { readonly min: number; readonly max: number; readonly otherwise?: number },
  ): number | undefined {
    if (range.otherwise !== undefined && !this.has(key)) return range.otherwise;
    const expected = `a whole number from ${range.min} to ${range.max}`;
    const node = this.required(key, expected);
    if (node === undefined) return undefined;
    const value = node.kind === 'text' && /^\d{1,10}$/.test(node.text) ? Number(node.text) : -1;
    if (value >= range.min && value <= range.max) return value;
    this.faults.add('VALUE_INVALID', node.at, textOf(node), expected);
    return undefined;
  }

  /** Canonical decimal text, not negative, below 10¹⁵. */
  decimal(
    key: string,
    rule: { readonly scale: number; readonly positive?: boolean; readonly otherwise?: string },
  ): string | undefined {
    if (rule.otherwise !== undefined && !this.has(key)) return rule.otherwise;
    const expected = `a ${rule.positive === true ? 'positive ' : ''}decimal with at most ${rule.scale} decimals`;
    const node = this.required(key, expected);
    if (node === undefined) return undefined;
    const refuse = (code: 'DECIMAL_INVALID' | 'DECIMALS_TOO_MANY' | 'NEGATIVE' | 'VALUE_INVALID') => {
      this.faults.add(code, node.at, textOf(node), expected);
      return undefined;
    };
    if (node.kind !== 'text' || !/^-?\d{1,40}(\.\d{1,40})?$/.test(node.text)) return refuse('DECIMAL_INVALID');
    if (node.text.startsWith('-')) return refuse('NEGATIVE');
    if (/^\d{16,}/.test(node.text)) return refuse('VALUE_INVALID');
    const value = parseDecimal(node.text, rule.scale);
    if (value === undefined) return refuse('DECIMALS_TOO_MANY');
    if (rule.positive === true && value === 0n) return refuse('VALUE_INVALID');
    return formatDecimal(value, rule.scale);
  }

  /** Items of a list; none when the key is absent. */
  list(key: string, max: number): readonly Node[] {
    const node = this.node.entries.get(key)?.node;
    if (node === undefined || (node.kind === 'text' && node.text === '')) return [];
    if (node.kind === 'list' && node.items.length <= max) return node.items;
    this.faults.add('VALUE_INVALID', node.at, textOf(node), `a list of at most ${max}`);
    return node.kind === 'list' ? node.items.slice(0, max) : [];
  }

  /** A list of texts; faulty ones are left out. */
  texts(key: string, shape: Shape, max: number): { readonly text: string; readonly at: At }[] {
    return this.list(key, max).flatMap((item) => {
      if (item.kind === 'text' && shape.fits(item.text)) return { text: item.text, at: item.at };
      this.faults.add('VALUE_INVALID', item.at, textOf(item), shape.expected);
      return [];
    });
  }

  /** Tells that the key is missing. */
  missing(key: string, expected: string): void {
    this.faults.add('KEY_MISSING', { ...this.at, path: join(this.at.path, key) }, '', expected);
  }

  private required(key: string, expected: string): Node | undefined {
    const node = this.node.entries.get(key)?.node;
    if (node === undefined) this.missing(key, expected);
    return node;
  }
}

export const textOf = (node: Node): string => (node.kind === 'text' ? node.text : node.kind === 'map' ? '{…}' : '[…]');

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
