/** Every bound of the back office, with what happens when it is reached. */
export const billingLimits = {
  /** Longest organisation file, in UTF-16 units; longer is FILE_TOO_LARGE. */
  documentLengthMax: 2 * 1024 * 1024,
  /** Faults reported of one file; the rest are counted. */
  faultsMax: 200,
  /** Faults that the message of the error spells out; its details hold the rest. */
  faultsInMessageMax: 20,
  /** Changes in one control message; a larger change set is cut into several, in order. */
  changesPerMessageMax: 500,
  /** Fees in one control message, for each may be booked for all that was due of it; one of parts counts as so many, one by days, weeks or dates travels alone. */
  feesPerMessageMax: 5,
  /** Bytes of one control message's changes, above one change's own size. The commit that takes it carries it whole. */
  changeBytesPerMessageMax: 256 * 1024,
  /** Accounts of a tenant; more are refused. */
  accountsMax: 10_000,
  /** Thresholds of one budget. */
  thresholdsMax: 20,
  /** Characters of a price's model as JSON: one change travels whole in one message, and in one commit. */
  modelLengthMax: 200_000,
  /** Components that charge for one metric: 4,000 samples charged by each still fit into one commit. */
  componentsPerMetricMax: 20,
  /** Points of one answer; ask for the rest from where it ends. */
  pointsPageMax: 10_000,
  /** Targets of one budget. */
  targetsPerBudgetMax: 20,
  /** How long a replaced secret still signs, unless said otherwise, and at most. */
  secretOverlapHours: 24,
  secretOverlapHoursMax: 168,
  /** Whom a target of kind mail writes to. */
  mailRecipientsMax: 20,
  /** Producers in one enrolment request; send several requests for more. */
  enrolmentsMax: 5000,
  /** Keys that one producer may sign with; revoke one before adding another. */
  producerKeysMax: 4,
  /** Length of names and reasons. */
  nameLengthMax: 200,
  /** Keys of scope checks in force; revoke one before making another. */
  checkKeysMax: 1000,
  /** A one-time login link expires unused. */
  loginLinkMs: 10 * 60_000,
  /** A session ends; the user asks for a new link. */
  sessionMs: 12 * 3_600_000,
  /** Answers kept for repeated requests with an Idempotency-Key; an older key counts as new. */
  idempotencyMs: 7 * 24 * 3_600_000,
  /** Acknowledgements of alerts that are listed, the newest first. */
  acknowledgementsMax: 5000,
  /** Rows of one page of the audit log. */
  auditPageMax: 200,
  /** Audit rows read at a time while the chain is verified. */
  auditVerifyBatch: 1000,
} as const;

export const seedLimits = {
  /** Wait between looks for budgets that warm up, while one does and while none does. */
  busyMs: 500,
  idleMs: 3000,
  /** After this a seed that the rater has not taken is sent again. */
  againMs: 60_000,
} as const;

export const correctionLimits = {
  /** Rows of one correction; correct in several beyond. */
  rowsMax: 5_000_000,
  /** Rows that a preview sends the rater one by one; more are added up by tally, of which there may be as many. */
  previewRowsMax: 20_000,
  /** Tallies that keep something of their samples, of one correction, and samples of them that are read again. */
  rebuiltMax: 1000,
  rebuiltRowsMax: 2_000_000,
  /** Batches that are read at once. */
  batchesAtOnce: 64,
  /** How long the rater may take to answer a preview. */
  previewTimeoutMs: 10_000,
  /** Blocks of one page of what is selected: some pieces, which are on their way together. */
  pageBlocksMax: 100,
  /** Batches of one page of samples that are rated again, and rows of one piece of them: rating is more work than reversing. */
  pageBatchesMax: 20,
  againRowsMax: 500,
  /** Wait between steps while something is under way, and while nothing is. */
  busyMs: 100,
  idleMs: 1000,
  /** Corrections that a list tells, the newest first, and effects of one, the largest first. */
  listedMax: 200,
  effectsMax: 1000,
} as const;

export const outboxLimits = {
  /** Messages published for one partition before the others have their turn. */
  batchMax: 50,
  /** Wait between looks for rows that another process wrote; own changes are published at once. */
  pollMs: 5000,
  /** Wait after a refused or unanswered append: doubled each time, up to the second figure. It never gives up. */
  retryMsMin: 100,
  retryMsMax: 5000,
  /** Published messages whose outcome is looked for in one pass; the rest follow in the next. */
  settledMax: 200,
  /** Wait between looks for what the rater made of messages: doubled each time, up to the second figure. */
  settleMsMin: 10,
  settleMsMax: 5000,
  /** How long an answer waits to say what the rater made of its change, and how often it looks; then it says `pending`. */
  outcomeWaitMs: 1500,
  outcomePollMs: 25,
} as const;

/** How the attempts of deliveries are archived. */
export const archiveLimits = {
  /** Pause between looks at the stream where nothing is left. */
  everyMs: 2000,
  /** Messages of one transaction; a message is of 250 attempts at most. */
  messagesMax: 200,
} as const;

export const periodLimits = {
  /** How long a checklist waits for ClickHouse to come up with the rater's answer, and how often it looks. */
  loadWaitMs: 3000,
  loadPollMs: 50,
  /** How long the rater may take to answer; then it counts as away. */
  raterTimeoutMs: 2000,
  /** Meters without a price that a checklist names; the samples of all are counted. */
  unpricedMetersMax: 20,
  /** Producers that one close may do without. */
  withoutMax: 1000,
  /** Days after a period's end that an account may wait before it closes by itself. */
  closeAfterDaysMax: 90,
  /** Pause between looks for accounts that close by themselves; the first look comes after one pause. */
  autoCloseEveryMs: 10 * 60_000,
} as const;
