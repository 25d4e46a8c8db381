import type { Account } from '../state.ts';

/** What agreements apply to together: a root account and a currency. */
export const unitKey = (unit: Account, currency: string): string => `${unit.record.id} ${currency}`;
