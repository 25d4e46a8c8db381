/** A new budget, or one that is changed: what it counts, its thresholds, whom it tells, and what it would do at once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import type { BudgetRecord } from '#core/messages/budget.ts';
import { ApiError } from '../../api/client.ts';
import { writeBudget } from '../../api/mutations.ts';
import { accountsQuery, targetsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { draftOf, entryOf, idOf, newDraft, type Draft } from '../../budgets/draft.ts';
import { ReasonField } from '../../components/ReasonField.tsx';
import { ErrorState, Skeleton } from '../../components/states.tsx';
import { treeRows } from '../../format/accountTree.ts';
import { CountedFields } from './CountedFields.tsx';
import { Labelled } from './Labelled.tsx';
import { OutlookNow } from './OutlookNow.tsx';
import { ScopeFields } from './ScopeFields.tsx';
import { ThresholdFields } from './ThresholdFields.tsx';
import './budgetForm.css';

export interface BudgetFormProps {
  /** The budget that is changed; absent for a new one. */
  readonly record?: BudgetRecord;
  readonly close: () => void;
}

export function BudgetForm({ record, close }: BudgetFormProps) {
  const { currency } = useTenant();
  const accounts = useQuery(accountsQuery).data;
  if (accounts === undefined) return <Skeleton lines={6} label="the form" />;
  const slug = accounts.find(({ id }) => id === record?.account)?.slug ?? '';
  const first = record === undefined ? newDraft('', currency) : draftOf(record, slug);
  return <Form first={first} record={record} close={close} />;
}

function Form({ first, record, close }: { first: Draft; record: BudgetRecord | undefined; close: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const accounts = useQuery(accountsQuery).data ?? [];
  const targets = useQuery(targetsQuery).data ?? [];
  const [draft, setDraft] = useState(first);
  const [reason, setReason] = useState('');
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const entry = entryOf(draft, record);
  const save = useMutation({
    mutationFn: () => writeBudget({ budget: entry, reason: reason.trim() }, record?.id),
    async onSuccess({ outcome }) {
      await queries.invalidateQueries({ queryKey: ['budgets'] });
      if (outcome === 'rejected') return;
      if (record === undefined) await navigate({ to: '/budgets', search: { search: draft.name.trim() } });
      else close();
    },
  });
  const isReady = draft.id !== '' && draft.account !== '' && draft.amount.trim() !== '' && draft.thresholds.length > 0;
  const faults = save.error instanceof ApiError ? save.error.faults : [];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady && reason.trim() !== '' && !save.isPending) save.mutate();
  };
  return (
    <form
      className="card budget-writing"
      aria-label={record === undefined ? 'New budget' : 'Change the budget'}
      onSubmit={submit}
    >
      <fieldset>
        <legend>What it limits</legend>
        <div className="budget-fields">
          <Labelled label="Name">
            <input
              className="field"
              value={draft.name}
              maxLength={200}
              placeholder="Render farm, month"
              data-testid="budget-form-name"
              onChange={({ currentTarget: { value } }) =>
                set({
                  name: value,
                  ...(record === undefined && draft.id === idOf(draft.name) ? { id: idOf(value) } : {}),
                })
              }
            />
          </Labelled>
          <Labelled label="Id" hint={record === undefined ? 'stays for good' : 'cannot be changed'}>
            <input
              className="field"
              value={draft.id}
              maxLength={36}
              readOnly={record !== undefined}
              data-testid="budget-form-id"
              onChange={(event) => set({ id: event.currentTarget.value })}
            />
          </Labelled>
          <Labelled label="Account" hint="it and all below it">
            <select
              className="field"
              value={draft.account}
              disabled={record !== undefined}
              data-testid="budget-form-account"
              onChange={(event) => set({ account: event.currentTarget.value })}
            >
              <option value="">choose one</option>
              {treeRows(accounts, () => true).map(({ account, depth }) => (
                <option key={account.id} value={account.slug}>
                  {`${'\u00a0\u00a0\u00a0'.repeat(depth)}${account.name}`}
                </option>
              ))}
            </select>
          </Labelled>
          <CountedFields draft={draft} set={set} isNew={record === undefined} />
        </div>
      </fieldset>
      <ScopeFields draft={draft} set={set} />
      <ThresholdFields draft={draft} set={set} />
      <fieldset>
        <legend>Who is told</legend>
        {targets.length === 0 && <p className="quiet">No receiver is set up: alerts show here and in the inbox.</p>}
        <div className="budget-choices">
          {targets.map(({ id, kind }) => (
            <label key={id} className="budget-choice">
              <input
                type="checkbox"
                checked={draft.targets.includes(id)}
                data-testid={`budget-form-target-${id}`}
                onChange={({ currentTarget: { checked } }) =>
                  set({ targets: checked ? [...draft.targets, id] : draft.targets.filter((one) => one !== id) })
                }
              />
              {id} <span className="quiet">{kind}</span>
            </label>
          ))}
        </div>
        {record !== undefined && (
          <label className="budget-choice">
            <input
              type="checkbox"
              checked={draft.enabled}
              data-testid="budget-form-enabled"
              onChange={(event) => set({ enabled: event.currentTarget.checked })}
            />
            On <span className="quiet">turned off it lets go of what it holds back, and counts and acts no more</span>
          </label>
        )}
      </fieldset>
      {isReady && <OutlookNow entry={entry} draft={draft} id={record?.id} />}
      <ReasonField value={reason} onChange={setReason} testId="budget-form-reason" />
      <div className="budget-choices">
        <button
          type="submit"
          className="button primary"
          disabled={!isReady || reason.trim() === '' || save.isPending}
          data-testid="budget-form-save"
        >
          {record === undefined ? 'Create the budget' : 'Save the changes'}
        </button>
        <button type="button" className="button" onClick={close}>
          Cancel
        </button>
        {!isReady && <span className="quiet">A name, an account and an amount are needed.</span>}
      </div>
      {faults.length > 0 ? (
        <ul className="budget-faults" role="alert">
          {faults.map(({ path, message, expected }) => (
            <li key={`${path} ${expected}`}>
              <b>{path}</b>: {message} Expected {expected}.
            </li>
          ))}
        </ul>
      ) : (
        save.error !== null && <ErrorState error={save.error} />
      )}
      {save.data?.outcome === 'rejected' && (
        <p role="alert" className="budget-faults">
          The rater did not take it: {save.data.rejected?.join('; ')}
        </p>
      )}
    </form>
  );
}
