/** The wall clock of a zone: stretches of one offset from UTC, between two jumps. */
export interface Stretch {
  /** In UTC milliseconds; infinite where the zone never jumps again. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What the wall clock is ahead of UTC. */
  readonly offsetMs: number;
}

/** Asking the calendar takes some ten microseconds, and a zone jumps twice a year: the newest answers are kept. */
const recent = new Map<string, Stretch[]>();
const recentMax = 8;

export function stretchAt(instantMs: number, timeZone: string): Stretch {
  let stretches = recent.get(timeZone);
  if (stretches === undefined) recent.set(timeZone, (stretches = []));
  const known = stretches.find(({ fromMs, toMs }) => instantMs >= fromMs && instantMs < toMs);
  if (known !== undefined) return known;
  const at = Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(timeZone);
  const jump = (direction: 'next' | 'previous', from: Temporal.ZonedDateTime) =>
    from.getTimeZoneTransition(direction)?.epochMilliseconds;
  const stretch = {
    // The jump before is strictly before, and the instant may be the jump itself.
    fromMs: jump('previous', at.add({ milliseconds: 1 })) ?? -Infinity,
    toMs: jump('next', at) ?? Infinity,
    offsetMs: at.offsetNanoseconds / 1_000_000,
  };
  stretches.unshift(stretch);
  if (stretches.length > recentMax) stretches.pop();
  return stretch;
}
