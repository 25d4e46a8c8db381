import { expect, test } from 'vitest';
import type { Status } from '#core/messages/api.ts';
import { summarize } from './summary.ts';

const counts = (received: number, rated: number, duplicates: number, refused: number) => ({
  samples: { received, rated, duplicates, refused },
  batches: { received: 1, rated: 1, duplicates: 0, refused: 0 },
});

const status = (rowsInClickHouse: number, second = counts(30, 20, 6, 4)): Status => ({
  version: '0.1.0',
  pressure: { asOfMs: 0, state: 'ok', stages: [] },
  startedAtMs: 0,
  partitions: [counts(10, 9, 1, 0), second].map((totals, partition) => ({
    partition,
    owner: true,
    rater: 'r',
    standbys: [],
    retired: false,
    incarnation: 1,
    outSeq: 1,
    loadedSeq: 1,
    logTimeMs: 0,
    totals,
  })),
  raters: [],
  rowsInClickHouse,
  alerts: 2,
  webhooksDelivered: 1,
  latencyMs: { commit: { p50: 1, p99: 2 }, alert: { p50: 3, p99: 4 } },
});

const rest = { url: 'http://127.0.0.1:1', seconds: 60, accounts: 12, startMs: 5 };

test('the summary adds partitions up and holds only when samples are conserved and loaded', () => {
  expect(summarize(status(29), rest)).toEqual({
    ok: true,
    ...rest,
    samples: 40,
    rated: 29,
    duplicates: 7,
    refused: 4,
    rowsInClickHouse: 29,
    alerts: 2,
    webhooksDelivered: 1,
    latencyMs: { commit: { p50: 1, p99: 2 }, alert: { p50: 3, p99: 4 } },
  });
  expect(summarize(status(28), rest).ok).toBe(false);
  expect(summarize(status(29, counts(31, 20, 6, 4)), rest).ok).toBe(false);
});
