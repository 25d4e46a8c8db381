/** What people change from the pages. A change to a budget takes the reason that the audit log keeps. */
import type { Correction, CorrectionSelection } from '#core/messages/correction.ts';
import type { WrittenBudget } from '#core/messages/api.ts';
import { change } from './client.ts';

export const endSession = (): Promise<unknown> => change('POST', 'logout', {});

export const raiseBudget = (id: string, amount: string, reason: string): Promise<unknown> =>
  change('PATCH', `budgets/${encodeURIComponent(id)}`, { amount, reason });

export const resetBudget = (id: string, reason: string): Promise<unknown> =>
  change('POST', `budgets/${encodeURIComponent(id)}/reset`, { reason });

export const replayDelivery = (id: string, reason: string): Promise<unknown> =>
  change('POST', `deliveries/${encodeURIComponent(id)}/replay`, { reason });

export const replayTarget = (id: string, reason: string): Promise<unknown> =>
  change('POST', `targets/${encodeURIComponent(id)}/replay`, { reason });

/** Gives the id of the delivery that tells what became of it. */
export const testTarget = (id: string): Promise<{ readonly id: string }> =>
  change('POST', `targets/${encodeURIComponent(id)}/test`, { reason: 'test from the page' });

export const releaseBudget = (id: string, reason: string): Promise<unknown> =>
  change('POST', `budgets/${encodeURIComponent(id)}/release`, { reason });

export interface Closed {
  readonly outcome?: 'taken' | 'rejected' | 'pending';
  readonly rejected?: readonly string[];
}

export const closePeriod = (
  account: string,
  asked: { readonly until: string; readonly reason: string; readonly without: readonly string[] },
): Promise<Closed> => change('POST', 'periods/close', { account, ...asked });

export const previewCorrection = (selection: CorrectionSelection): Promise<Correction> =>
  change('POST', 'corrections/preview', selection);

export const applyCorrection = (id: string, reason: string): Promise<Correction> =>
  change('POST', `corrections/${encodeURIComponent(id)}/apply`, { reason });

export const approveCorrection = (id: string, reason: string): Promise<Correction> =>
  change('POST', `corrections/${encodeURIComponent(id)}/approve`, { reason });

export const acknowledgeAlert = (id: string, note: string): Promise<unknown> =>
  change('POST', `alerts/${encodeURIComponent(id)}/acknowledge`, { note });

export interface BudgetWriting {
  /** As an entry of an organisation file says it. */
  readonly budget: Readonly<Record<string, unknown>>;
  readonly reason: string;
  /** Says what it would do at once, and changes nothing. */
  readonly dryRun?: boolean;
}

/** `id`: the budget that is changed; absent for a new one. */
export const writeBudget = (asked: BudgetWriting, id?: string): Promise<WrittenBudget> =>
  id === undefined ? change('POST', 'budgets', asked) : change('PUT', `budgets/${encodeURIComponent(id)}`, asked);

/** `id` names it: sent twice, it is given once. */
export interface NewGrant {
  readonly id: string;
  /** Slug. */
  readonly account: string;
  readonly amount: string;
  readonly currency?: string;
  readonly kind: 'prepaid' | 'promotional';
  readonly coversOverage: boolean;
  readonly reason: string;
}

export const grantCredit = (grant: NewGrant): Promise<unknown> => change('POST', 'credits', grant);

export const voidCredit = (id: string, reason: string): Promise<unknown> =>
  change('POST', `credits/${encodeURIComponent(id)}/void`, { reason });
