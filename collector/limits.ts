import { batchLimits } from '#core/metering/batch.ts';
import { pressureLimits } from '#core/pressure/limits.ts';
import { assertLimits } from '#platform/assertLimits.ts';

/** Every bound of the agent, with what happens when it is reached. */
export const limits = {
  /** Bytes of all segments together. Reached: acknowledged segments go first, then new samples wait (counters simply
   * span longer, levels leave a gap), because the oldest usage is the one that nobody else has. */
  spoolBytesMax: pressureLimits.spoolBytesMax,
  /** While the spool has no room, samples are added up into slices of this length; a quarter of an hour is a part of every zone's hours. */
  coalesceMs: 900_000,
  /** Slices kept. Reached: they become twice as long, up to the longest that a batch may carry; beyond it counters wait instead. */
  coalescedSlicesMax: 50_000,
  /** How often they are written beside the spool, and a disk that had failed is tried again; a crash costs detail, never usage. */
  heldWriteMs: 5_000,
  /** A segment is closed beyond this size; also what one read of the spool holds in memory. */
  segmentBytesMax: 1024 ** 2,
  /** One record of a segment. A length beyond it in a file means damage. */
  recordBytesMax: 64 * 1024 ** 2,
  /** Acknowledged batches stay this long, so that a log that lost its tail can be fed again. */
  keepAcknowledgedMs: 3600_000,
  /** Acknowledged segments together; beyond it the oldest go before their hour is over. */
  keepAcknowledgedBytesMax: 64 * 1024 ** 2,
  /** Lost sequence numbers that are filled one by one. A larger hole ends the epoch: what lies behind it is set aside. */
  lostBatchesMax: 10_000,
  /** Batches and bytes sent beyond the mark, so that no agent alone fills a partition. Reached: sending waits for the mark. */
  windowBatchesMax: 256,
  windowBytesMax: 8 * 1024 ** 2,
  /** The mark stood still for this long although batches were sent: ask for it, then send again from it. Doubles up to the maximum. */
  stallMs: 3_000,
  stallMsMax: 60_000,
  /** Wait after a refused or unanswered append; doubles up to the maximum, with jitter. Retried for ever. */
  retryMs: 100,
  retryMsMax: 10_000,
  /** One request for the mark. */
  markTimeoutMs: 2_000,
  /** Nobody answers for the mark for this long: send from the last known one, the log is durable without its rater. */
  markWaitMs: 10_000,
  /** A restarted agent waits this long for the mark before its first reading, to notice that its spool is an old copy. */
  markBeforeFirstReadMs: 2_000,
  /** Without any batch for this long an empty one says that the agent lives, and up to where nothing more will come. */
  heartbeatMs: 10_000,
  /** Last chance to publish what is spooled when the process is asked to end. */
  drainMs: 3_000,
  /** The sources of a host are read in at most this many turns an interval: figures move as often, each turn costs a signature and a sync. */
  turnsMax: 3,
  /** A level is held to be true for this many intervals before its reading, at least `levelHoldMsMin`; beyond it is a gap. */
  levelHoldIntervals: 3,
  levelHoldMsMin: 5_000,
  /** Wall and monotonic clock differing by more over one slice is noted. */
  clockDriftMs: 1_000,
  /** A slice that would start this far in the future of the wall clock is given up: the clock had been wrong. */
  clockAheadMsMax: 12 * 3600_000,
  /** Series of one source. Reached: further ones are left out and the source is reported as failing. */
  seriesMax: 20_000,
  /** A series not seen for this long is forgotten; should it come back, it is counted from what it then reads. */
  seriesForgetMs: 600_000,
  /** What came to be up to this long before the last reading, unseen, counts from zero: its pid file or cgroup came late. */
  bornSlackMs: 5_000,
  /** Largest file of /proc or a cgroup that is read. */
  procFileBytesMax: 4 * 1024 ** 2,
  /** Depth to which the cgroup tree is searched for containers. */
  cgroupDepthMax: 10,
} as const;

/** What must hold between them, and with those of a batch. */
assertLimits('collector', {
  'a batch of the greatest size can be sent, and kept':
    batchLimits.bytesMax <= Math.min(limits.windowBytesMax, limits.recordBytesMax),
  'segments are small parts of the spool': 4 * limits.segmentBytesMax <= limits.spoolBytesMax,
  'what is acknowledged leaves room for what is not': 2 * limits.keepAcknowledgedBytesMax <= limits.spoolBytesMax,
  'pauses grow': limits.retryMs < limits.retryMsMax && limits.stallMs < limits.stallMsMax,
  'the mark is asked for once before sending goes on without it': limits.markTimeoutMs < limits.markWaitMs,
});
