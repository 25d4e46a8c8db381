/** An amount by which something changes: its sign is always there. */
import { compareAmounts, formatMoney, formatMoneyExact } from '../../format/money.ts';

export interface SignedProps {
  readonly amount: string;
  readonly currency: string;
  readonly testId?: string;
}

export function Signed({ amount, currency, testId }: SignedProps) {
  const sign = compareAmounts(amount, '0');
  return (
    <span
      className={`signed ${sign < 0 ? 'less' : sign > 0 ? 'more' : ''}`}
      data-amount={amount}
      data-testid={testId}
      title={formatMoneyExact(amount, currency)}
    >
      {sign > 0 ? '+' : ''}
      {formatMoney(amount, currency, 4)}
    </span>
  );
}
