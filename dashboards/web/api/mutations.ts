/** What an operator changes from the pages. Each takes the reason that the audit log keeps. */
import { change } from './client.ts';

export const raiseBudget = (id: string, amount: string, reason: string): Promise<unknown> =>
  change('PATCH', `budgets/${encodeURIComponent(id)}`, { amount, reason });

export const resetBudget = (id: string, reason: string): Promise<unknown> =>
  change('POST', `budgets/${encodeURIComponent(id)}/reset`, { reason });
