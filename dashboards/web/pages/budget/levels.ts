import { thresholdAmount } from '../../budgets/threshold.ts';

/** The amount that a threshold stands at; undefined for one of a forecast or a rate, which is no level of what is spent. */
export function levelOf(key: string, limit: string): string | undefined {
  if (/^[\d.]+$/.test(key)) return thresholdAmount(limit, key);
  const [kind, amount] = key.split(':');
  return kind === 'absolute' ? amount : undefined;
}
