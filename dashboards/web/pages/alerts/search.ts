import { severities, type Severity } from '#core/messages/alert.ts';

export interface AlertsSearch {
  readonly severity?: Severity;
  /** Alerts of one source, such as "budget:render-month". */
  readonly source?: string;
  /** `time`: one list; absent: a group for each source. */
  readonly by?: 'time';
  readonly search?: string;
  /** `open`: those that nobody has taken note of. */
  readonly noted?: 'open';
}

export function parseAlertsSearch({ severity, source, by, search, noted }: Record<string, unknown>): AlertsSearch {
  const known = severities.find((candidate) => candidate === severity);
  return {
    ...(known === undefined ? {} : { severity: known }),
    ...(typeof source === 'string' && source !== '' ? { source } : {}),
    ...(by === 'time' ? { by } : {}),
    ...(noted === 'open' ? { noted } : {}),
    ...(typeof search === 'string' && search !== '' ? { search } : {}),
  };
}
