/** A new grant, by hand or as the answer to a wallet that asks. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { grantCredit } from '../../api/mutations.ts';
import { accountsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { ReasonField } from '../../components/ReasonField.tsx';
import { ErrorState } from '../../components/states.tsx';

export interface Wanted {
  readonly account?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly reason?: string;
}

export function GrantForm({ wanted, done }: { wanted: Wanted; done: () => void }) {
  const queries = useQueryClient();
  const tenant = useTenant();
  const accounts = useQuery(accountsQuery).data ?? [];
  // Named once: pressed again after an answer was lost, it is given once.
  const [id] = useState(() => `page-${crypto.randomUUID()}`);
  const [account, setAccount] = useState(wanted.account ?? '');
  const [amount, setAmount] = useState(wanted.amount ?? '');
  const [kind, setKind] = useState<'prepaid' | 'promotional'>('prepaid');
  const [coversOverage, setCovers] = useState(true);
  const [reason, setReason] = useState(wanted.reason ?? '');
  const { currency = tenant.currency } = wanted;
  const chosen = account || (accounts.find(({ parent }) => parent === 0)?.slug ?? '');
  const grant = useMutation({
    mutationFn: () => grantCredit({ id, account: chosen, amount: amount.trim(), currency, kind, coversOverage, reason: reason.trim() }), // prettier-ignore
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['credits'] });
      done();
    },
  });
  const may = chosen !== '' && /^\d+(\.\d{1,12})?$/.test(amount.trim()) && reason.trim() !== '' && !grant.isPending;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (may) grant.mutate();
  };
  return (
    <form className="grant-form no-print" aria-label="Grant credit" onSubmit={submit}>
      <label>
        Account
        <select className="field" value={chosen} onChange={(event) => setAccount(event.currentTarget.value)}>
          {accounts.map(({ slug, name }) => (
            <option key={slug} value={slug}>
              {name === '' ? slug : name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Amount in {currency}
        <input
          className="field"
          inputMode="decimal"
          value={amount}
          maxLength={30}
          data-testid="grant-amount"
          onChange={(event) => setAmount(event.currentTarget.value)}
        />
      </label>
      <label>
        Kind
        <select className="field" value={kind} onChange={(event) => setKind(event.currentTarget.value as typeof kind)}>
          <option value="prepaid">prepaid</option>
          <option value="promotional">promotional</option>
        </select>
      </label>
      <label className="grant-covers">
        <input type="checkbox" checked={coversOverage} onChange={(event) => setCovers(event.currentTarget.checked)} />
        pays what is owed already, too
      </label>
      <ReasonField value={reason} onChange={setReason} testId="grant-reason" />
      <button type="submit" className="button primary" disabled={!may} data-testid="grant-give">
        {grant.isPending ? 'Granting' : 'Grant'}
      </button>
      {grant.error !== null && <ErrorState error={grant.error} />}
    </form>
  );
}
