/** What can be wrong with a price list. Codes are stable; programs may act on them. */
export const problemCodes = {
  FIELD_INVALID: 'A field is missing or not of its kind.',
  MODEL_UNKNOWN: 'There is no such model.',
  DECIMAL_INVALID: 'A figure is not plain decimal text.',
  DECIMALS_TOO_MANY: 'A figure has more decimals than amounts have.',
  NUMBER_NEGATIVE: 'A figure is below zero.',
  NUMBER_ZERO: 'A size or a bound is zero.',
  NUMBER_TOO_LARGE: 'A figure is beyond its stated bound.',
  PERCENT_OUT_OF_RANGE: 'A percentage is not between 0 and 100.',
  COUNT_INVALID: 'A number of things is not a whole number in range.',
  TIERS_MISSING: 'A list of tiers is empty.',
  LIST_TOO_LONG: 'A list is longer than its limit.',
  TIERS_NOT_ASCENDING: 'A tier ends below the tier before it.',
  TIERS_OVERLAP: 'A tier ends where the tier before it ends.',
  TIERS_NOT_CLOSED: 'The last tier ends, so that usage beyond it has no price.',
  TIERS_BEYOND_OPEN: 'A tier follows one that has no end.',
  BOUNDS_CROSSED: 'A maximum is below its minimum.',
  ALLOWANCE_MEANINGLESS: 'A model that charges each event has no quantity to take an allowance off.',
  PRORATION_MEANINGLESS: 'The price has no such figure for a part of a period.',
  QUANTITY_RULE_MEANINGLESS: 'The quantity rule does not go with the model.',
  EVENTS_OF_LATEST: 'The price looks at events, and its meter does not tell them apart.',
  PERIOD_INVALID: 'The calendar cuts no periods.',
  PERIOD_TOO_LONG: 'The periods have more slots than a tally of the meter may keep.',
  POOL_OF_EVERYONE: 'A tally of a subtree is that of one account, and the price names none.',
  SPLIT_MEANINGLESS: 'There is nothing to share, or no share by quantity of it.',
  CURRENCY_UNKNOWN: 'The currency is not in ISO 4217.',
  CURRENCY_MISMATCH: 'Two currencies meet where there must be one.',
  METER_UNKNOWN: 'There is no such meter.',
  ACCOUNT_UNKNOWN: 'There is no such account.',
  UNIT_UNKNOWN: 'The meter has no such unit.',
  UNIT_FACTOR_WRONG: 'The unit is another multiple of the tally than the record says.',
  DIMENSION_UNKNOWN: 'The meter has no such dimension.',
  DIMENSION_TWICE: 'A dimension is named twice.',
  NAME_INVALID: 'A name cannot be the key of a cell.',
  NAME_TWICE: 'Two cells of a price have one name.',
  RULES_AMBIGUOUS: 'Two rules name equally many dimensions, and a sample can match both.',
  BAND_INVALID: 'A band has no such days or times.',
  BANDS_OVERLAP: 'Two bands hold the same time.',
  BANDS_GAP: 'Part of the week has no price.',
  SERIES_UNKNOWN: 'There is no such reference series.',
  SERIES_UNIT_MISMATCH: 'The price is per another unit than the series that it follows.',
  ID_TWICE: 'Two prices have one id.',
  VERSION_TWICE: 'Two prices have one key and version.',
  PRICE_AMBIGUOUS: 'Two prices take effect for the same usage at the same instant.',
} as const;

export type ProblemCode = keyof typeof problemCodes;

/** One thing wrong: what, where, what stands there, and what would be right. */
export interface Problem {
  readonly code: ProblemCode;
  /** As in `prices[3].model.tiers[1].upTo`. */
  readonly path: string;
  /** What stands there, as JSON, cut short; "missing" for nothing. */
  readonly value: string;
  readonly expected: string;
}
