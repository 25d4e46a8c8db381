import type { Grant } from './records.ts';

/**
 * A grant that is given anew at each start, as grants of their own, `<id>@<start>`: each expires when the next begins, the last
 * when the grant itself does. The starts are instants of a calendar, ascending; those outside the grant's life are left out, and
 * its own effective date is the first.
 */
export function recurringGrants(grant: Grant, startsMs: readonly number[]): Grant[] {
  const { effectiveAtMs, expiresAtMs } = grant;
  const later = startsMs.filter((ms) => ms > effectiveAtMs && (expiresAtMs === null || ms < expiresAtMs));
  const starts = [effectiveAtMs, ...later];
  return starts.map((startMs, index) => {
    if (index > 0 && startMs <= starts[index - 1]!)
      throw new RangeError(`start ${startMs} does not come after ${starts[index - 1]}`);
    return {
      ...grant,
      id: `${grant.id}@${startMs}`,
      effectiveAtMs: startMs,
      expiresAtMs: starts[index + 1] ?? expiresAtMs,
    };
  });
}
