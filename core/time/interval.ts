/** How long billing periods are. A half year and a quarter are months, a week is days; years and months clamp the day. */
export const intervalUnits = ['day', 'week', 'month', 'quarter', 'halfYear', 'year'] as const;
export type IntervalUnit = (typeof intervalUnits)[number];

const durations: Readonly<Record<IntervalUnit, { readonly months: number; readonly days: number }>> = {
  day: { months: 0, days: 1 },
  week: { months: 0, days: 7 },
  month: { months: 1, days: 0 },
  quarter: { months: 3, days: 0 },
  halfYear: { months: 6, days: 0 },
  year: { months: 12, days: 0 },
};

export const durationOf = (unit: IntervalUnit): { readonly months: number; readonly days: number } => durations[unit];

/**
 * The date `count` intervals after the anchor (before it when negative), always computed from the anchor itself: 31 January plus one
 * month is 28 or 29 February, plus two is 31 March. A day that a month lacks is its last day.
 */
export function addIntervals(anchor: Temporal.PlainDate, unit: IntervalUnit, count: number): Temporal.PlainDate {
  const { months, days } = durations[unit];
  return months > 0
    ? anchor.add({ months: months * count }, { overflow: 'constrain' })
    : anchor.add({ days: days * count });
}

/** The greatest n with addIntervals(anchor, unit, n × every) ≤ the day. */
export function intervalIndex(
  anchor: Temporal.PlainDate,
  unit: IntervalUnit,
  every: number,
  day: Temporal.PlainDate,
): number {
  const { months, days } = durations[unit];
  const length = (months > 0 ? months : days) * every;
  const distance =
    months > 0
      ? (day.year - anchor.year) * 12 + day.month - anchor.month
      : anchor.until(day, { largestUnit: 'days' }).days;
  const guess = Math.floor(distance / length);
  // Whole months overshoot by at most one interval, when the day of the month is not reached.
  return Temporal.PlainDate.compare(addIntervals(anchor, unit, guess * every), day) <= 0 ? guess : guess - 1;
}
