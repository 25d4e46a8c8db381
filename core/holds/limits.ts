/** Every bound of holds, with what happens when it is reached. */
export const holdLimits = {
  /** Keys known at once, those that ended and are still remembered included: beyond, a hold is refused as HOLDS_TOO_MANY. */
  perAccountMax: 80_000,
  perTenantMax: 100_000,
  perPartitionMax: 200_000,
  /** How long a hold may last, and how long one that is committed may stay. */
  expiresInMsMin: 100,
  expiresInMsMax: 24 * 3_600_000,
  keepForMs: 60_000,
  keepForMsMax: 3_600_000,
  /** How long a key is remembered after it ended, so that asking again gets the same answer. */
  rememberedMs: 60_000,
  /** An idle partition lets holds end at whole multiples of this, so that many of them are one commit. */
  tickMs: 1000,
  /** Prices of a quantity named in the answer to a hold; dimensions that a quantity may have. */
  pricedMax: 16,
  dimsMax: 8,
  /** Causes named in one answer. */
  causesMax: 16,
} as const;
