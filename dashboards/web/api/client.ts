/** Requests to `/api/v1`: same origin, cookie session, problems as errors that a page can show. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly solve: string;
  /** What is wrong with which field, where the problem says so. */
  readonly faults: readonly FieldFault[];

  constructor(status: number, code: string, message: string, solve: string, faults: readonly FieldFault[] = []) {
    super(message);
    this.faults = faults;
    this.status = status;
    this.code = code;
    this.solve = solve;
  }
}

export interface FieldFault {
  /** As in `thresholds[1].percent`. */
  readonly path: string;
  readonly message: string;
  readonly expected: string;
}

export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** The address of a call; arrays repeat their key, undefined values are left out; an empty one asks for what has none. */
export function apiPath(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(key, String(one));
  }
  const text = search.toString();
  return `/api/v1/${path}${text === '' ? '' : `?${text}`}`;
}

export async function get<Answer>(path: string, query?: Query, signal?: AbortSignal): Promise<Answer> {
  return send<Answer>(apiPath(path, query), { ...(signal === undefined ? {} : { signal }) });
}

export async function change<Answer>(method: 'POST' | 'PUT' | 'PATCH', path: string, body: unknown): Promise<Answer> {
  return send<Answer>(apiPath(path), {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function send<Answer>(url: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(
      0,
      'UNREACHABLE',
      'The office does not answer.',
      'Is `meterline up` still running? The page tries again.',
    );
  }
  const text = await response.text();
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as Answer;
  throw problemOf(response.status, text);
}

function problemOf(status: number, text: string): ApiError {
  try {
    const problem = JSON.parse(text) as Partial<Problem>;
    const { code = 'UNKNOWN', title = `Error ${status}.`, solve = '', details } = problem;
    return new ApiError(status, code, title, solve, details?.faults);
  } catch {
    return new ApiError(status, 'UNKNOWN', `The office answered with status ${status}.`, 'Its log says more.');
  }
}

interface Problem {
  readonly code: string;
  readonly title: string;
  readonly solve: string;
  readonly details: { readonly faults?: readonly FieldFault[] };
}
