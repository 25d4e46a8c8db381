import { formatDecimal, parseDecimal } from '#core/money/fixed.ts';
import type { Faults } from './faults.ts';
import { textOf } from './fields.ts';
import { calendarFields, leafFields, modelFields, type Field, type Fields, type Form } from './modelForm.ts';
import { matching } from './shapes.ts';
import type { Node } from './yaml.ts';

/** Names of cells and values of dimensions end up in keys and documents; "" is the value of a dimension that is absent. */
const wordShape = matching(/^[^\p{Cc}\p{Cs}]{0,200}$/u, 'at most 200 characters on one line');

/**
 * A model as the file says it, in the structure of the record: a tree of texts, with null where the file leaves an end open.
 * Unknown keys and texts that are none are told here; whether figures fit is `checkPrices`' to say, so what does not is
 * handed on as it stands.
 */
export const readModel = (node: Node, faults: Faults): unknown => modelOf(node, modelFields, faults);

/** A calendar; an interval by itself means its calendar units. */
export const readCalendar = (node: Node, faults: Faults): unknown =>
  node.kind === 'text' ? { kind: 'calendar', interval: node.text } : modelOf(node, calendarFields, faults);

/** The value of a single key. */
export function readField(node: Node | undefined, { form, isNullable, otherwise }: Field, faults: Faults): unknown {
  if (node === undefined) return otherwise;
  const isNothing = node.kind === 'text' && ['', '~', 'null'].includes(node.text);
  return isNullable === true && isNothing ? null : formed(node, form, faults);
}

/** The keys of a map; anything else is handed on as its text, which is no map. */
export function readFields(node: Node, known: Fields, faults: Faults, alsoKnown: readonly string[] = []): unknown {
  if (node.kind !== 'map') return textOf(node);
  const names = [...alsoKnown, ...Object.keys(known)];
  for (const [key, { keyAt }] of node.entries) {
    if (!names.includes(key)) faults.add('KEY_UNKNOWN', keyAt, key, `one of ${names.join(', ')}`);
  }
  return Object.fromEntries(
    Object.entries(known).flatMap(([key, field]) => {
      const value = readField(node.entries.get(key)?.node, field, faults);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function modelOf(node: Node, models: Readonly<Record<string, Fields>>, faults: Faults): unknown {
  const kindNode = node.kind === 'map' ? node.entries.get('kind')?.node : undefined;
  const kind = kindNode?.kind === 'text' ? kindNode.text : undefined;
  if (kind === undefined || !Object.hasOwn(models, kind)) return node.kind === 'map' ? { kind } : textOf(node);
  return { kind, ...(readFields(node, models[kind]!, faults, ['kind']) as object) };
}

function formed(node: Node, form: Form, faults: Faults): unknown {
  switch (form.kind) {
    case 'leaf':
      return modelOf(node, leafFields, faults);
    case 'list':
      return node.kind === 'list' ? node.items.map((item) => readFields(item, form.of, faults)) : textOf(node);
    case 'texts':
      return node.kind === 'list' ? node.items.map((item) => word(item, faults)) : textOf(node);
    case 'dimensions':
      return node.kind === 'map' ? dimensions(node, faults) : textOf(node);
    case 'text':
      return word(node, faults);
    case 'whole':
      return node.kind === 'text' && /^\d{1,15}$/.test(node.text) ? Number(node.text) : textOf(node);
    case 'flag':
      return flagOf(textOf(node));
    case 'decimal':
      return node.kind === 'text' ? canonicalDecimal(node.text) : textOf(node);
  }
}

function flagOf(text: string): true | undefined | string {
  if (text === 'true') return true;
  return text === 'false' ? undefined : text;
}

function dimensions(node: Node & { kind: 'map' }, faults: Faults): unknown {
  return Object.fromEntries(
    [...node.entries].map(([key, { keyAt, node: value }]) => {
      if (!wordShape.fits(key)) faults.add('VALUE_INVALID', keyAt, key, wordShape.expected);
      return [key, word(value, faults)];
    }),
  );
}

function word(node: Node, faults: Faults): string {
  const text = textOf(node);
  if (node.kind !== 'text' || !wordShape.fits(text)) faults.add('VALUE_INVALID', node.at, text, wordShape.expected);
  return text;
}

/** "0.50" is "0.5", so that the same figure written otherwise is no change; what is no decimal stays what it is. */
function canonicalDecimal(text: string): string {
  if (!/^-?\d{1,30}(\.\d{1,30})?$/.test(text)) return text;
  const scale = text.length - (text.indexOf('.') + 1 || text.length);
  return formatDecimal(parseDecimal(text, scale)!, scale);
}
