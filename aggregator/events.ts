import { Counter, Gauge, Histogram, register, type Registry } from 'prom-client';
import { MeterlineError } from '#core/errors.ts';
import type { Logger } from '#platform/telemetry.ts';
import type { Head } from './loader/chain.ts';
import type { RecoveryCase } from './loader/recovery.ts';

const metrics = {
  loads: new Counter({
    name: 'meterline_aggregator_loads_total',
    help: 'Loads written to ClickHouse and marked done.',
  }),
  samples: new Counter({ name: 'meterline_aggregator_samples_total', help: 'Rated samples loaded.' }),
  seconds: new Histogram({
    name: 'meterline_aggregator_load_seconds',
    help: 'Duration of a load, from its intent to its mark.',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  }),
  loadedSeq: new Gauge({
    name: 'meterline_aggregator_loaded_seq',
    help: 'Last commit in ClickHouse.',
    labelNames: ['partition'],
  }),
  lag: new Gauge({
    name: 'meterline_aggregator_lag_samples',
    help: 'Committed rated samples not yet in ClickHouse.',
    labelNames: ['partition'],
  }),
  failures: new Counter({
    name: 'meterline_aggregator_load_failures_total',
    help: 'Loads that failed and are retried, by error code.',
    labelNames: ['code'],
  }),
  recoveries: new Counter({
    name: 'meterline_aggregator_recoveries_total',
    help: 'Ranges counted after a doubt, by what the store held: before, new, same, containing, overlapping.',
    labelNames: ['found'],
  }),
  unchained: new Counter({
    name: 'meterline_aggregator_unchained_total',
    help: 'Messages ignored because they do not chain.',
  }),
  voided: new Counter({
    name: 'meterline_aggregator_void_rows_total',
    help: 'Rows removed because a take-over voided them.',
  }),
  rewinds: new Counter({
    name: 'meterline_aggregator_rewinds_total',
    help: 'Times that the log is read again from its start, for it or the store has lost commits that were loaded.',
    labelNames: ['lost'],
  }),
  difference: new Gauge({
    name: 'meterline_aggregator_reconcile_faults',
    help: 'Partitions or balances that the last reconciliation found to differ; 0 is right.',
  }),
  rollups: new Counter({
    name: 'meterline_aggregator_rollup_rebuilds_total',
    help: 'Times that the daily rollup was rebuilt.',
  }),
} as const;

/** One helper per business event: metric and log line together. */
export function aggregatorEvents(logger: Logger) {
  return {
    registry: register as Registry,
    loaded(partition: number, end: Head, samples: number, ms: number): void {
      metrics.loads.inc();
      metrics.samples.inc(Math.max(0, samples));
      metrics.seconds.observe(ms / 1000);
      metrics.loadedSeq.set({ partition: String(partition) }, end.seq);
      logger.debug({ partition, outSeq: end.seq, samples, ms: Math.round(ms) }, 'loaded');
    },
    lagMeasured(partition: number, samples: number): void {
      metrics.lag.set({ partition: String(partition) }, samples);
    },
    loadFailed(partition: number, error: unknown, failures: number): void {
      metrics.failures.inc({ code: error instanceof MeterlineError ? error.code : 'OTHER' });
      // The first failure and then each that waits the longest; between them the counter tells.
      if (failures === 0 || failures >= 8)
        logger.warn({ partition, failures, err: error }, 'load failed; it will be tried again');
    },
    restored(partition: number, outSeq: number, doubtSeqMax: number): void {
      logger.info({ partition, outSeq, doubtSeqMax }, 'loader goes on from its record');
    },
    recovered(partition: number, table: string, found: RecoveryCase): void {
      metrics.recoveries.inc({ found });
      logger.info({ partition, table, found }, 'range in doubt counted');
    },
    takeoverApplied(partition: number, incarnation: number, voidRows: number): void {
      metrics.voided.inc(voidRows);
      if (voidRows > 0) logger.warn({ partition, incarnation, voidRows }, 'rows voided by a take-over are removed');
    },
    rewound(partition: number, outSeq: number, lost: 'log' | 'store'): void {
      metrics.rewinds.inc({ lost });
      logger.warn({ partition, outSeq, lost }, 'commits that were loaded are lost; reading the log again');
    },
    beyondLog(partition: number, storeSeq: number, logSeq: number): void {
      metrics.rewinds.inc({ lost: 'log' });
      logger.warn(
        { partition, storeSeq, logSeq },
        'ClickHouse holds commits that the log has lost; the next take-over removes them',
      );
    },
    unchained(partition: number, seq: number): void {
      metrics.unchained.inc();
      logger.warn({ partition, seq }, 'a message does not chain and is ignored');
    },
    reconciled(faults: number): void {
      metrics.difference.set(faults);
      if (faults > 0) logger.error({ faults }, 'ClickHouse differs from the log');
    },
    reconcileFailed(error: unknown): void {
      logger.warn({ err: error }, 'not reconciled');
    },
    rollupFailed(error: unknown): void {
      logger.warn({ err: error }, 'daily rollup not rebuilt; the old one stays');
    },
    rollupRebuilt(actor: string, ms: number): void {
      metrics.rollups.inc();
      logger.info({ actor, ms: Math.round(ms) }, 'daily rollup rebuilt');
    },
  };
}

export type AggregatorEvents = ReturnType<typeof aggregatorEvents>;
