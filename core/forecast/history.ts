/** The hours that a forecast goes by, added up so that the sum of any stretch is one subtraction. */
export const hourMs = 3_600_000;
/** Four weeks: older hours are passed over. */
export const forecastHoursMax = 672;

/** Amounts are integers of one unit: pico of a currency, or a quantity at its scale. */
export interface ForecastInput {
  /** The sum of each hour of Unix time, oldest first, gapless; the last is the last whole hour before `nowMs`. */
  readonly hours: readonly bigint[];
  /** What the period has come to at `nowMs`. */
  readonly spent: bigint;
  readonly startMs: number;
  readonly nowMs: number;
  readonly endMs: number;
}

/** `none` where there is nothing to go by, or nothing to come. */
export type ForecastMethod = 'hourOfWeek' | 'hourOfDay' | 'pace' | 'none';

/** A season of so many hours, of which the mean of at most so many is taken. */
export const seasons = {
  hourOfWeek: { length: 168, countMax: 4 },
  hourOfDay: { length: 24, countMax: 7 },
  pace: { length: 1, countMax: 48 },
} as const satisfies Record<Exclude<ForecastMethod, 'none'>, { readonly length: number; readonly countMax: number }>;

export interface History {
  readonly hours: readonly bigint[];
  /** `sums[i]` is the sum of the first i hours. */
  readonly sums: readonly bigint[];
}

/** Begins with the first hour that is not 0: before it there was no such service. */
export function historyOf(given: readonly bigint[]): History {
  const recent = given.slice(-forecastHoursMax);
  const first = recent.findIndex((hour) => hour !== 0n);
  const hours = first < 0 ? [] : recent.slice(first);
  const sums = [0n];
  for (const hour of hours) sums.push(sums.at(-1)! + hour);
  return { hours, sums };
}

/** A season that was seen twice, the longer one first; else the pace of what is known. */
export function methodOf({ hours }: History, { spent, startMs, nowMs, endMs }: ForecastInput): ForecastMethod {
  if (nowMs >= endMs) return 'none';
  if (hours.length === 0 && (spent === 0n || nowMs <= startMs)) return 'none';
  if (hours.length >= 2 * seasons.hourOfWeek.length) return 'hourOfWeek';
  return hours.length >= 2 * seasons.hourOfDay.length ? 'hourOfDay' : 'pace';
}
