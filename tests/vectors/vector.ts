/** Files of vectors: configuration, inputs and expected result of one calculation, as the test files of public engines state them. */
import { z } from 'zod';

/** Every number of a file is kept as the text that it was written with: a binary float never stands between. */
export type Json = string | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface Vector {
  readonly id: string;
  readonly family: string;
  readonly area: string | undefined;
  /** A label in the source's words. */
  readonly model: string;
  readonly upstreamDefect: boolean;
  readonly config: JsonObject;
  readonly inputs: JsonObject;
  readonly expected: JsonObject;
}

const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]),
);
const jsonObject = z.record(z.string(), json);

const vectorSchema = z.object({
  id: z.string().min(1),
  family: z.string().min(1),
  area: z.string().nullish(),
  model: z.string().nullish(),
  /** true, or why. */
  upstreamDefect: z.union([z.boolean(), z.string()]).nullish(),
  config: jsonObject.nullish(),
  inputs: jsonObject.nullish(),
  expected: jsonObject,
});

/** Throws an Error that says what is wrong with the file, to be shown as it is. */
export function parseVectors(text: string): Vector[] {
  const content = parseKeepingNumbers(text);
  const list = Array.isArray(content) ? content : isObject(content) ? content['vectors'] : undefined;
  if (!Array.isArray(list)) throw new Error('has no list "vectors"');
  return list.map((item: unknown, index) => {
    const parsed = vectorSchema.safeParse(item);
    if (!parsed.success) throw new Error(`vectors[${index}]: ${z.prettifyError(parsed.error)}`);
    const { id, family, area, model, upstreamDefect, config, inputs, expected } = parsed.data;
    const isDefect = upstreamDefect !== undefined && upstreamDefect !== null && upstreamDefect !== false;
    return {
      id,
      family,
      area: area ?? undefined,
      model: model ?? '',
      upstreamDefect: isDefect,
      config: config ?? {},
      inputs: inputs ?? {},
      expected,
    };
  });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const keepNumbers: Reviver = (_key, value, { source }) =>
  typeof value === 'number' ? plainDecimal(source ?? String(value)) : value;

function parseKeepingNumbers(text: string): unknown {
  return (JSON.parse as (text: string, reviver: Reviver) => unknown)(text, keepNumbers);
}

/** "1.5e3" as "1500"; what has no exponent stays as it is. */
export function plainDecimal(source: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/.exec(source);
  if (match === null) return source;
  const [, minus = '', whole = '', fraction = '', exponent = '0'] = match;
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 0);
  const left = padded.slice(0, at) || '0';
  const right = padded.slice(at);
  return `${minus}${left}${right === '' ? '' : `.${right}`}`;
}
