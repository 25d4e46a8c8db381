/** Every queue, window, retry and cache of the dashboards, with what happens when it is reached. */

/** The mirror of committed state. */
export const mirrorLimits = {
  /** A rater that has said nothing for so long counts as gone. */
  raterSilenceMsMax: 5000,
  /** How long one question to the rater may take; then it is asked again. */
  balanceTimeoutMs: 2000,
  /** Pause between two attempts to sync; the mirror stays stale, and says so, meanwhile. */
  syncRetryMs: 250,
  /** How often the mirror asks whether the owner lives and stands where the mirror stands. */
  watchIntervalMs: 10_000,
  /** A mirror that is behind the owner by this long, or ahead of it at all, syncs anew. */
  stuckAfterMs: 5000,
  /** Window of log time over which charges per hour are measured. */
  rateWindowMs: 60_000,
  /** A rate is first shown once its window is this long: shorter ones only flatter or frighten. */
  rateWindowMsMin: 2000,
  /** Width of a rate's buckets; at most window / bucket + 1 points are kept an account. */
  rateBucketMs: 1000,
  /** Minutes of charges that a state carries; older ones are dropped. */
  minutes: 30,
  /** Attempts to seed the minutes from the store, one a second; then only live minutes show. */
  seedAttemptsMax: 120,
  seedRetryMs: 1000,
  /** Alerts kept a tenant; the oldest are dropped. */
  alertsPerTenantMax: 1000,
  /** Deliveries kept a tenant, an alert and a target each; the oldest that went through are dropped first. */
  deliveriesPerTenantMax: 5000,
  /** Attempts kept of a delivery; the oldest are dropped. 72 hours have 27, 14 days 71. */
  attemptsPerDeliveryMax: 80,
  /** Newest messages of ALERTS and DELIVERIES read at the start; older ones stay in the streams only. */
  historyMessagesMax: 100_000,
  /** Newest delivered webhooks whose latency is ranked for the status. */
  latencySamplesMax: 1000,
  /** Alerts in a live state. */
  liveAlertsMax: 50,
  /** Resources in a live state. */
  topResourcesMax: 8,
  /** A balance of a period that ended this long before log time is forgotten. */
  balancesKeptMs: 100 * 24 * 3600 * 1000,
  /** How often figures of the store (top resources, trust) are read anew while somebody looks. */
  storeRefreshMs: 5000,
  /** A reading that takes long is followed by a rest of this many times as long. */
  storeRestFactor: 20,
  /** How long a page waits for the store before it shows what is known. */
  storeWaitMs: 500,
  /** How long after nobody looked the store is left alone. */
  storeIdleMs: 15_000,
  /** Least time after which a producer counts as late, silent. */
  lateAfterMs: 15_000,
  silentAfterMs: 60_000,
} as const;

/** WebSocket clients. */
export const liveLimits = {
  /** At most one push in this time a client: ten a second. */
  pushIntervalMs: 100,
  /** Producers, trust and the watermark are pushed at most this often. */
  slowIntervalMs: 1000,
  /** Unsent bytes a client may have beside one state; beyond, it gets no deltas until it has drained, then one fresh state. */
  bufferedBytesMax: 256 * 1024,
  /** A client that has not drained for this long is closed. */
  stalledMs: 30_000,
  /** Pings; a client that did not answer the last one is closed. */
  pingIntervalMs: 15_000,
  /** How often a client's credential is checked again; a revoked one is closed. */
  recheckIntervalMs: 60_000,
  /** What a client may send; more closes it. It has nothing to say. */
  incomingBytesMax: 1024,
  /** How long a drain waits for pages to say goodbye. */
  drainMsMax: 1000,
  /** Connections in all and of one tenant; more are refused with 503. */
  clientsMax: 1000,
  clientsPerTenantMax: 200,
} as const;

/** The API server. */
export const apiLimits = {
  /** Attempts of one answer about the archive; ask for the rest from where it ends. */
  attemptsPageMax: 1000,
  /** Attempts to log in, and failed credentials, a minute and address; more are refused with 429. */
  loginsPerMinuteMax: 10,
  failuresPerMinuteMax: 60,
  /** Addresses remembered by a rate limit; the oldest is forgotten. */
  addressesMax: 10_000,
  /** The pages' folder is listed again at most this often, when a file is asked for that was not there. */
  pagesListIntervalMs: 1000,
  /** Messages that "why" walks back to find the batch before. */
  chainWalkMax: 64,
  /** Events of one estimate, each of which an event-wise price goes through. */
  estimateEventsMax: 10_000,
  /** Control messages that "why" looks through for a key that is no longer registered; beyond, the key counts as unknown. */
  controlScanMax: 20_000,
  controlScanMsMax: 5000,
  /** Dead deliveries of a target that are asked for again at once; a second call takes the next. */
  replaysMax: 1000,
  /** Rows of one answer. */
  rowsMax: 500,
  /** How long the rater's own status may take. */
  raterStatusTimeoutMs: 1000,
} as const;
