/** What people change from the pages. A change to a budget takes the reason that the audit log keeps. */
import { change } from './client.ts';

export const endSession = (): Promise<unknown> => change('POST', 'logout', {});

export const raiseBudget = (id: string, amount: string, reason: string): Promise<unknown> =>
  change('PATCH', `budgets/${encodeURIComponent(id)}`, { amount, reason });

export const resetBudget = (id: string, reason: string): Promise<unknown> =>
  change('POST', `budgets/${encodeURIComponent(id)}/reset`, { reason });
