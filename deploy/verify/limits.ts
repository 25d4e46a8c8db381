/** Every bound of the verification, with what happens when it is reached. */
export const verifyLimits = {
  /** How long a running instance may take to answer for a partition's balances, take-over included; then it is a fault. */
  answerMsMax: 15_000,
  /** One request for them: the next owner hears nothing of those that came while there was none. */
  askMsMax: 3000,
  answerPollMs: 250,
  /** How long ClickHouse may take to load what the log held when the audit reached its end; then it is a fault. */
  loadMsMax: 60_000,
  loadPollMs: 250,
  /** How long the notifier may take to copy the last alerts; then it is a fault. */
  alertsMsMax: 15_000,
  alertsPollMs: 250,
  /** How long an own broker may take to read its store. */
  brokerMsMax: 120_000,
  /** Between two lines of progress where there is no terminal. */
  progressLineMs: 10_000,
  /** Balances of months that ended longer ago are not in the rater's answers. */
  answeredAgeMsMax: 60 * 24 * 3_600_000,
  /** An instance that holds its directory but whose broker does not answer is taken to be draining for so long. */
  drainMsMax: 15_000,
  drainPollMs: 200,
} as const;
