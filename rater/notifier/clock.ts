/** Time and chance as the notifier sees them, so that tests can run 72 hours of retries in a moment. */
export interface Clock {
  /** UTC, ms. */
  nowMs(): number;
  /** Never steps back; ms with fractions, for latencies. */
  monotonicMs(): number;
  /** From 0 up to, not including, 1. */
  random(): number;
  /** Calls `run` once after `ms`, unless the returned function is called before. */
  schedule(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  schedule(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
