/** Who has taken note of the alert; or a way to do so, with a word to the others. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { LiveAlert } from '#core/messages/api.ts';
import { acknowledgeAlert } from '../../api/mutations.ts';
import { acknowledgementsQuery } from '../../api/queries.ts';
import { mayOperate, useMe, useTenant } from '../../app/session.tsx';
import { formatRecent } from '../../format/time.ts';

export function Noted({ alert }: { alert: LiveAlert }) {
  const me = useMe();
  const { timeZone } = useTenant();
  const queries = useQueryClient();
  const [note, setNote] = useState<string | undefined>();
  const known = useQuery(acknowledgementsQuery).data;
  const take = useMutation({
    mutationFn: () => acknowledgeAlert(alert.id, note!.trim()),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['acknowledgements'] }),
  });
  const by = known?.get(alert.id);
  if (by !== undefined) {
    return (
      <span className="quiet alert-noted" data-testid="alert-noted" title={by.note}>
        {by.actor}, {formatRecent(by.atMs, Date.now(), timeZone)}: {by.note}
      </span>
    );
  }
  if (known === undefined || !mayOperate(me)) return <span className="alert-noted" />;
  if (note === undefined) {
    return (
      <span className="alert-noted no-print">
        <button type="button" className="link" data-testid="alert-acknowledge" onClick={() => setNote('')}>
          Acknowledge
        </button>
      </span>
    );
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (note.trim() !== '' && !take.isPending) take.mutate();
  };
  return (
    <form className="alert-noted no-print" onSubmit={submit}>
      <input
        className="field"
        autoFocus
        placeholder="A word to the others"
        aria-label="Note"
        maxLength={200}
        value={note}
        data-testid="alert-note"
        onChange={(event) => setNote(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && setNote(undefined)}
      />
      <button
        type="submit"
        className="button small"
        disabled={note.trim() === '' || take.isPending}
        data-testid="alert-note-save"
      >
        Noted
      </button>
      {take.error !== null && <span className="failed-text">{take.error.message}</span>}
    </form>
  );
}
