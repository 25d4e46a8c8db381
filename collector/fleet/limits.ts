/** Bounds of the simulated fleet, with what happens when they are reached. */
export const fleetLimits = {
  hostsMax: 10_000,
  historyDaysMax: 400,
  /** Time between two live batches of a host. */
  liveIntervalMs: 5_000,
  /** History batches that wait for the rater, all hosts together, at least; more waits for the mark. */
  historyOutstandingMax: 256,
  /** Live batches of a host that wait for the rater. Reached: its next slice spans longer. */
  liveOutstandingMax: 64,
  /** Requests to the office at a time. */
  enrolAtOnce: 8,
  requestMsMax: 10_000,
  /** Until the office knows every key; then batches are sent anyway and wait at the rater's door. */
  knownMsMax: 30_000,
  retryMs: 500,
  retryMsMax: 10_000,
  drainMs: 3_000,
} as const;
