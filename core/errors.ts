/**
 * Every error that a person or a program may meet has a stable code, an HTTP status, a meaning and a way out.
 * `docs/errors.md` lists them; a test keeps the page and the code equal.
 */
export interface ErrorEntry {
  /** HTTP status when the error crosses the API; 500 where it never should. */
  readonly status: number;
  /** What happened, in one sentence. */
  readonly title: string;
  /** What the reader can do about it, in one sentence. */
  readonly solve: string;
}

export type ErrorTable<Code extends string> = Readonly<Record<Code, ErrorEntry>>;

/** A failure that is somebody's to mend: a bad file, a busy port, a refused request. Bugs throw plain errors. */
export class MeterlineError extends Error {
  override readonly name = 'MeterlineError';
  readonly code: string;
  readonly status: number;
  readonly solve: string;
  /** Where it happened: a file with line and column, a JSON path, a port. Never a secret. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, entry: ErrorEntry, detail: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(`${entry.title} ${detail}`.trim(), cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = entry.status;
    this.solve = entry.solve;
    this.details = details;
  }
}

/**
 * Declares a folder's errors once; the returned function makes one, by code, with the particulars of the case, and
 * carries the table, so that the reference page can be compared with it.
 */
export function defineErrors<Code extends string>(table: ErrorTable<Code>) {
  const make = (code: Code, detail = '', details: Record<string, unknown> = {}, cause?: unknown): MeterlineError =>
    new MeterlineError(code, table[code], detail, details, cause);
  return Object.assign(make, { table });
}
