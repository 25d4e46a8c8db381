import type { CorrectionEffect } from '#core/messages/correction.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { correctionLimits } from '../limits.ts';

/** The largest first; beyond the limit the others of a currency are one, of account 0. */
export function largestEffects(effects: readonly CorrectionEffect[]): CorrectionEffect[] {
  const size = ({ amount }: CorrectionEffect): bigint => {
    const pico = parseAmount(amount)!;
    return pico < 0n ? -pico : pico;
  };
  const sorted = effects.toSorted((a, b) => (size(a) < size(b) ? 1 : size(a) > size(b) ? -1 : 0));
  const others = Map.groupBy(sorted.slice(correctionLimits.effectsMax), ({ currency }) => currency);
  return [...sorted.slice(0, correctionLimits.effectsMax), ...[...others.values()].map(together)];
}

function together(effects: readonly CorrectionEffect[]): CorrectionEffect {
  const sum = (of: 'reversed' | 'rest' | 'amount'): string =>
    formatAmount(effects.reduce((total, effect) => total + parseAmount(effect[of])!, 0n));
  const rows = effects.reduce((total, effect) => total + effect.rows, 0);
  const nowhere = { account: 0, price: 0, periodStartMs: 0, bookedStartMs: 0, closedUntilMs: 0 };
  return { ...effects[0]!, ...nowhere, rows, reversed: sum('reversed'), rest: sum('rest'), amount: sum('amount') };
}
