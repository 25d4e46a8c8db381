/** Which part of the account counts; folded away while all of it does. */
import { useQuery } from '@tanstack/react-query';
import { pricesQuery } from '../../api/queries.ts';
import type { FieldsProps } from './CountedFields.tsx';
import { Labelled } from './Labelled.tsx';

const fields = {
  services: ['Services', ''],
  components: ['Components', ''],
  meters: ['Meters', ''],
  prices: ['Prices, fees, agreements', 'by key'],
  resources: ['Resources', 'x/* is all below x'],
  tags: ['Tags of accounts', 'as in env=prod'],
} as const;

export function ScopeFields({ draft, set }: FieldsProps) {
  const prices = useQuery(pricesQuery).data ?? [];
  const known: Partial<Record<keyof typeof fields, readonly string[]>> = {
    services: [...new Set(prices.map(({ service }) => service))],
    components: [...new Set(prices.map(({ component }) => component))],
  };
  const isLimited = Object.values(draft.scope).some((text) => text.trim() !== '');
  return (
    <details className="budget-scope" open={isLimited || undefined}>
      <summary data-testid="budget-form-scope">
        Only a part of it <span className="quiet">{isLimited ? '' : 'now everything counts'}</span>
      </summary>
      <div className="budget-fields">
        {(Object.keys(fields) as (keyof typeof fields)[]).map((name) => (
          <Labelled key={name} label={fields[name][0]} hint={fields[name][1]}>
            <input
              className="field"
              value={draft.scope[name]}
              placeholder={known[name]?.slice(0, 3).join(', ') ?? 'any'}
              data-testid={`budget-form-${name}`}
              onChange={({ currentTarget: { value } }) => set({ scope: { ...draft.scope, [name]: value } })}
            />
          </Labelled>
        ))}
      </div>
      <p className="note">Several names are separated by commas; of each list that is filled in one has to fit.</p>
    </details>
  );
}
