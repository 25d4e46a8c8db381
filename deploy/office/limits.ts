export const pressureWatchLimits = {
  /** How often the stages of the path are looked at, and how long one rater may take to answer. */
  lookMs: 5000,
  ownerTimeoutMs: 1000,
} as const;
