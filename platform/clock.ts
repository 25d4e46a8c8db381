/** Time as services read it, so that a simulator can hand out its own. */
export interface Clock {
  /** UTC milliseconds; may jump when the machine's clock is set. */
  wallMs(): number;
  /** Microseconds since the machine booted, never backwards; stands still while the machine is suspended. */
  monotonicUs(): number;
}

export const realClock: Clock = {
  wallMs: () => Date.now(),
  monotonicUs: () => Number(process.hrtime.bigint() / 1000n),
};
