/** What a budget would have counted before it was there, asked of the store (SPEC §6.9). */
export interface BudgetSumsQuestion {
  /** Of inputs whose log time is not after this one, booked from that instant on. */
  readonly logTimeMaxMs: number;
  readonly fromMs: number;
  readonly accounts: readonly number[];
  /** Money in one of these currencies, or a quantity of the meter. */
  readonly currencies: readonly string[];
  readonly meter?: string;
  readonly services?: readonly string[];
  readonly components?: readonly string[];
  readonly meters?: readonly string[];
  /** Ids of prices, fees and agreements. */
  readonly prices?: readonly number[];
  /** `x/*` is everything below x. */
  readonly resources?: readonly string[];
}

/** By quarter of an hour of Unix time and currency ("" for a quantity); decimal text. */
export interface StoredBudgetSum {
  readonly atMs: number;
  readonly currency: string;
  readonly sum: string;
}
