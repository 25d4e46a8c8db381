/** Parts that several sections of the file share. */
import { isTimeZone } from '#core/time/period.ts';
import type { At, Faults } from './faults.ts';
import type { Fields } from './fields.ts';
import type { Ref } from './organisation.ts';
import { nameShape, type Shape } from './shapes.ts';
import type { Node } from './yaml.ts';

/** Leaves out, and reports, what has the key of something before it. */
export function unique<Item extends { readonly at: At }>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  faults: Faults,
): Item[] {
  const seen = new Map<string, Item>();
  for (const item of items) {
    const first = seen.get(keyOf(item));
    if (first === undefined) seen.set(keyOf(item), item);
    else faults.add('DUPLICATE', item.at, keyOf(item), `another name; it stands in line ${first.at.line} already`);
  }
  return [...seen.values()];
}

/** The text of `timeZone`; undefined, with the fault told, when it is no IANA zone or is missing. */
export function readTimeZone(fields: Fields, faults: Faults): string | undefined {
  const zone = fields.text('timeZone', nameShape);
  if (zone === undefined || isTimeZone(zone)) return zone;
  faults.add('TIME_ZONE_UNKNOWN', fields.atOf('timeZone'), zone, 'an IANA time zone');
  return undefined;
}

export function readRef(fields: Fields, key: string, shape: Shape): Ref | undefined {
  const name = fields.text(key, shape);
  return name === undefined ? undefined : { name, at: fields.atOf(key) };
}

type Complete<Value> = { readonly [Key in keyof Value]-?: Exclude<Value[Key], undefined> };

/** True when no value is undefined. */
export const isComplete = <Value extends object>(value: Value): value is Value & Complete<Value> =>
  Object.values(value).every((item) => item !== undefined);

const soldNames = ['key', 'service', 'component', 'plan', 'contract'];

/** An entry of what is sold is left out, for it has faults; naming what it is called is no second one. */
export function leaveOut(entry: Node, faults: Faults): [] {
  if (entry.kind === 'list') for (const item of entry.items) leaveOut(item, faults);
  if (entry.kind === 'map')
    for (const [name, { node }] of entry.entries) {
      if (node.kind !== 'text') leaveOut(node, faults);
      else if (soldNames.includes(name)) faults.unreadableNames.add(node.text);
    }
  return [];
}
