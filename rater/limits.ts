import { batchLimits } from '#core/metering/batch.ts';
import { assertLimits } from '#platform/assertLimits.ts';
import { maxPayloadBytes } from '#platform/nats/serverConfig.ts';

/** Every bound of the rater, with what happens when it is reached. */
export const raterLimits = {
  /** A lease that is not renewed for this long may be taken by another. */
  leaseTtlMs: 2000,
  leaseRenewMs: 500,
  /** How often a standby asks for the lease. */
  leasePollMs: 250,
  /** How often a rater says that it lives, and the silence after which it is taken for dead: before its leases run out. */
  memberTellMs: 500,
  memberSilenceMsMax: 1500,
  /** How long a rater that starts waits for those who are there to answer. */
  memberAnswerMs: 100,
  /** A rater is given partitions of others once it has been there for so long: one that comes and goes moves nothing. */
  memberSettleMs: 10_000,
  /** A partition that whoever is to own it leaves lying for so long is taken by anyone. */
  orphanMsMax: 3000,
  /** For how long a partition must be another's to own before its owner hands it over, one at a time. */
  handOverAfterMs: 2000,
  /** Commits that a standby may be behind when it is handed its partition, and how long its owner waits for that. */
  handOverLagMax: 500,
  handOverWaitMsMax: 60_000,
  /** A partition that nobody has taken this long after it was given back, or that came back, is not handed over again for a while. */
  handOverMsMax: 10_000,
  handOverRetryMs: 60_000,
  /** Bytes of block lines after which no further input joins the commit being filled. */
  commitBytesMax: 1024 * 1024,
  /** Inputs read ahead per stream, and their bytes, for whoever may send may send messages of the greatest size; the reader pauses beyond. */
  inputMessagesMax: 256,
  inputBytesMax: 32 * 1024 * 1024,
  /** What the two streams of one partition may hold of memory, with a message each that comes beyond. */
  readAheadBytesMax: 96 * 1024 * 1024,
  /** Bytes of a row within its block, at most; and rows of a sample that is not cut: components that charge for one metric. */
  rowBytesMax: 64,
  componentsMax: 20,
  /** What the headers of an append take of the broker's greatest message. */
  appendHeaderBytesMax: 1024,
  /** Pause before an append that was refused for space, or whose fate is unknown, is tried again. */
  appendRetryMs: 250,
  /** Share of RATED's limit that is written before the broker is asked again how full it is, at most this long after the last time, for limits change; and how often while rating stands still. */
  roomLookPercent: 1,
  roomLookMsMax: 10_000,
  roomLookMs: 1000,
  /** How often an owner that reads the log up to its end looks whether that end is still there. */
  catchUpCheckMs: 2000,
  /** Pause before a follower that lost the log begins anew. */
  followRetryMs: 1000,
  /** Pause before a partition whose ownership failed is sought again: doubled while it cannot be owned, up to the second figure. */
  ownRetryMs: 200,
  ownRetryMsMax: 5000,
  /** How long a stopping owner waits for its last commit; what it has not committed the next owner reads again. */
  drainMsMax: 5000,
  /** What replaying the commits between two snapshots may take, when a commit takes so much of itself and a mebibyte so much to be read. */
  replayMsMax: 1000,
  replayUsPerCommit: 200,
  replayUsPerMiB: 3000,
  /** A snapshot is due after so many commits, or bytes of `RATED_<p>`. */
  snapshotCommits: 5000,
  snapshotLogBytes: 256 * 1024 * 1024,
  /** How many times as long as the last one took to be drawn there is none: a large state costs a fiftieth of a core, and more replay. */
  snapshotPauseFactor: 50,
  /** Characters of a snapshot's text that are compressed, and read, at once: some 15 ms without a turn for others. */
  snapshotFrameCharacters: 256 * 1024,
  /** Snapshots kept per partition. */
  snapshotsKept: 2,
  /** Balances answered on request: periods that ended longer ago are read from ClickHouse. */
  balanceAgeMsMax: 62 * 24 * 3600 * 1000,
  /** Latest commit latencies kept for the percentiles in the status. */
  latencySamples: 4096,
} as const;

const { leaseTtlMs, leaseRenewMs, leasePollMs, commitBytesMax, snapshotCommits, snapshotLogBytes, ...other } =
  raterLimits;
const { memberTellMs, memberSilenceMsMax, orphanMsMax, handOverMsMax } = raterLimits;

/** What must hold between them. */
assertLimits('rater', {
  'two renewals of a lease may fail': 3 * leaseRenewMs < leaseTtlMs,
  'a lease that runs out is noticed within a renewal': leasePollMs <= leaseRenewMs,
  'two words of a rater may be lost': 3 * memberTellMs <= memberSilenceMsMax,
  'a dead rater is known as such before its leases run out': memberSilenceMsMax <= leaseTtlMs,
  'who is to own a partition asks before anybody else, its lease having run out':
    leaseTtlMs + 2 * leasePollMs < orphanMsMax,
  'a hand-over that failed is known once anybody could have taken the partition':
    orphanMsMax + leaseTtlMs < handOverMsMax,
  'commits between snapshots are replayed in time':
    snapshotCommits * other.replayUsPerCommit <= other.replayMsMax * 1000,
  'bytes between snapshots are replayed in time':
    (snapshotLogBytes / 2 ** 20) * other.replayUsPerMiB <= other.replayMsMax * 1000,
  'no single commit makes a snapshot due': commitBytesMax * 16 <= snapshotLogBytes,
  'a batch of which every component charges every sample fits beside a commit that is almost full':
    commitBytesMax + batchLimits.samplesMax * other.componentsMax * other.rowBytesMax + other.appendHeaderBytesMax <=
    maxPayloadBytes,
  'an input of the greatest size can be read': maxPayloadBytes <= other.inputBytesMax,
  'what is read ahead fits into its share of memory':
    2 * (other.inputBytesMax + maxPayloadBytes) <= other.readAheadBytesMax,
});
