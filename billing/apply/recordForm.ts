/**
 * Records of the core as a file says them: in their own structure, but that an instant (`fromMs`) is a date or instant (`from`).
 * Nothing is judged here; the core's own check of the record does that, and `tellProblems` finds the places of what it names.
 */
import type { AgreementCode, Problem } from '#core/fees/problems.ts';
import { formatDecimal, parseDecimal } from '#core/money/fixed.ts';
import type { BillingErrorCode } from '../errors.ts';
import type { Faults } from './faults.ts';
import { textOf } from './fields.ts';
import { locate } from './locate.ts';
import { instantOf } from './readInstant.ts';
import type { Node } from './yaml.ts';

/** Fields that are instants, without the `Ms` that they have in records. */
const instants = new Set(['from', 'to', 'at', 'end', 'trialEnd', 'dueAt']);
const numbers = new Set([
  'version', 'weekStart', 'every', 'endMonth', 'endWeekday', 'longPeriod', 'everyMonths', 'decimals', 'order', 'count', 'hours',
]); // prettier-ignore
const figures = new Set([
  'amount', 'quantity', 'percent', 'weight', 'weights', 'total', 'base', 'value', 'share', 'upTo', 'maximum', 'maximumTotal', 'minimum',
  'coveredPercent', 'overagePercent', 'lowAt', 'clearAt', 'below', 'absolute', 'forecast', 'rate', 'releaseAt',
]); // prettier-ignore

/** "" is none. */
const names = new Set(['plan', 'contract']);

/** The record that a node says. What cannot be understood stays as it was written, for the check to refuse. */
export function recordOf(node: Node, timeZone: string, key = ''): unknown {
  if (node.kind === 'list') return node.items.map((item) => recordOf(item, timeZone, key));
  if (node.kind === 'map')
    return Object.fromEntries(
      [...node.entries].map(([name, entry]) => [
        instants.has(name) ? `${name}Ms` : name,
        recordOf(entry.node, timeZone, name),
      ]),
    );
  const { text } = node;
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null' || (text === '' && !names.has(key))) return null;
  if (instants.has(key)) return instantOf(text, timeZone) ?? text;
  if (numbers.has(key) && /^\d{1,9}$/.test(text)) return Number(text);
  const figure = figures.has(key) && /^-?\d{1,40}(\.\d{1,12})?$/.test(text) ? parseDecimal(text, 12) : undefined;
  return figure === undefined ? text : formatDecimal(figure, 12);
}

/** What a node says, letter by letter: names and values that people gave things, such as a tag `at` or a value "1.0". */
export function textsOf(node: Node): unknown {
  if (node.kind === 'list') return node.items.map(textsOf);
  if (node.kind === 'map') return Object.fromEntries([...node.entries].map(([name, entry]) => [name, textsOf(entry.node)])); // prettier-ignore
  return node.text;
}

const codes: Readonly<Record<AgreementCode, BillingErrorCode>> = {
  FIELD_INVALID: 'VALUE_INVALID',
  DECIMAL_INVALID: 'DECIMAL_INVALID',
  NUMBER_OUT_OF_RANGE: 'VALUE_INVALID',
  INSTANT_INVALID: 'VALUE_INVALID',
  ORDER_WRONG: 'VALUE_INVALID',
  ID_TWICE: 'DUPLICATE',
  NAME_UNKNOWN: 'REFERENCE_UNKNOWN',
  CURRENCY_UNKNOWN: 'CURRENCY_UNKNOWN',
  BOUNDS_CROSSED: 'BOUNDS_CROSSED',
  CIRCLE: 'VALUE_INVALID',
  LIMIT_EXCEEDED: 'LIST_TOO_LONG',
};

/** Tells each problem at its place in the entry. */
export function tellProblems(problems: readonly Problem[], entry: Node, faults: Faults): void {
  for (const { code, path, value, expected } of problems) {
    const { at, node } = locate(entry, path.replaceAll(/\b([a-zA-Z]+)Ms\b/g, '$1'));
    const isInstant = /Ms(\[\d+\])?$/.test(path);
    const wanted = isInstant && code !== 'ORDER_WRONG' ? 'a date such as 2026-12-01, or an instant such as 2026-12-01T08:00:00Z' : dated(expected); // prettier-ignore
    if (node === undefined) faults.add('KEY_MISSING', at, '', wanted);
    else if (expected.startsWith('no such field'))
      faults.add('KEY_UNKNOWN', at, path.split('.').at(-1)!, known(expected));
    else
      faults.add(
        codes[code],
        at,
        node.kind === 'text' ? node.text : value === 'missing' ? textOf(node) : value,
        wanted,
      );
  }
}

/** The fields that there are, as a file names them. */
const known = (expected: string): string =>
  expected.replace('no such field, but ', 'one of ').replaceAll(/\b([a-zA-Z]+)Ms\b/g, '$1');

/** UTC milliseconds in a sentence as an instant that people read. */
const dated = (text: string): string => text.replaceAll(/\b\d{12,13}\b/g, (ms) => new Date(Number(ms)).toISOString());
