/** Every bound of the notifier, with what happens when it is reached. */
export const notifierLimits = {
  /** Alerts that wait to be written to `ALERTS`, each behind the acknowledgement of the one before; with more, followers wait. */
  copiesWaitingMax: 5000,
  /** Records appended to `DELIVERIES` before their acknowledgements are awaited; more wait their turn. */
  recordWindowMax: 64,
  /** Offers held until the follower has closed the gap before them; more are dropped, the follower brings them. */
  offersHeldMax: 1024,
  /** Commits of this process that the follower has not passed yet; with more it reads the log instead. */
  ownCommitsMax: 1000,
  /** This process has told of no commit for so long: the follower reads the log, where another rater's may come. */
  ownPauseMs: 1000,
  /** How often the position of each partition is written down; a restart reads again what came after. */
  checkpointIntervalMs: 5000,
  /** Pause before a failed read or write of the log is tried again, and before the notifier begins anew. */
  logRetryMs: 500,

  /** Requests to one target are counted over so long; beyond its `groupAfter` alerts go grouped. */
  groupWindowMs: 10_000,
  /** Alerts of one grouped request; more make another one. */
  groupAlertsMax: 250,
  /** Alerts that a grouped request holds whole; of the others it holds the id, and where their source stands. */
  groupListedMax: 50,
  /** In a storm an alert waits at most so long behind the last request: one that asks a receiver to act, and one that only tells. */
  groupActPauseMs: 100,
  groupTellPauseMs: 1000,
  /** Alerts that wait for one target; more are given up at once, with that as their detail. */
  pendingPerTargetMax: 50_000,
  /** Attempts whose record waits for the log; beyond it the oldest is dropped, and that attempt may be made again. */
  recordsWaitingMax: 10_000,

  /** Name resolution and connection of one attempt; then it has failed. */
  connectTimeoutMs: 3000,
  /** One attempt from start to the end of the answer; then it has failed. */
  attemptTimeoutMs: 10_000,
  /** One mail, from connection to the server's word that it has it. */
  mailTimeoutMs: 30_000,
  /** Sources that a mail or a chat message about many alerts names; the rest are counted. */
  factsMax: 20,
  /** Characters of a Slack message; the service takes 3,000. */
  slackTextMax: 2900,
  /** Bytes of an answer that are read; a longer one is cut off, its status counts. */
  answerBytesMax: 16 * 1024,
  /** Characters of an answer that the delivery's detail keeps, and its record. */
  detailCharactersMax: 200,
  responseCharactersMax: 1000,
  /** A connection to a target without traffic is closed after this. */
  idleConnectionMs: 60_000,

  /** First pause after a failure; it doubles with each further one. */
  retryFirstMs: 500,
  /** Longest pause between two attempts, before jitter. */
  retryPauseMsMax: 6 * 3_600_000,
  /** Each pause is stretched or shortened by up to this share, so that targets do not retry in step. */
  retryJitter: 0.2,
  /** Longest Retry-After that is kept: who asks for a year would have the alert given up unsent. */
  retryAfterMsMax: 24 * 3_600_000,

  /** On shutdown, requests under way get this long to be answered; then they are left to the next start. */
  drainMsMax: 2000,
} as const;

/** When settled alerts and their attempts leave `ALERTS` and `DELIVERIES`. `keepMs` is the configuration's `webhooks.keepDays`. */
export const trimLimits = {
  keepMs: 90 * 86_400_000,
  /** Where a stream fills, what is settled goes sooner, but not before this: a log that lost its tail may raise it again. */
  keepAtLeastMs: 3_600_000,
  /** Shares of a stream's limit at which that begins, and at which it ends. */
  beginShare: 0.75,
  endShare: 0.5,
  /** How often it is looked, and how many alerts and records go at once. */
  everyMs: 60_000,
  alertsMax: 50_000,
  recordsMax: 50_000,
} as const;
