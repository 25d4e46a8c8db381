/** The calendar month, in a time zone, that holds an instant. */
export interface Month {
  readonly startMs: number;
  readonly endMs: number;
  /** "2026-11", as alert ids name it. */
  readonly key: string;
}

/** Months already worked out, per zone: a few dozen entries, since samples keep to recent months. */
const known = new Map<string, Month[]>();

export function monthAt(instantMs: number, timeZone: string): Month {
  const months = known.get(timeZone) ?? [];
  known.set(timeZone, months);
  const found = months.find((month) => month.startMs <= instantMs && instantMs < month.endMs);
  if (found !== undefined) return found;
  const month = workOut(instantMs, timeZone);
  months.push(month);
  return month;
}

/** A month begins at the first instant of its first day there, which a clock change may move away from midnight; cut to the instants of 3.6. */
function workOut(instantMs: number, timeZone: string): Month {
  const local = new Temporal.ZonedDateTime(BigInt(instantMs) * 1_000_000n, timeZone);
  const begin = (month: Temporal.PlainYearMonth) =>
    Temporal.ZonedDateTime.from({ year: month.year, month: month.month, day: 1, timeZone }).startOfDay()
      .epochMilliseconds;
  const shown = Temporal.PlainYearMonth.from({ year: local.year, month: local.month });
  // A clock that goes back over midnight shows the month before once more.
  const thisMonth = begin(shown.add({ months: 1 })) <= instantMs ? shown.add({ months: 1 }) : shown;
  const [startMs, endMs] = [begin(thisMonth), begin(thisMonth.add({ months: 1 }))];
  return { startMs: Math.max(0, startMs), endMs: Math.min(endMs, 9_999_999_999_999), key: thisMonth.toString() };
}

export function isZone(timeZone: unknown): boolean {
  try {
    return typeof timeZone === 'string' && new Temporal.ZonedDateTime(0n, timeZone).timeZoneId.length > 0;
  } catch {
    return false;
  }
}
