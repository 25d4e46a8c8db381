/**
 * Bounds of a price list. With them, and with the bounds of a tally and a charge (core/SPEC.md §3.5), every figure of a charge
 * stays within `Decimal(38,12)`: what would leave it is a problem of the list or a refused sample, never a wrap.
 */
export const priceLimits = {
  /** Decimals of every figure in a price; amounts have no more. */
  decimalsMax: 12,
  /** Currency units per priced unit. */
  unitPriceMax: '1000000000',
  /** Flats, fees, package prices, steps, minima and maxima, in currency units. */
  amountMax: '1000000000000000',
  /** Tier bounds, allowances, sizes, increments and thresholds, in priced units. */
  quantityMax: '1000000000000000000',
  multiplierMax: '1000000',
  /** Periods for which what is left of an allowance goes on. */
  rolloverPeriodsMax: 24,
  tiersMax: 1000,
  rulesMax: 1000,
  bandsMax: 168,
  /** Dimensions of one rule, or of one grouping. */
  dimensionsMax: 10,
  groupsMaxMax: 1_000_000,
  /** Characters of a rule's or band's name, which is the key of its cell. */
  nameMax: 200,
  /** Characters of a cell's key; a group with a longer one has no cell. */
  cellKeyMax: 200,
  /** Slots of one tally of a percentile: a month of five minutes. */
  slotsMax: 8_940,
} as const;

/** Bounds of reference series. */
export const seriesLimits = {
  /** Points of one control change; more are several changes. */
  pointsPerChangeMax: 1000,
  /** Intervals with a point that one series keeps: nine years of five minutes. Prices then name a series that goes on. */
  pointsMax: 1_000_000,
  /** Characters of a point's source, and of a series' id and unit. */
  textMax: 100,
  revisionMax: 1_000_000,
} as const;
