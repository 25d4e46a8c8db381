/** The close itself: why, without whom, and what became of it. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { AccountChecklist } from '#core/messages/periods.ts';
import { closePeriod } from '../../api/mutations.ts';
import { ReasonField } from '../../components/ReasonField.tsx';
import { ErrorState } from '../../components/states.tsx';
import { plural } from '../../format/quantity.ts';

export interface CloseFormProps {
  readonly list: AccountChecklist;
  readonly without: readonly string[];
  readonly closable: boolean;
}

export function CloseForm({ list, without, closable }: CloseFormProps) {
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const close = useMutation({
    mutationFn: () => closePeriod(list.account, { until: list.until, reason: reason.trim(), without }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['periods'] }),
  });
  const may = closable && reason.trim() !== '' && !close.isPending;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (may) close.mutate();
  };
  const rejected = close.data?.outcome === 'rejected' ? (close.data.rejected ?? []).join('; ') : undefined;
  return (
    <form className="close-form no-print" onSubmit={submit}>
      <ReasonField value={reason} onChange={setReason} testId={`close-${list.account}-reason`} />
      <button type="submit" className="button primary" disabled={!may} data-testid={`close-${list.account}-button`}>
        {close.isPending ? 'Closing' : `Close everything before ${list.until}`}
        {without.length > 0 && ` without ${plural(without.length, 'producer')}`}
      </button>
      {!closable && <span className="quiet">Waits for what is marked ✗.</span>}
      {rejected !== undefined && (
        <p role="alert" className="failed-text">
          The rater rejected it: {rejected}.
        </p>
      )}
      {close.error !== null && <ErrorState error={close.error} />}
    </form>
  );
}
