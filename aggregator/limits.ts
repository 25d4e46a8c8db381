import { assertLimits } from '#platform/assertLimits.ts';
import { clickhouseLimits } from '#platform/clickhouse/limits.ts';
import { maxPayloadBytes } from '#platform/nats/serverConfig.ts';

/** Bounds of the aggregator, with what happens when they are reached. */
export const aggregatorLimits = {
  /** A load of this many bytes of blocks goes out at once (about 200,000 samples). */
  loadBytesMax: 8 * 1024 * 1024,
  /** Tokens that ClickHouse remembers for each table; the loader never relies on older ones, it counts. */
  tokensMax: 10_000,
  /** A load of this many commits goes out at once. */
  loadCommitsMax: 2000,
  /**
   * Loads of one partition are at least this far apart: the first while at least `largeLoadBytes` come in between, the
   * second otherwise, for each load makes parts that are synced and merged. Drill-downs are about that far behind.
   */
  loadIntervalMs: 700,
  smallLoadIntervalMs: 2000,
  largeLoadBytes: 64 * 1024,
  /** Commits without inputs (ticks) move the loader's recorded position this often; the head is checked then, too. */
  idleIntervalMs: 30_000,
  /** After a failure the loader waits, twice as long each time and up to a half less by chance, and goes on from what it recorded. */
  retryMsMin: 50,
  retryMsMax: 10_000,
  /**
   * The log is held to have lost what was loaded when it has not been found for so long: a server that was the cluster's
   * leader answers for some seconds from what it knew. Asked again this often.
   */
  lostCertainMs: 10_000,
  lostAskMs: 1000,
  /** When the role stops, a load under way gets this long; what is not recorded by then is counted at the next start. */
  drainMsMax: 5000,
  /** The reconciliation's answer is kept this long, and this many times as long as it took, so that it stays a small load. */
  reconcileIntervalMs: 60_000,
  reconcileRestFactor: 50,
  /** Balances that it names; more are in its sums only. */
  faultsMax: 20,
  /** So long after the start the daily rollup is computed anew and the store reconciled; then this often, watched or not. */
  choresFirstMs: 600_000,
  rollupIntervalMs: 24 * 3600 * 1000,
  reconcileUnwatchedMs: 3600 * 1000,
  /** Rows of one page; more is a request that is not valid. */
  pageRowsMax: 500,
  /** Blocks of one page, each of a batch's rows at most. */
  pageBlocksMax: 200,
  /** Dimensions of one exploration. */
  exploreDimensionsMax: 3,
  /** Resources on the "now" page. */
  topResourcesMax: 8,
  /** Days of a total in a pricing unit of which it is told what they are worth, those with the most units: a hundred years. */
  worthDaysMax: 36_600,
} as const;

const { loadBytesMax, loadIntervalMs, smallLoadIntervalMs, largeLoadBytes, ...other } = aggregatorLimits;
const { gatherBytes, gatherMs, insertBytesMax, tokensKnownMax } = clickhouseLimits;

/** What must hold between them, and with those of ClickHouse. */
assertLimits('aggregator', {
  'a load with the commit that fills it, joined to others that wait, is one block for ClickHouse, there or not':
    gatherBytes + loadBytesMax + maxPayloadBytes <= insertBytesMax,
  'drill-downs are at most a second behind under load': loadIntervalMs + 2 * gatherMs < 1000,
  'what is worth a load at once is worth one': largeLoadBytes < loadBytesMax,
  'small loads are no more frequent than large ones': loadIntervalMs <= smallLoadIntervalMs,
  'pauses after failures grow': other.retryMsMin < other.retryMsMax,
  'what is lost is asked for more than once before it counts as lost': 2 * other.lostAskMs <= other.lostCertainMs,
  'a token of an insert that was joined is remembered as long as ClickHouse remembers its own':
    tokensKnownMax >= other.tokensMax,
});
