/** What budgets that warm up ask of the rater and of the store. */
import type { Aggregator } from '#aggregator/main.ts';
import { budgetSums } from '#aggregator/queries/budgetSums.ts';
import type { BudgetPorts } from '#billing/budgets/seeds.ts';
import type { ClosePorts } from '#billing/periods/gather.ts';

export const budgetPorts = (aggregator: Aggregator, { rater }: ClosePorts): BudgetPorts => ({
  states: async (tenant, partition) => (await rater(tenant, partition))?.budgets ?? [],
  loadedLogTimeMs: async (partition) => (await aggregator.loaded(partition)).logTimeMs,
  sums: (tenant, question) => budgetSums(aggregator.store, tenant, question),
});
