import type { Accounts, Status } from '#core/messages/api.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { OfficeClient } from '../officeClient.ts';
import { upLimits } from './limits.ts';

/** What a `--for` run prints; the names are a promise to scripts. Counts are samples unless they say otherwise. */
export interface Summary {
  readonly ok: boolean;
  readonly url: string;
  readonly seconds: number;
  readonly samples: number;
  readonly rated: number;
  readonly duplicates: number;
  readonly refused: number;
  readonly accounts: number;
  readonly rowsInClickHouse: number;
  readonly alerts: number;
  readonly webhooksDelivered: number;
  readonly latencyMs: Status['latencyMs'];
  /** From the launcher's start until everything was ready. */
  readonly startMs: number;
}

/** Sums over partitions; `ok` is CONSERVE, and every rated sample in ClickHouse. */
export function summarize(status: Status, rest: Pick<Summary, 'url' | 'seconds' | 'accounts' | 'startMs'>): Summary {
  const counts = { received: 0, rated: 0, duplicates: 0, refused: 0 };
  for (const { totals } of status.partitions) {
    for (const key of ['received', 'rated', 'duplicates', 'refused'] as const) counts[key] += totals.samples[key];
  }
  const { received, rated, duplicates, refused } = counts;
  const { rowsInClickHouse, alerts, webhooksDelivered, latencyMs } = status;
  const { url, seconds, accounts, startMs } = rest;
  return {
    ok: received > 0 && received === rated + duplicates + refused && rowsInClickHouse === rated,
    url,
    seconds,
    samples: received,
    rated,
    duplicates,
    refused,
    accounts,
    rowsInClickHouse,
    alerts,
    webhooksDelivered,
    latencyMs,
    startMs,
  };
}

/**
 * Reads the summary once producers have stopped: waits until all that was rated is loaded and nothing moves any more.
 * At the bound it takes the figures as they are; `ok` tells.
 */
export async function settledSummary(
  office: OfficeClient,
  rest: Pick<Summary, 'seconds' | 'startMs'>,
): Promise<Summary> {
  const deadline = performance.now() + upLimits.settleMsMax;
  const accounts = (await office.get<Accounts>('/accounts')).accounts.length;
  let before = '';
  for (;;) {
    const summary = summarize(await office.get<Status>('/status'), { ...rest, url: office.url, accounts });
    const now = JSON.stringify({ ...summary, latencyMs: null });
    if ((summary.ok && now === before) || performance.now() > deadline) return summary;
    before = now;
    await sleep(upLimits.settlePollMs);
  }
}
