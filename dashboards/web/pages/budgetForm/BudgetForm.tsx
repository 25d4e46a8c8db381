/** The form of a budget. While it is filled in, the API's dry run says what it would mean at once; a reason makes it so. */
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import type { BudgetRecord, MeterRecord } from '#core/messages/control.ts';
import { ApiError } from '../../api/client.ts';
import { writeBudget } from '../../api/mutations.ts';
import { ReasonField } from '../../components/ReasonField.tsx';
import { ErrorState } from '../../components/states.tsx';
import { currencySymbol } from '../../format/money.ts';
import { Basics } from './Basics.tsx';
import { entryOf, isComplete, isEndless, isSame, type Draft } from './draft.ts';
import { Receivers, Rest } from './Effects.tsx';
import { Faults, faultText } from './faults.tsx';
import { deedOf, Meaning } from './Meaning.tsx';
import { Period } from './Period.tsx';
import { Scope } from './Scope.tsx';
import { Thresholds } from './Thresholds.tsx';
import { unitOf, unitText } from './units.ts';

export interface BudgetFormProps {
  readonly first: Draft;
  readonly meters: readonly MeterRecord[];
  /** What is changed; undefined for a new one. */
  readonly record: BudgetRecord | undefined;
}

export function BudgetForm({ first, meters, record }: BudgetFormProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(first);
  const [reason, setReason] = useState('');
  const meter = meters.find(({ id }) => id === draft.meter);
  const unit = unitOf(meter, record);
  const unitName = draft.meter === '' ? currencySymbol(draft.currency).trim() : unitText(unit, meter);
  const entry = entryOf(draft, unit, record);
  const [asked] = useDebouncedValue(isComplete(draft) ? JSON.stringify(entry) : '', 400);
  const plan = useQuery({
    queryKey: ['budget-plan', record?.id, asked],
    queryFn: () => writeBudget({ budget: JSON.parse(asked) as typeof entry, reason: 'dry run', dryRun: true }, record?.id), // prettier-ignore
    enabled: asked !== '',
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  });
  const write = useMutation({
    mutationFn: () => writeBudget({ budget: entry, reason: reason.trim() }, record?.id),
    async onSuccess({ outcome, budget }) {
      if (outcome === 'rejected') return;
      await queries.invalidateQueries({ queryKey: ['budgets'] });
      await navigate({ to: '/budgets/$budgetId', params: { budgetId: budget.id } });
    },
  });
  const set = (change: Partial<Draft>): void => {
    write.reset();
    setDraft({ ...draft, ...change });
  };
  const error = write.error ?? (asked === '' ? null : plan.error);
  const faults = error instanceof ApiError ? error.faults : [];
  const isUnchanged = record !== undefined && isSame(entry, record, draft.account);
  const may = isComplete(draft) && !isUnchanged && reason.trim() !== '' && faults.length === 0 && !write.isPending;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (may) write.mutate();
  };
  const part = { draft, set };
  const isKnown = record !== undefined;
  const endless = isEndless(draft, record);
  const planned = plan.error === null && asked !== '' ? plan.data : undefined;
  const deed = deedOf(planned?.outlook);
  const rejected = write.data?.outcome === 'rejected' ? (write.data.rejected ?? []).join('; ') : undefined;
  return (
    <Faults value={faults}>
      <form className="budget-form-page" aria-label={isKnown ? 'Change the budget' : 'New budget'} onSubmit={submit}>
        <div className="budget-parts">
          <Basics {...part} unit={unitName} isKnown={isKnown} />
          <Period {...part} record={record} />
          <Thresholds {...part} unit={unitName} endless={endless} />
          <Receivers {...part} />
          <Scope {...part} isQuantity={draft.meter !== ''} />
          <Rest {...part} isKnown={isKnown} endless={endless} />
        </div>
        <section className="card budget-plan" aria-labelledby="budget-plan-title">
          <h2 id="budget-plan-title">What it means now</h2>
          <div aria-live="polite" aria-busy={plan.isFetching}>
            {planned !== undefined ? (
              <Meaning planned={planned} />
            ) : faults.length > 0 ? (
              <ul className="failed-text" data-testid="budget-form-faults">
                {faults.map((fault) => (
                  <li key={`${fault.path} ${fault.expected}`}>
                    <code>{fault.path}</code> {faultText(fault)}
                  </li>
                ))}
              </ul>
            ) : error === null ? (
              <p className="quiet">
                {asked === ''
                  ? 'With a name, an account, an amount and its thresholds, this says what the spend so far means for it.'
                  : 'Working it out'}
              </p>
            ) : null}
          </div>
          {error !== null && faults.length === 0 && <ErrorState error={error} />}
          <ReasonField value={reason} onChange={setReason} testId="budget-form-reason" maxLength={500} />
          {rejected !== undefined && (
            <p role="alert" className="failed-text">
              The rater rejected it: {rejected}.
            </p>
          )}
          <div className="budget-buttons">
            <button type="submit" className="button primary" disabled={!may} data-testid="budget-form-save">
              {write.isPending ? 'Writing' : isKnown ? 'Save the change' : 'Create the budget'}
              {deed !== undefined && !write.isPending && `, and ${deed} at once`}
            </button>
            {isKnown ? (
              <Link to="/budgets/$budgetId" params={{ budgetId: record.id }} className="button">
                Cancel
              </Link>
            ) : (
              <Link to="/budgets" className="button">
                Cancel
              </Link>
            )}
          </div>
          {isUnchanged && <p className="note">Nothing is changed so far.</p>}
        </section>
      </form>
    </Faults>
  );
}
