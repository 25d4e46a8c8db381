/** Bounds of budgets, with what happens when one is reached. */
export const budgetLimits = {
  /** Budgets of a tenant; a message with one more is rejected. */
  budgetsMax: 10_000,
  thresholdsMax: 20,
  /** Days of a period: some ten years. */
  periodDaysMax: 3660,
  /** Hours that a rolling period or a rate looks back on. */
  hoursMax: 744,
  /** Entries of one list of a scope, and values of one tag. */
  scopeMax: 100,
  /** Rates of other currencies. */
  ratesMax: 20,
  /** Tags of an account or a scope, and characters of each. */
  tagsMax: 20,
  textMax: 200,
  /** Changes of state that are remembered; older ones are in the log. */
  historyMax: 10,
  /** Sums of one seed: all hours in all currencies. */
  seedSumsMax: 16_000,
  /** Work of looking at budgets after one input: an alert is 1, a forecast 10. The rest waits for inputs and ticks to come. */
  workPerInputMax: 500,
} as const;
