/**
 * The units that prices are asked in, by the unit of the tally they are made from, each an exact fraction: priced unit
 * = tally × numerator / denominator. A month of storage is 730 hours (365 days × 24 h / 12), whatever month it is.
 */
export interface PricedUnit {
  readonly name: string;
  /** Decimal integers as text, reduced. */
  readonly numerator: string;
  readonly denominator: string;
}

const microsecondsPerSecond = 1_000_000n;
const millisecondsPerHour = 3_600_000n;
const hoursPerMonth = 730n;
const kibi = 1024n;

/** How many tally units make one priced unit. */
const tallyPerUnit: Readonly<Record<string, Readonly<Record<string, bigint>>>> = {
  us: {
    'vCPU·s': microsecondsPerSecond,
    'vCPU·min': 60n * microsecondsPerSecond,
    'vCPU·h': 3600n * microsecondsPerSecond,
  },
  By: {
    By: 1n,
    MB: 10n ** 6n,
    GB: 10n ** 9n,
    TB: 10n ** 12n,
    MiB: kibi ** 2n,
    GiB: kibi ** 3n,
    TiB: kibi ** 4n,
  },
  'By.ms': {
    'GB·h': 10n ** 9n * millisecondsPerHour,
    'GiB·h': kibi ** 3n * millisecondsPerHour,
    'GiB·month': kibi ** 3n * millisecondsPerHour * hoursPerMonth,
    'TiB·month': kibi ** 4n * millisecondsPerHour * hoursPerMonth,
  },
  '1': { '1': 1n, '1000': 1000n, '1000000': 1_000_000n },
  '1.ms': { 'unit·h': millisecondsPerHour, 'unit·month': millisecondsPerHour * hoursPerMonth },
};

/** Unit of what a meter tallies: its own, or unit × milliseconds when it weighs a level by time. */
export const tallyUnit = (unit: string, aggregation: 'sum' | 'timeWeighted'): string =>
  aggregation === 'sum' ? unit : `${unit}.ms`;

/** Names of the priced units of a tally unit; none when it has no table. */
export const pricedUnitNames = (tally: string): readonly string[] => Object.keys(tallyPerUnit[tally] ?? {});

/** The unit by name, where `.` may stand for `·`; undefined when the tally unit has no such unit. */
export function pricedUnit(tally: string, name: string): PricedUnit | undefined {
  const units = tallyPerUnit[tally];
  const canonical = name.replaceAll('.', '·');
  if (units === undefined || !Object.hasOwn(units, canonical)) return undefined;
  return { name: canonical, numerator: '1', denominator: units[canonical]!.toString() };
}
