/**
 * Pricing units: what a tenant charges in instead of money, such as tokens or points (SPEC §9.8.2). Prices, fees, agreements, budgets and
 * balances are in one exactly as in a currency; what it is worth is said beside, and charges nothing.
 */

/** Four characters or more: an ISO 4217 code has three. */
export const pricingUnitPattern = /^[A-Z][A-Z0-9]{3,11}$/;

export const pricingUnitLimits = {
  /** Units of a tenant. */
  unitsMax: 100,
  /** Points of one. */
  pointsMax: 1000,
  nameLengthMax: 200,
} as const;

export interface PricingUnitRecord {
  /** What stands where a currency would: "TOKENS". */
  readonly id: string;
  readonly name: string;
  /** Decimals that amounts are shown with, 0 to 12. Nothing is rounded to them. */
  readonly decimals: number;
  /** What one unit is worth; absent: nobody says. Its currency and its points stay once they are published. */
  readonly value?: PricingUnitValue;
}

export interface PricingUnitValue {
  /** ISO 4217. */
  readonly currency: string;
  /** Each later than the one before it; in force until the next. */
  readonly points: readonly PricingUnitPoint[];
}

export interface PricingUnitPoint {
  /** UTC ms. */
  readonly fromMs: number;
  /** Money for one unit, decimal text above 0. */
  readonly amount: string;
}
