/** Thresholds of each kind, what each does, and when they let go. */
import { severities } from '#core/messages/alert.ts';
import type { DraftThreshold } from '../../budgets/draft.ts';
import type { FieldsProps } from './CountedFields.tsx';
import { Labelled } from './Labelled.tsx';

const kinds: Readonly<Record<DraftThreshold['kind'], string>> = {
  percent: '% of the amount spent',
  absolute: 'spent',
  forecast: '% expected by the end of the period',
  rate: 'spent within hours',
};
const actions = { notify: 'tell', throttle: 'throttle', block: 'block' } as const;

export function ThresholdFields({ draft, set }: FieldsProps) {
  const { thresholds } = draft;
  const isEndless = draft.period === 'rolling' || draft.period === 'lifetime';
  const change = (index: number, to: Partial<DraftThreshold>): void =>
    set({ thresholds: thresholds.map((one, at) => (at === index ? { ...one, ...to } : one)) });
  const added: DraftThreshold = { kind: 'percent', value: '', hours: '24', action: 'notify', severity: '' };
  return (
    <fieldset>
      <legend>Thresholds</legend>
      <ul className="threshold-fields">
        {thresholds.map((threshold, index) => {
          const { kind, value, hours, action, severity } = threshold;
          const field = (name: string) => ({
            className: 'field',
            'aria-label': `${name} of threshold ${index + 1}`,
            'data-testid': `budget-form-threshold-${index}-${name}`,
          });
          return (
            // eslint-disable-next-line react/no-array-index-key -- a row is its place
            <li key={index}>
              <input
                {...field('value')}
                inputMode="decimal"
                value={value}
                onChange={(event) => change(index, { value: event.currentTarget.value })}
              />
              <select
                {...field('kind')}
                value={kind}
                onChange={(event) => change(index, { kind: event.currentTarget.value as DraftThreshold['kind'] })}
              >
                {Object.entries(kinds).map(([id, text]) => (
                  <option key={id} value={id} disabled={id === 'forecast' && isEndless}>
                    {text}
                  </option>
                ))}
              </select>
              {kind === 'rate' ? (
                <input
                  {...field('hours')}
                  inputMode="numeric"
                  value={hours}
                  onChange={(event) => change(index, { hours: event.currentTarget.value })}
                />
              ) : (
                <span />
              )}
              <select
                {...field('action')}
                value={action}
                onChange={(event) => change(index, { action: event.currentTarget.value as DraftThreshold['action'] })}
              >
                {Object.entries(actions).map(([id, text]) => (
                  <option key={id} value={id}>
                    {text}
                  </option>
                ))}
              </select>
              <select
                {...field('severity')}
                value={severity}
                onChange={(event) => change(index, { severity: event.currentTarget.value })}
              >
                <option value="">usual severity</option>
                {severities.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
              <button
                type="button"
                className="button small"
                aria-label={`Remove threshold ${index + 1}`}
                disabled={thresholds.length === 1}
                onClick={() => set({ thresholds: thresholds.filter((_, at) => at !== index) })}
              >
                Remove
              </button>
            </li>
          );
        })}
      </ul>
      <div className="budget-fields">
        <button
          type="button"
          className="button small budget-add"
          data-testid="budget-form-threshold-add"
          onClick={() => set({ thresholds: [...thresholds, added] })}
        >
          Add a threshold
        </button>
        <Labelled label="Lets go below" hint="% of a threshold; empty: with the period">
          <input
            className="field"
            inputMode="decimal"
            value={draft.releaseAt}
            data-testid="budget-form-release-at"
            onChange={(event) => set({ releaseAt: event.currentTarget.value })}
          />
        </Labelled>
        {!isEndless && (
          <div className="labelled">
            <span>Forecast</span>
            <label className="budget-choice">
              <input
                type="checkbox"
                checked={draft.isForecast || thresholds.some(({ kind }) => kind === 'forecast')}
                disabled={thresholds.some(({ kind }) => kind === 'forecast')}
                data-testid="budget-form-forecast"
                onChange={(event) => set({ isForecast: event.currentTarget.checked })}
              />
              to the end of the period, each hour
            </label>
          </div>
        )}
      </div>
    </fieldset>
  );
}
