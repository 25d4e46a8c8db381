import { severities, type Severity } from '#core/messages/alert.ts';

export interface AlertsSearch {
  readonly severity?: Severity;
  /** Alerts of one source, such as "budget:render-month". */
  readonly source?: string;
  /** `time`: one list; absent: a group for each source. */
  readonly by?: 'time';
  readonly search?: string;
}

export function parseAlertsSearch({ severity, source, by, search }: Record<string, unknown>): AlertsSearch {
  const known = severities.find((candidate) => candidate === severity);
  return {
    ...(known === undefined ? {} : { severity: known }),
    ...(typeof source === 'string' && source !== '' ? { source } : {}),
    ...(by === 'time' ? { by } : {}),
    ...(typeof search === 'string' && search !== '' ? { search } : {}),
  };
}
