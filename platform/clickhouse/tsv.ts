/** Tab-separated lines as ClickHouse reads them, for rows that are few; rated blocks come encoded by the rater. */
export type Field = string | number | readonly string[] | readonly number[] | { readonly raw: string };

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
};

const escapeText = (text: string): string => text.replace(/[\\\t\n\r\0\b\f]/g, (character) => escapes[character]!); // eslint-disable-line no-control-regex

/** A text within an array. */
const quoted = (text: string): string => `'${escapeText(text).replaceAll("'", "\\'")}'`;

function fieldText(field: Field): string {
  if (typeof field === 'string') return escapeText(field);
  if (typeof field === 'number') return String(field);
  if ('raw' in field) return field.raw;
  return `[${field.map((value) => (typeof value === 'number' ? String(value) : quoted(value))).join(',')}]`;
}

/** One line, with its line feed. */
export const tsvLine = (fields: readonly Field[]): string => `${fields.map(fieldText).join('\t')}\n`;

/** A `DateTime64(3)`: unix seconds with three decimals and ten digits before the point, the one unambiguous form. */
export function tsvInstant(ms: number): { readonly raw: string } {
  const text = String(ms).padStart(13, '0');
  return { raw: `${text.slice(0, -3)}.${text.slice(-3)}` };
}

/** Decimals, already plain text. */
export const tsvDecimals = (values: readonly string[]): Field => ({ raw: `[${values.join(',')}]` });
