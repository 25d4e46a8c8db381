/** Who is told, when what was crossed lets go, and what else may be said of a budget. */
import { useQuery } from '@tanstack/react-query';
import { targetsQuery } from '../../api/queries.ts';
import { Check, Section, Text, type PartProps } from './parts.tsx';

export function Receivers({ draft, set }: PartProps) {
  const targets = useQuery(targetsQuery).data ?? [];
  const { targets: chosen } = draft;
  return (
    <Section title="Who is told">
      {targets.length === 0 && (
        <p className="quiet">There is no receiver yet; its alerts show on the pages all the same.</p>
      )}
      <div className="budget-checks">
        {targets.map(({ id, kind, enabled }) => (
          <Check
            key={id}
            label={id}
            hint={enabled ? kind : `${kind}, turned off`}
            checked={chosen.includes(id)}
            data-testid={`budget-form-target-${id}`}
            onChange={({ currentTarget: { checked } }) =>
              set({ targets: checked ? [...chosen, id] : chosen.filter((one) => one !== id) })
            }
          />
        ))}
      </div>
    </Section>
  );
}

export function Rest({
  draft,
  set,
  isKnown,
  endless,
}: PartProps & { readonly isKnown: boolean; readonly endless: boolean }) {
  const { fx } = draft;
  const rate = (index: number, part: Partial<(typeof fx)[number]>): void =>
    set({ fx: fx.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  return (
    <Section title="Letting go, forecast, other currencies">
      <div className="budget-fields">
        <Text
          path="releaseAt"
          label="Lets go below"
          description="Percent of a threshold’s level; empty: at the next period"
          inputMode="decimal"
          placeholder="never within the period"
          value={draft.releaseAt}
          onText={(releaseAt) => set({ releaseAt })}
        />
        <div className="budget-checks">
          {!endless && (
            <Check
              label="Forecast its end of period each hour"
              checked={draft.forecast}
              data-testid="budget-form-forecast"
              onChange={({ currentTarget: { checked } }) => set({ forecast: checked })}
            />
          )}
          {isKnown && (
            <Check
              label="Enabled"
              hint="Turned off, it counts and acts no more"
              checked={draft.enabled}
              data-testid="budget-form-enabled"
              onChange={({ currentTarget: { checked } }) => set({ enabled: checked })}
            />
          )}
        </div>
      </div>
      {draft.meter === '' && (
        <>
          {fx.map(({ currency, rate: each, date }, index) => (
            <div className="budget-fields" key={index}>
              <Text
                path={`fx[${index}].currency`}
                label="Also counts"
                placeholder="USD"
                value={currency}
                onText={(text) => rate(index, { currency: text })}
              />
              <Text
                path={`fx[${index}].rate`}
                label={`At, in ${draft.currency}`}
                inputMode="decimal"
                placeholder="0.92"
                value={each}
                onText={(text) => rate(index, { rate: text })}
              />
              <Text
                path={`fx[${index}].date`}
                label="Rate of the day"
                type="date"
                value={date}
                onText={(text) => rate(index, { date: text })}
              />
            </div>
          ))}
          <div className="budget-checks">
            <button
              type="button"
              className="button small"
              onClick={() => set({ fx: [...fx, { currency: '', rate: '', date: '' }] })}
            >
              Count another currency
            </button>
            {fx.length > 0 && (
              <button type="button" className="button small" onClick={() => set({ fx: fx.slice(0, -1) })}>
                Remove the last
              </button>
            )}
          </div>
        </>
      )}
    </Section>
  );
}
