/** Books a previewed correction, with a reason; or agrees to somebody else's. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { Correction } from '#core/messages/correction.ts';
import { applyCorrection, approveCorrection } from '../../api/mutations.ts';
import { mayOperate, useMe } from '../../app/session.tsx';
import { ReasonField } from '../../components/ReasonField.tsx';
import { ErrorState } from '../../components/states.tsx';

export function Decide({ correction }: { correction: Correction }) {
  const me = useMe();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const decide = useMutation({
    mutationFn: (what: 'apply' | 'approve') =>
      (what === 'apply' ? applyCorrection : approveCorrection)(correction.id, reason.trim()),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['corrections'] }),
  });
  if (!mayOperate(me)) return <p className="quiet">Operators may book it; you are signed in as {me.role}.</p>;
  const may = reason.trim() !== '' && !decide.isPending;
  const isOthers = correction.author !== me.actor && correction.approvedBy === '';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (may) decide.mutate('apply');
  };
  return (
    <form className="card correction-form no-print" onSubmit={submit}>
      <ReasonField
        value={reason}
        onChange={setReason}
        testId="correction-reason"
        hint="; rows that are booked stay for ever, and so does this"
      />
      <div className="correction-go">
        <button type="submit" className="button primary" disabled={!may} data-testid="correction-apply">
          Book it
        </button>
        {isOthers && (
          <button
            type="button"
            className="button"
            disabled={!may}
            data-testid="correction-approve"
            onClick={() => decide.mutate('approve')}
          >
            Agree only
          </button>
        )}
      </div>
      {decide.error !== null && <ErrorState error={decide.error} />}
    </form>
  );
}
