import { MeterlineError } from '#core/errors.ts';
import { configPath, readConfig, type Config } from '#platform/config.ts';
import type { Problem } from '#platform/http/index.ts';
import { readAdminKey } from './instance/keys.ts';
import { deployError } from './errors.ts';
import { upLimits } from './up/limits.ts';

export interface OfficeClient {
  readonly url: string;
  readonly config: Config;
  get<Answer>(path: string): Promise<Answer>;
  send<Answer>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
}

/** The instance's HTTP API under `/api/v1`, as its administrator. */
export function officeClient(config: Config): OfficeClient {
  const url = `http://${config.office.host}:${config.office.port}`;
  async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${readAdminKey(config.dataDir)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(upLimits.requestMsMax),
    }).catch((cause: unknown) => {
      throw deployError('OFFICE_UNREACHABLE', `${url} (data directory ${config.dataDir}).`, { url }, cause);
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text === '' ? 'null' : text) as Answer;
    throw refusal(response.status, text);
  }
  return {
    url,
    config,
    get: (path) => call('GET', path),
    send: (method, path, body) => call(method, path, body),
  };
}

/** The client of the instance in `dataDir`, from its configuration file. */
export const officeOf = (dataDir: string): OfficeClient => officeClient(readConfig(configPath(dataDir)));

/** The office's own error, told again with its code; what is none of its own says so. */
function refusal(status: number, text: string): MeterlineError {
  let problem: Partial<Problem> = {};
  try {
    problem = JSON.parse(text) as Partial<Problem>;
  } catch {
    // A proxy's page, say; the status is all we know.
  }
  const { code, title = '', solve = '', details = {} } = problem;
  if (code === undefined) return deployError('OFFICE_REFUSED', `HTTP ${status}.`, { status });
  return new MeterlineError(code, { status, title, solve }, '', details);
}
