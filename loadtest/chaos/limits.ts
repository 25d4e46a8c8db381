/** Every bound and measure of a chaos run. */
export const chaosLimits = {
  /** Partitions of the instance, and tenants, each on a partition of its own. */
  partitions: 2,
  agentsPerTenant: 2,
  raters: 2,
  /** How often an agent reads its machine's counters, and how often the counters move. */
  intervalMs: 250,
  tickMs: 100,
  /** Network devices of a machine; each has two counters. */
  devices: 50,
  /** Quiet time before the first fault, and between one that is recovered from and the next. */
  calmMsMin: 100,
  calmMsMax: 1500,
  /** Share of faults upon which another one follows within so long, mended or not. */
  togetherShare: 0.25,
  togetherMsMax: 3000,
  /** All that the agents had spooled when a fault ended must be committed and loaded within this, or the run has failed. */
  recoverMsMax: 120_000,
  pollMs: 20,
  /** Bounds of the waits before and after the load. */
  startMsMax: 120_000,
  drainMsMax: 180_000,
  /** A child that was never ready, or a request that is not answered, is asked again after so long. */
  retryMs: 100,
  /** Services of a tenant that hold and release, how long each waits for an answer and between two requests, and how often it asks in the end. */
  holdersPerTenant: 2,
  holdTimeoutMs: 1500,
  holdPauseMs: 40,
  holdTriesMax: 20,
  /** Room of a small disk: more than a run writes, for the disk is filled by making it smaller. */
  diskBytes: 1024 ** 3,
  diskBytesPerSecond: 2 * 1024 ** 2,
  /** Left free on a full disk, that shrinking it under writers can succeed. */
  diskMarginBytes: 64 * 1024,
} as const;
