/** What is to be corrected. The answer is a preview: what it comes to in money, kept under an id, without any effect. */
import '@mantine/core/styles/Input.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import type { CorrectionSelection } from '#core/messages/correction.ts';
import { previewCorrection } from '../../api/mutations.ts';
import { correctionsQuery, fleetQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { ErrorState } from '../../components/states.tsx';
import { wallClockMs } from '../../format/period.ts';
import { correctionForms, type CorrectionForm } from './search.ts';

const names: Readonly<Record<CorrectionForm, string>> = {
  batches: 'Batches of a producer',
  time: 'A stretch of time',
  revert: 'Take a correction back',
};

type Fields = Readonly<
  Record<'producer' | 'fromSeq' | 'toSeq' | 'from' | 'to' | 'resource' | 'meter' | 'correction', string>
>;

export function NewCorrection({ ask }: { ask: CorrectionForm }) {
  const search = useSearch({ from: '/corrections' });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { timeZone } = useTenant();
  const { producer = '', from = '', to = '', resource = '', meter = '', correction = '' } = search;
  const [fields, setFields] = useState<Fields>({
    producer,
    from,
    to,
    resource,
    meter,
    correction,
    fromSeq: '',
    toSeq: '',
  });
  const [again, setAgain] = useState(false);
  const preview = useMutation({
    mutationFn: (selection: CorrectionSelection) => previewCorrection(selection),
    async onSuccess({ id }) {
      await queries.invalidateQueries({ queryKey: ['corrections'] });
      await navigate({ to: '/corrections/$correctionId', params: { correctionId: id } });
    },
  });
  const selection = selectionOf(ask, fields, timeZone, again);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (selection !== undefined && !preview.isPending) preview.mutate(selection);
  };
  const field = (name: keyof Fields) => ({
    value: fields[name],
    'data-testid': `correction-${name}`,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      setFields({ ...fields, [name]: event.currentTarget.value }),
  });
  return (
    <form className="card correction-form" aria-label="New correction" onSubmit={submit}>
      <div className="correction-kinds" role="group" aria-label="What is corrected">
        {correctionForms.map((form) => (
          <button
            key={form}
            type="button"
            className={`pill ${form === ask ? 'on' : ''}`}
            aria-pressed={form === ask}
            onClick={() => void navigate({ to: '/corrections', search: { ...search, ask: form }, replace: true })}
          >
            {names[form]}
          </button>
        ))}
      </div>
      <div className="correction-fields">
        {ask === 'revert' && <CorrectionField {...field('correction')} />}
        {ask !== 'revert' && <ProducerField optional={ask === 'time'} {...field('producer')} />}
        {ask === 'batches' && (
          <>
            <Labelled label="First batch">
              <input className="field" inputMode="numeric" placeholder="1" {...field('fromSeq')} />
            </Labelled>
            <Labelled label="Last batch">
              <input className="field" inputMode="numeric" placeholder="1" {...field('toSeq')} />
            </Labelled>
          </>
        )}
        {ask === 'time' && (
          <>
            <Labelled label={`From (${timeZone})`}>
              <input className="field" type="datetime-local" step={1} {...field('from')} />
            </Labelled>
            <Labelled label="Until before">
              <input className="field" type="datetime-local" step={1} {...field('to')} />
            </Labelled>
          </>
        )}
        {ask !== 'revert' && (
          <>
            <Labelled label="Resource">
              <input className="field" placeholder="any; host/* for all below" {...field('resource')} />
            </Labelled>
            <Labelled label="Meter">
              <input className="field" placeholder="any" {...field('meter')} />
            </Labelled>
          </>
        )}
      </div>
      {ask !== 'revert' && (
        <label className="correction-again">
          <input
            type="checkbox"
            checked={again}
            data-testid="correction-again"
            onChange={(event) => setAgain(event.currentTarget.checked)}
          />{' '}
          Rate it again, by the owners and prices that are known now, instead of taking it back
        </label>
      )}
      <div className="correction-go">
        <button
          type="submit"
          className="button primary"
          disabled={selection === undefined || preview.isPending}
          data-testid="correction-preview"
        >
          {preview.isPending ? 'Working it out' : 'Show what it comes to'}
        </button>
        <span className="quiet">Nothing changes yet.</span>
      </div>
      {preview.error !== null && <ErrorState error={preview.error} />}
    </form>
  );
}

/** What is asked for; undefined while something is missing. */
export function selectionOf(
  ask: CorrectionForm,
  fields: Fields,
  timeZone: string,
  isAgain = false,
): CorrectionSelection | undefined {
  const again = isAgain ? { again: true } : {};
  const text = (name: keyof Fields) => (fields[name].trim() === '' ? {} : { [name]: fields[name].trim() });
  if (ask === 'revert') return fields.correction === '' ? undefined : { correction: fields.correction };
  if (ask === 'batches') {
    const [fromSeq, toSeq] = [Number(fields.fromSeq), Number(fields.toSeq || fields.fromSeq)];
    const isWhole = Number.isSafeInteger(fromSeq) && fromSeq >= 1 && Number.isSafeInteger(toSeq) && toSeq >= fromSeq;
    const narrowed = { ...text('resource'), ...text('meter') };
    return fields.producer !== '' && isWhole
      ? { producer: fields.producer, fromSeq, toSeq, ...narrowed, ...again }
      : undefined;
  }
  const [fromMs, toMs] = [wallClockMs(fields.from, timeZone), wallClockMs(fields.to, timeZone)];
  const narrowed = { ...text('producer'), ...text('resource'), ...text('meter') };
  if (fromMs === undefined || toMs === undefined || toMs <= fromMs || Object.keys(narrowed).length === 0)
    return undefined;
  return { fromMs, toMs, ...narrowed, ...again };
}

interface FieldProps {
  readonly value: string;
  readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
}

const Labelled = ({ label, children }: { label: string; children: React.ReactNode }) => (
  <label className="labelled">
    <span>{label}</span>
    {children}
  </label>
);

function ProducerField({ optional, ...field }: FieldProps & { optional: boolean }) {
  const producers = useQuery(fleetQuery).data?.producers ?? [];
  return (
    <Labelled label="Producer">
      <select className="field" {...field}>
        <option value="">{optional ? 'any' : 'choose one'}</option>
        {producers.map(({ producer, mark }) => (
          <option key={producer} value={producer}>
            {producer} ({mark.toLocaleString('en')} batches)
          </option>
        ))}
      </select>
    </Labelled>
  );
}

function CorrectionField(field: FieldProps) {
  const corrections = useQuery(correctionsQuery).data ?? [];
  const ended = corrections.filter(({ status }) => status === 'ended' || status === 'failed');
  return (
    <Labelled label="Correction">
      <select className="field" {...field}>
        <option value="">{ended.length === 0 ? 'there is none to take back' : 'choose one'}</option>
        {ended.map(({ id, reason }) => (
          <option key={id} value={id}>
            {id} {reason}
          </option>
        ))}
      </select>
    </Labelled>
  );
}
