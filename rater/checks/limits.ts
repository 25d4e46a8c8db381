import { holdLimits } from '#core/holds/limits.ts';
import { assertLimits } from '#platform/assertLimits.ts';
import { raterLimits } from '../limits.ts';

/** Every bound of checks and holds at the rater, with what happens when it is reached. */
export const checkLimits = {
  /** Bytes of a request: beyond, CHECK_REQUEST_INVALID. */
  bodyBytesMax: 16 * 1024,
  /** Requests decided with one commit; the others wait for the next one. */
  perCommitMax: 250,
  /** Requests of one partition that wait: beyond, CHECK_OVERLOADED at once. */
  waitingMax: 4000,
  /** HTTP requests under way in this process: beyond, CHECK_OVERLOADED at once. */
  underWayMax: 10_000,
  /** How long a commit is waited for, and the answer of an owner elsewhere: beyond, CHECK_UNANSWERED. */
  answerMsMax: 5000,
  ownerMsMax: 6000,
  /** Characters of a key, an account's slug and a service. */
  textMax: 100,
  /** Bytes that one recorded request may have: sixteen causes, sixteen prices and all texts at their longest. */
  requestBytesMax: 8192,
  /** Pause before the bucket of keys is watched again. */
  keysRetryMs: 200,
} as const;

assertLimits('checks', {
  'requests leave room for the rows of a commit':
    checkLimits.perCommitMax * checkLimits.requestBytesMax <= 2 * raterLimits.commitBytesMax,
  'who waits for an owner outlives the change of one': checkLimits.answerMsMax > raterLimits.leaseTtlMs,
  'a hold may live longer than its answer takes': holdLimits.expiresInMsMax > checkLimits.answerMsMax,
});
