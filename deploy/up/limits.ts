/** Every wait and retry of the supervisor. */
export const upLimits = {
  /** First pause before a dead child is started again; doubles at each death in a row, up to the maximum. */
  restartPauseMsMin: 100,
  restartPauseMsMax: 10_000,
  /** A child that lived this long is started again without a longer pause. */
  stableAfterMs: 30_000,
  /** A child that is not ready by then fails the start; ClickHouse and Postgres are created in this time at first. */
  readyMsMax: 120_000,
  readyPollMs: 40,
  /** After SIGTERM a child may drain this long before it is killed; what it had committed stays. */
  drainMsMax: 20_000,
  /** Signals closer together than this are one: a terminal and the launcher both send. */
  signalBurstMs: 1500,
  /** How long the end of a `--for` run waits until everything rated is in ClickHouse. */
  settleMsMax: 120_000,
  settlePollMs: 250,
  /** How often the broker is asked whether its store takes messages, and how long it has after a start to say so. */
  brokerCheckMs: 2000,
  brokerRestartMsMin: 10_000,
  /** The disk takes writes again when it takes so much: the broker's largest message, and as much for everybody else. */
  probeBytes: 16 * 1024 ** 2,
  /** How often the supervisor looks whether its launcher still lives. */
  launcherCheckMs: 1000,
  /** One call to the office. */
  requestMsMax: 30_000,
  /** An enrolled producer becomes known to the rater within this, or the agent starts regardless and is refused. */
  enrolMsMax: 30_000,
} as const;
