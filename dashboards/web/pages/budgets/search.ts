export const budgetStates = ['blocked', 'throttled', 'warned', 'within', 'released', 'warming', 'exceeding'] as const;
export type BudgetFilter = (typeof budgetStates)[number];

export const budgetSorts = ['urgency', 'name', 'used', 'left', 'spent'] as const;
export type BudgetSort = (typeof budgetSorts)[number];

export interface BudgetsSearch {
  readonly search?: string;
  readonly state?: BudgetFilter;
  readonly sort?: BudgetSort;
}

export function parseBudgetsSearch({ search, state, sort }: Record<string, unknown>): BudgetsSearch {
  const filter = budgetStates.find((candidate) => candidate === state);
  const order = budgetSorts.find((candidate) => candidate === sort);
  return {
    ...(typeof search === 'string' && search !== '' ? { search } : {}),
    ...(filter === undefined ? {} : { state: filter }),
    ...(order === undefined || order === 'urgency' ? {} : { sort: order }),
  };
}
