/** SPEC §9.1.10: what falls due, and when, looked for period by period. */
import type { FeeRecord } from '../../messages/fee.ts';
import { periodAt, type Span } from '../calendar.ts';
import { fractionOf, pico } from '../prices/fraction.ts';
import { isInEffect, turns, type Recurring } from './rate.ts';
import { sharesOf } from './shares.ts';

export interface Due {
  readonly fee: FeeRecord;
  readonly zone: string;
  readonly atMs: number;
  readonly period: Span;
  readonly cell: string;
  /** In 10⁻¹² of the currency; `undefined` where the rates of the period say it. */
  readonly amount: bigint | undefined;
}

/** What falls due after one instant, up to and with another, and the first due later; a list is ended when it is longer than `most`. */
export function duesBetween(
  fee: FeeRecord,
  zone: string,
  afterMs: number,
  untilMs: number,
  most = Number.MAX_SAFE_INTEGER,
): { readonly dues: readonly Due[]; readonly nextMs: number } {
  const dues: Due[] = [];
  for (const due of fee.terms.kind === 'recurring' ? periods(fee, fee.terms, zone, afterMs) : single(fee, zone)) {
    if (due.atMs <= afterMs) continue;
    if (due.atMs > untilMs || dues.length >= most) return { dues, nextMs: due.atMs };
    dues.push(due);
  }
  return { dues, nextMs: Number.MAX_SAFE_INTEGER };
}

/** Those of the period that holds the instant, and of all after it. */
function* periods(fee: FeeRecord, terms: Recurring, zone: string, fromMs: number): Generator<Due, void> {
  const { term, amounts, quantities } = terms;
  let atMs = Math.max(0, fromMs, term.fromMs, term.trialEndMs ?? 0, amounts[0]!.fromMs, quantities?.[0]!.fromMs ?? 0);
  while (atMs < Number.MAX_SAFE_INTEGER) {
    const { period, nextMs } = periodAt(atMs, zone, fee.calendar);
    if (period !== undefined) {
      if (term.toMs !== null && period.startMs >= term.toMs) return;
      const instants = [period.startMs, ...turns(terms, zone, period.startMs, period.endMs)].sort((a, b) => a - b);
      const begins = instants.find((instant) => instant >= 0 && isInEffect(terms, instant));
      const closes = Math.min(period.endMs, term.toMs ?? period.endMs);
      if (begins !== undefined)
        yield { fee, zone, atMs: terms.terms === 'advance' ? begins : closes, period, cell: 'fee', amount: undefined };
    }
    // A list ends.
    if (nextMs <= atMs) return;
    atMs = nextMs;
  }
}

function single(fee: FeeRecord, zone: string): Due[] {
  const { terms } = fee;
  const due = (atMs: number, cell: string, amount: bigint): Due[] => {
    const { period } = periodAt(atMs, zone, fee.calendar);
    return period === undefined ? [] : [{ fee, zone, atMs, period, cell, amount }];
  };
  if (terms.kind === 'oneTime') return due(terms.atMs, 'oneTime', pico(fractionOf(terms.amount)));
  if (terms.kind === 'recurring') return [];
  const { dueAtMs, weights = dueAtMs.map(() => '1'), endMs = Number.MAX_SAFE_INTEGER, onEnd } = terms;
  const unit = 10n ** BigInt(12 - terms.decimals);
  const parts = sharesOf(pico(fractionOf(terms.total)) / unit, weights).map((part) => part * unit);
  const regular = dueAtMs.flatMap((atMs, i) => (atMs <= endMs ? due(atMs, 'installment', parts[i]!) : []));
  const rest = parts.filter((_, i) => dueAtMs[i]! > endMs).reduce((sum, part) => sum + part, 0n);
  return rest === 0n || onEnd === 'lapse' ? regular : [...regular, ...due(endMs, 'installmentDue', rest)];
}
