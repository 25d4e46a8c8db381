/** Where each stage of the path begins to be full, and where it goes on (architecture §3.10). Shares are of the stage's own limit. */
export const pressureLimits = {
  /** Bytes of one agent's spool. Reached: the oldest is kept, what comes is added up into longer slices (SPEC §2.15). */
  spoolBytesMax: 1024 ** 3,
  /** Of the spool: from here on it is said that an agent waits. */
  spoolWarnPercent: 50,
  /** Batches that an agent holds beyond what it may send before its mark moves: they wait on its disk. */
  spoolWaitingBatches: 1000,
  /** Of any stream's bytes: from here on there is an alarm. */
  streamWarnPercent: 80,
  /** Of any stream's bytes: no further message fits, for all that one can tell. */
  streamFullPercent: 99,
  /** Of RATED's bytes: rating takes no more usage; the rest is for take-over, control and what falls due. */
  ratedStopPercent: 90,
  /** Rating goes on below. */
  ratedGoOnPercent: 85,
  /** The alarm of RATED comes well before. */
  ratedWarnPercent: 70,
  /** Usage in the log that is not rated yet, by age: from here on it is said. */
  ratingWarnMs: 10_000,
  /** Rated, but not in ClickHouse yet: drill-downs are behind by so much. */
  loadWarnMs: 60_000,
  /** Free bytes below which the broker's next sync may fail; an instance does not start with less. */
  diskFreeBytesMin: 512 * 1024 ** 2,
} as const;
