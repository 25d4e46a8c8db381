/** Limits made small, so that what is rare in a day happens in a run of minutes; and polls made rare, which only cost steps. */
import { limits } from '#collector/limits.ts';
import { raterLimits } from '#rater/limits.ts';
import { aggregatorLimits } from '#aggregator/limits.ts';
import { notifierLimits } from '#rater/notifier/limits.ts';

const narrow: readonly (readonly [object, Record<string, number>])[] = [
  [
    limits,
    {
      segmentBytesMax: 4000,
      windowBatchesMax: 8,
      windowBytesMax: 16_000,
      stallMs: 1500,
      stallMsMax: 6000,
      retryMsMax: 2000,
      markWaitMs: 4000,
      markBeforeFirstReadMs: 500,
    },
  ],
  [
    raterLimits,
    {
      snapshotCommits: 2,
      snapshotPauseFactor: 1,
      inputMessagesMax: 8,
      commitBytesMax: 4000,
      leasePollMs: 600,
      memberTellMs: 500,
      memberSilenceMsMax: 1900,
      leaseRenewMs: 800,
    },
  ],
  [
    raterLimits,
    { memberSettleMs: 2000, handOverAfterMs: 500, handOverWaitMsMax: 4000, handOverMsMax: 2000, handOverRetryMs: 3000 },
  ],
  [
    notifierLimits,
    {
      attemptTimeoutMs: 3000,

      retryPauseMsMax: 2000,
      copiesWaitingMax: 4,
      recordWindowMax: 4,
      offersHeldMax: 4,
      groupAlertsMax: 4,
      groupListedMax: 3,
    },
  ],
  [
    aggregatorLimits,
    {
      loadCommitsMax: 20,
      loadBytesMax: 20_000,
      largeLoadBytes: 4000,
      idleIntervalMs: 3000,
      retryMsMax: 2000,
      loadIntervalMs: 200,
      smallLoadIntervalMs: 500,
    },
  ],
];

/** Until it is disposed of, in this whole program. */
export function narrowLimits(): Disposable {
  const kept = narrow.map(([of, values]) => [of, Object.fromEntries(Object.keys(values).map((name) => [name, Reflect.get(of, name)]))] as const); // prettier-ignore
  for (const [of, values] of narrow) Object.assign(of, values);
  return {
    [Symbol.dispose]() {
      for (const [of, values] of kept) Object.assign(of, values);
    },
  };
}
