/** Shapes of records: what a value that may be anything must look like before its fields are looked at. */

export type Shape =
  | 'text'
  | 'number'
  /** Which numbers are meant, as a sentence part; whether it is one of them is looked at by somebody else. */
  | { readonly number: string }
  /** The number of an account: whole, 1 or more. */
  | 'account'
  | 'boolean'
  /** Looked at by somebody else. */
  | 'any'
  | { readonly oneOf: readonly string[] }
  | { readonly optional: Shape }
  | { readonly nullable: Shape }
  | { readonly list: Shape; readonly max: number }
  | { readonly record: Readonly<Record<string, Shape>> }
  /** A record told by its `kind`. */
  | { readonly kinds: Readonly<Record<string, Readonly<Record<string, Shape>>>> };

export interface ShapeFault {
  readonly path: string;
  readonly value: unknown;
  readonly expected: string;
}

const faultsMax = 100;

/** Every fault, with its path, up to a hundred. A field that the shape does not name is one: a misspelt name must not be ignored. */
export function faultsOfShape(value: unknown, shape: Shape, path = ''): ShapeFault[] {
  const faults: ShapeFault[] = [];
  look(value, shape, path, faults);
  return faults.slice(0, faultsMax);
}

function look(value: unknown, shape: Shape, path: string, faults: ShapeFault[]): void {
  const expect = (holds: boolean, expected: string): boolean => {
    if (!holds) faults.push({ path, value, expected });
    return holds;
  };
  const isNumber = () => typeof value === 'number' && !Number.isNaN(value);
  if (shape === 'text') expect(typeof value === 'string', 'text');
  else if (shape === 'number') expect(isNumber(), 'a number');
  else if (shape === 'account')
    expect(Number.isSafeInteger(value) && (value as number) > 0, 'the number of an account');
  else if (shape === 'any') return;
  else if (shape === 'boolean') expect(typeof value === 'boolean', 'true or false');
  else if ('number' in shape) expect(isNumber(), shape.number);
  else if ('oneOf' in shape)
    expect(typeof value === 'string' && shape.oneOf.includes(value), `one of ${shape.oneOf.join(', ')}`);
  else if ('optional' in shape) {
    if (value !== undefined) look(value, shape.optional, path, faults);
  } else if ('nullable' in shape) {
    if (value !== null) look(value, shape.nullable, path, faults);
  } else if ('list' in shape) {
    if (!expect(Array.isArray(value), 'a list')) return;
    const list = value as readonly unknown[];
    if (!expect(list.length <= shape.max, `a list of at most ${shape.max}`)) return;
    list.forEach((item, index) => look(item, shape.list, `${path}[${index}]`, faults));
  } else if (expect(typeof value === 'object' && value !== null && !Array.isArray(value), 'a record')) {
    const fields = value as Readonly<Record<string, unknown>>;
    if ('record' in shape) lookAtFields(fields, shape.record, path, faults);
    else {
      const kinds = Object.keys(shape.kinds);
      const { kind } = fields;
      if (typeof kind === 'string' && kinds.includes(kind))
        lookAtFields(fields, { ...shape.kinds[kind]!, kind: 'text' }, path, faults);
      else faults.push({ path: joined(path, 'kind'), value: kind, expected: `one of ${kinds.join(', ')}` });
    }
  }
}

function lookAtFields(
  fields: Readonly<Record<string, unknown>>,
  shapes: Readonly<Record<string, Shape>>,
  path: string,
  faults: ShapeFault[],
): void {
  for (const [name, shape] of Object.entries(shapes)) look(fields[name], shape, joined(path, name), faults);
  for (const name of Object.keys(fields))
    if (!Object.hasOwn(shapes, name)) {
      const expected = `no such field, but ${Object.keys(shapes).join(', ')}`;
      faults.push({ path: joined(path, name), value: fields[name], expected });
    }
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
