/** Grants in the order in which they burn, with what is left. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { GrantFigures } from '#core/messages/creditFigures.ts';
import { voidCredit } from '../../api/mutations.ts';
import { mayOperate, useMe, useTenant } from '../../app/session.tsx';
import { Amount } from '../../components/Amount.tsx';
import { Badge, type Tone } from '../../components/StateBadge.tsx';
import { formatRecent } from '../../format/time.ts';

const tones: Readonly<Record<string, Tone>> = { active: 'ok', pending: 'info', expired: 'plain', voided: 'plain' };

export const Grants = ({ grants }: { grants: readonly GrantFigures[] }) => (
  <ol className="grants" aria-label="Grants, in the order in which they burn">
    {grants.map((grant) => (
      <Grant key={grant.id} grant={grant} />
    ))}
  </ol>
);

function Grant({ grant }: { grant: GrantFigures }) {
  const me = useMe();
  const { timeZone } = useTenant();
  const { id, name, accountSlug, kind, status, amount, currency, left, effectiveFromMs, expiresAtMs, voided } = grant;
  const at = (ms: number): string => formatRecent(ms, Date.now(), timeZone);
  const share = left === null ? 0 : Math.max(0, Math.min(1, Number(left) / Number(amount)));
  return (
    <li className="grant" data-testid={`grant-${id}`} data-status={status ?? 'unknown'}>
      <span className="grant-name">
        <b>{name === '' ? id : name}</b>
        <small className="quiet">
          {kind} for {accountSlug}
          {name !== '' && name !== id && `, ${id}`}
        </small>
      </span>
      <Badge tone={tones[status ?? ''] ?? 'plain'}>{status ?? 'not taken yet'}</Badge>
      <span className="grant-left">
        {left === null ? (
          <span className="quiet">–</span>
        ) : (
          <Amount amount={left} currency={currency} symbol fine={2} />
        )}
        <small className="quiet">
          of <Amount amount={amount} currency={currency} symbol fine={0} />
        </small>
        <progress value={share} max={1} aria-label={`Left of ${id}`} />
      </span>
      <small className="quiet grant-when">
        {voided === null
          ? expiresAtMs === undefined
            ? `from ${at(effectiveFromMs)}, never expires`
            : `from ${at(effectiveFromMs)}, ${status === 'expired' ? 'expired' : 'expires'} ${at(expiresAtMs)}`
          : `voided ${at(voided.atMs)} by ${voided.by}: ${voided.reason}`}
      </small>
      {mayOperate(me) && (status === 'active' || status === 'pending') ? <Void id={id} /> : <span />}
    </li>
  );
}

function Void({ id }: { id: string }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState<string>();
  const act = useMutation({
    mutationFn: () => voidCredit(id, reason!.trim()),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['credits'] }),
  });
  if (reason === undefined)
    return (
      <button type="button" className="link no-print" aria-label={`Void ${id}`} onClick={() => setReason('')}>
        Void
      </button>
    );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (reason.trim() !== '' && !act.isPending) act.mutate();
  };
  return (
    <form className="grant-void no-print" onSubmit={submit}>
      <input
        className="field"
        autoFocus
        placeholder="Reason"
        aria-label={`Reason to void ${id}`}
        maxLength={200}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && setReason(undefined)}
      />
      <button type="submit" className="button small" disabled={reason.trim() === '' || act.isPending}>
        Void
      </button>
      {act.error !== null && <span className="failed-text">{act.error.message}</span>}
    </form>
  );
}
