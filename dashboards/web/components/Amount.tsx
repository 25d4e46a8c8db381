/**
 * Money on the page: cents at full weight, further digits quiet, the exact decimal in `data-amount` and on hover. Digits
 * are cut, never rounded, so that what is shown is part of the exact figure.
 */
import { formatMoneyExact, moneyParts } from '../format/money.ts';
import './amount.css';

export interface AmountProps {
  readonly amount: string;
  readonly currency: string;
  /** Digits shown after the minor unit. */
  readonly fine?: number;
  readonly symbol?: boolean;
  readonly testId?: string | undefined;
  readonly className?: string;
}

export function Amount({ amount, currency, fine = 4, symbol = false, testId, className = '' }: AmountProps) {
  const parts = moneyParts(amount, currency);
  return (
    <span
      className={`amount ${className}`}
      data-amount={amount}
      data-testid={testId}
      title={formatMoneyExact(amount, currency)}
    >
      {parts.sign}
      {symbol ? parts.symbol : ''}
      {parts.whole}
      {parts.minor === '' ? '' : `.${parts.minor}`}
      {fine > 0 && (
        <small>
          {parts.minor === '' ? '.' : ''}
          {parts.fine.slice(0, fine)}
        </small>
      )}
      {symbol ? parts.unit : ''}
    </span>
  );
}
