/** Raising or resetting a budget. Either is a message in the log; the state on the page changes when it is committed. */
import '@mantine/core/styles/Input.css';
import { TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { parseAmount } from '#core/money/fixed.ts';
import type { LiveBudget } from '#core/messages/api.ts';
import { raiseBudget, releaseBudget, resetBudget } from '../api/mutations.ts';
import { ReasonField } from '../components/ReasonField.tsx';
import { ErrorState } from '../components/states.tsx';
import { figureText } from '../format/budgetFigures.ts';
import { currencySymbol, typedDecimal } from '../format/money.ts';
import { formatQuantity } from '../format/quantity.ts';
import './releaseForm.css';

export function ReleaseForm({ budget }: { budget: LiveBudget }) {
  const queries = useQueryClient();
  const [amount, setAmount] = useState('');
  const [reason, setReason] = useState('');
  const change = useMutation({
    mutationFn: (what: 'raise' | 'reset' | 'release') =>
      what === 'raise'
        ? raiseBudget(budget.id, typedDecimal(amount), reason.trim())
        : (what === 'reset' ? resetBudget : releaseBudget)(budget.id, reason.trim()),
    onSuccess: () => {
      setAmount('');
      setReason('');
      return queries.invalidateQueries({ queryKey: ['budgets'] });
    },
  });
  const fault = amountFault(amount, budget);
  const mayRaise = amount !== '' && fault === null && reason.trim() !== '' && !change.isPending;
  const raise = (event: FormEvent): void => {
    event.preventDefault();
    if (mayRaise) change.mutate('raise');
  };

  return (
    <section>
      <h2>Raise, reset or let go</h2>
      <form className="budget-form" onSubmit={raise}>
        <ReasonField value={reason} onChange={setReason} testId="budget-reason" maxLength={500} />
        <TextInput
          label="New amount"
          description={
            budget.meter === undefined
              ? `Now ${figureText(budget.amount, budget)}`
              : `In the meter’s unit; now ${formatQuantity(budget.amount)}, which is ${figureText(budget.amount, budget)}`
          }
          leftSection={budget.currency.length > 3 ? undefined : currencySymbol(budget.currency).trim()}
          inputMode="decimal"
          value={amount}
          error={amount === '' ? null : fault}
          data-testid="budget-new-amount"
          onChange={(event) => setAmount(event.currentTarget.value)}
        />
        <div className="budget-buttons">
          <button type="submit" className="button primary" disabled={!mayRaise} data-testid="budget-raise">
            Raise
          </button>
          <button
            type="button"
            className="button"
            disabled={reason.trim() === '' || change.isPending}
            data-testid="budget-reset"
            title="Counting starts anew from here and the thresholds are armed again; charges stay"
            onClick={() => change.mutate('reset')}
          >
            Reset the count
          </button>
          {(budget.state === 'throttled' || budget.state === 'blocked') && (
            <button
              type="button"
              className="button"
              disabled={reason.trim() === '' || change.isPending}
              data-testid="budget-release"
              title="What it holds back is let go; it goes on counting, and what is crossed stays crossed"
              onClick={() => change.mutate('release')}
            >
              Let go
            </button>
          )}
        </div>
        {change.isSuccess && (
          <p role="status" className="budget-done">
            Written to the log. The state changes with the commit that takes it.
          </p>
        )}
        {change.error !== null && <ErrorState error={change.error} />}
      </form>
    </section>
  );
}

function amountFault(text: string, budget: LiveBudget): string | null {
  const pico = parseAmount(typedDecimal(text));
  if (pico === undefined) return 'A decimal number such as 25.00';
  return pico <= (parseAmount(budget.amount) ?? 0n)
    ? `More than the present ${figureText(budget.amount, budget)}`
    : null;
}
