import { MeterlineError } from '#core/errors.ts';

/** Exit codes: what was asked holds, does not hold, or was asked wrongly. */
export const exitCodes = { holds: 0, holdsNot: 1, askedWrongly: 2 } as const;

/** Statuses of errors of whoever gave the command or wrote the file that it names; all others are the instance's. */
const askedWrongly = new Set([400, 404, 422]);

/** Says what went wrong and what to do, on standard error, and as one document on standard output with `json`. */
export function reportError(error: unknown, json: boolean): number {
  const known = error instanceof MeterlineError;
  const code = known ? error.code : 'UNEXPECTED';
  const message = error instanceof Error ? error.message : String(error);
  const solve = known ? error.solve : 'This is a fault of the program; please report it with the lines above.';
  const text = known || !(error instanceof Error) ? message : error.stack;
  process.stderr.write(`${code}: ${text}\n  What to do: ${solve}\n`);
  if (json) printJson({ ok: false, error: { code, message, solve, ...(known ? { details: error.details } : {}) } });
  return known && askedWrongly.has(error.status) ? exitCodes.askedWrongly : exitCodes.holdsNot;
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Rows as columns of equal width; the first row is the heading. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows)
    printLine(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
