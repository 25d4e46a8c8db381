import pg from 'pg';

/**
 * How values come back: `bigint` columns (instants, sequences) as numbers, refused beyond 2⁵³; `numeric` as decimal text,
 * for amounts never become binary floats; `jsonb` parsed.
 */
export const typeParsers = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 ? integer : pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig;

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond the integers that JSON carries`);
  return value;
}
