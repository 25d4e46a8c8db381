import { daysBetween, isBefore } from './dates.ts';

/**
 * The 52/53-week year of retail: quarters of 13 weeks, cut 4-4-5, 4-5-4 or 5-4-4. The year ends on the last `endWeekday`
 * of `endMonth` (`last`), or on the one nearest to the end of that month (`nearest`). In a year of 53 weeks the period
 * `longPeriod` takes the extra one. A year has the number of the calendar year in which `endMonth` lies.
 */
export interface FiscalYear {
  readonly pattern: '4-4-5' | '4-5-4' | '5-4-4';
  readonly endMonth: number;
  /** 1 is Monday, 7 is Sunday. */
  readonly endWeekday: number;
  readonly rule: 'last' | 'nearest';
  /** 1 to 12; 12 when absent. */
  readonly longPeriod?: number;
}

export interface FiscalPeriod {
  readonly from: Temporal.PlainDate;
  /** Exclusive. */
  readonly to: Temporal.PlainDate;
  readonly year: number;
  /** 1 to 12. */
  readonly number: number;
}

export function fiscalPeriodOf(day: Temporal.PlainDate, fiscal: FiscalYear): FiscalPeriod {
  // Year ends move by at most a week around the end of the month, so the year of a day is one of three.
  let year = day.year;
  while (!isBefore(day, yearStart(year + 1, fiscal))) year += 1;
  while (isBefore(day, yearStart(year, fiscal))) year -= 1;
  let from = yearStart(year, fiscal);
  for (const [index, weeks] of weeksOfPeriods(year, fiscal).entries()) {
    const to = from.add({ days: 7 * weeks });
    if (isBefore(day, to)) return { from, to, year, number: index + 1 };
    from = to;
  }
  throw new RangeError(`the periods of fiscal year ${year} do not fill it`);
}

function yearStart(year: number, fiscal: FiscalYear): Temporal.PlainDate {
  return yearEnd(year - 1, fiscal).add({ days: 1 });
}

function yearEnd(year: number, { endMonth, endWeekday, rule }: FiscalYear): Temporal.PlainDate {
  const first = new Temporal.PlainDate(year, endMonth, 1);
  const monthEnd = first.with({ day: first.daysInMonth });
  const last = monthEnd.subtract({ days: (monthEnd.dayOfWeek - endWeekday + 7) % 7 });
  if (rule === 'last') return last;
  return daysBetween(last, monthEnd) <= 3 ? last : last.add({ days: 7 });
}

function weeksOfPeriods(year: number, fiscal: FiscalYear): number[] {
  const quarter = fiscal.pattern.split('-').map(Number);
  const weeks = [...quarter, ...quarter, ...quarter, ...quarter];
  if (daysBetween(yearStart(year, fiscal), yearStart(year + 1, fiscal)) === 53 * 7) {
    const long = (fiscal.longPeriod ?? 12) - 1;
    weeks[long] = weeks[long]! + 1;
  }
  return weeks;
}
