import { budgetsMutants } from './budgets.ts';
import { creditsMutants } from './credits.ts';
import { feesMutants } from './fees.ts';
import { holdsMutants } from './holds.ts';
import { logsMutants } from './logs.ts';
import type { Mutant } from './mutant.ts';
import { pricesMutants } from './prices.ts';
import { protocolMutants } from './protocol.ts';

export const mutants: readonly Mutant[] = [
  ...pricesMutants,
  ...logsMutants,
  ...feesMutants,
  ...budgetsMutants,
  ...holdsMutants,
  ...creditsMutants,
  ...protocolMutants,
];
