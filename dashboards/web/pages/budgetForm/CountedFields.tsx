/** How much, of what, in which period, and whether what is left goes on. */
import { useQuery } from '@tanstack/react-query';
import { metersQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import type { Draft } from '../../budgets/draft.ts';
import { Labelled } from './Labelled.tsx';

const periods: Readonly<Record<string, string>> = {
  day: 'Day',
  week: 'Week',
  month: 'Month',
  quarter: 'Quarter',
  halfYear: 'Half-year',
  year: 'Year',
  rolling: 'The last hours, rolling',
  lifetime: 'All time',
};

export interface FieldsProps {
  readonly draft: Draft;
  readonly set: (change: Partial<Draft>) => void;
}

export function CountedFields({ draft, set, isNew }: FieldsProps & { isNew: boolean }) {
  const { currency, pricingUnits } = useTenant();
  const meters = useQuery(metersQuery).data ?? [];
  const money = [...new Set([currency, ...pricingUnits.map(({ id }) => id), ...(draft.unit.startsWith('meter:') ? [] : [draft.unit])])]; // prettier-ignore
  const goesOn = draft.period !== 'rolling' && draft.period !== 'lifetime';
  return (
    <>
      <Labelled label="Amount">
        <input
          className="field"
          inputMode="decimal"
          placeholder="1,000.00"
          value={draft.amount}
          data-testid="budget-form-amount"
          onChange={(event) => set({ amount: event.currentTarget.value })}
        />
      </Labelled>
      <Labelled label="Unit">
        <select
          className="field"
          value={draft.unit}
          disabled={!isNew}
          data-testid="budget-form-unit"
          onChange={(event) => set({ unit: event.currentTarget.value })}
        >
          <optgroup label="Money">
            {money.map((unit) => (
              <option key={unit}>{unit}</option>
            ))}
          </optgroup>
          <optgroup label="A quantity, in the unit of its meter">
            {meters.map(({ id, unit }) => (
              <option key={id} value={`meter:${id}`}>
                {id} ({unit})
              </option>
            ))}
          </optgroup>
        </select>
      </Labelled>
      <Labelled label="Period">
        <select
          className="field"
          value={draft.period}
          disabled={!isNew}
          data-testid="budget-form-period"
          onChange={({ currentTarget: { value: period } }) =>
            set({
              period,
              ...(period === 'rolling' || period === 'lifetime' ? { carriesOver: false, isForecast: false } : {}),
            })
          }
        >
          {Object.entries(periods).map(([period, name]) => (
            <option key={period} value={period}>
              {name}
            </option>
          ))}
          {draft.period === 'kept' && <option value="kept">Its own calendar</option>}
        </select>
      </Labelled>
      {draft.period === 'rolling' && (
        <Labelled label="Hours" hint="1 to 744">
          <input
            className="field"
            inputMode="numeric"
            value={draft.hours}
            readOnly={!isNew}
            data-testid="budget-form-hours"
            onChange={(event) => set({ hours: event.currentTarget.value })}
          />
        </Labelled>
      )}
      {goesOn && (
        <div className="labelled">
          <span>At the end of a period</span>
          <label className="budget-choice">
            <input
              type="checkbox"
              checked={draft.carriesOver}
              data-testid="budget-form-carry"
              onChange={(event) => set({ carriesOver: event.currentTarget.checked })}
            />
            what is left goes on
          </label>
        </div>
      )}
      {goesOn && draft.carriesOver && (
        <Labelled label="At most" hint="empty: all of it">
          <input
            className="field"
            inputMode="decimal"
            value={draft.carriedMax}
            data-testid="budget-form-carried-max"
            onChange={(event) => set({ carriedMax: event.currentTarget.value })}
          />
        </Labelled>
      )}
    </>
  );
}
