/** Progressive billing: what is not yet invoiced is, as soon as the spend of a lifetime passes a mark; the period's invoice credits it. */
import type { AmountPico } from '../money/fixed.ts';
import { crossed } from './thresholds.ts';

export interface ProgressivePlan {
  /** Of lifetime usage, ascending; each fires once. */
  readonly marks: readonly AmountPico[];
  /** Beyond the last mark, another at every multiple. */
  readonly step?: AmountPico;
}

export interface ProgressiveState {
  readonly lifetime: AmountPico;
  /** Usage of the open period that no invoice has yet. */
  readonly unbilled: AmountPico;
  /** What progressive invoices of the open period have billed; its invoice credits it. */
  readonly billed: AmountPico;
}

export const noProgress: ProgressiveState = { lifetime: 0n, unbilled: 0n, billed: 0n };

/** After an increment of usage: the new state, and the amount of the invoice that is due, 0 for none. */
export function onUsage(
  plan: ProgressivePlan,
  state: ProgressiveState,
  increment: AmountPico,
): { readonly state: ProgressiveState; readonly invoice: AmountPico } {
  const lifetime = state.lifetime + increment;
  const unbilled = state.unbilled + increment;
  const isPassed = crossed({ direction: 'rising', ...plan }, state.lifetime, lifetime).marks.length > 0;
  if (!isPassed || unbilled <= 0n) return { state: { ...state, lifetime, unbilled }, invoice: 0n };
  return { state: { lifetime, unbilled: 0n, billed: state.billed + unbilled }, invoice: unbilled };
}

/** The period ends: its invoice lists all usage and credits what was billed; the lifetime goes on. */
export function onPeriodEnd(state: ProgressiveState): {
  readonly state: ProgressiveState;
  readonly credit: AmountPico;
} {
  return { state: { lifetime: state.lifetime, unbilled: 0n, billed: 0n }, credit: state.billed };
}

/** What each fee is credited: what the newest progressive invoice lists for it (they are cumulative), at most the fee itself. */
export function progressiveCredits(
  fees: readonly { readonly id: string; readonly amount: AmountPico }[],
  invoices: readonly (readonly { readonly id: string; readonly amount: AmountPico }[])[],
): AmountPico[] {
  return fees.map(({ id, amount }) => {
    const listed = invoices.findLast((invoice) => invoice.some((fee) => fee.id === id))?.find((fee) => fee.id === id);
    const credit = listed?.amount ?? 0n;
    return credit < amount ? (credit > 0n ? credit : 0n) : amount > 0n ? amount : 0n;
  });
}
