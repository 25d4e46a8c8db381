/** What counts of the account: everything, or only what is named. */
import { useQuery } from '@tanstack/react-query';
import { agreementsQuery, feesQuery, metersQuery, pricesQuery } from '../../api/queries.ts';
import { scopeLists, type Draft } from './draft.ts';
import { Names, Section, type PartProps } from './parts.tsx';

const labels: Readonly<Record<keyof Draft['scope'], readonly [label: string, placeholder: string]>> = {
  services: ['Services', 'all'],
  components: ['Components', 'all'],
  meters: ['Meters', 'all'],
  prices: ['Prices, fees and agreements', 'all'],
  resources: ['Resources', 'all; host/* for all below'],
  tags: ['Tags of accounts', 'any; team=web'],
};

export function Scope({ draft, set, isQuantity }: PartProps & { readonly isQuantity: boolean }) {
  const { scope } = draft;
  const priced = [
    ...(useQuery(pricesQuery).data ?? []),
    ...(useQuery(feesQuery).data ?? []),
    ...(useQuery(agreementsQuery).data ?? []),
  ];
  const meters = useQuery(metersQuery).data ?? [];
  const unique = (names: readonly string[]): string[] => [...new Set(names)].toSorted();
  const known: Partial<Record<keyof Draft['scope'], string[]>> = {
    services: unique(priced.map(({ service }) => service)),
    components: unique(priced.map(({ component }) => component)),
    prices: unique(priced.map(({ key }) => key)),
    meters: unique(meters.map(({ id }) => id)),
  };
  const lists = [...scopeLists, 'tags' as const].filter((list) => !isQuantity || list !== 'meters');
  const count = lists.filter((list) => scope[list].length > 0).length;
  return (
    <Section title="What counts">
      <details className="budget-more" open={count > 0 || undefined}>
        <summary data-testid="budget-form-narrow">
          {count === 0
            ? 'Everything of the account. Limit it to some services, resources or tags'
            : 'Only what fits one name of each list'}
        </summary>
        <div className="budget-fields">
          {lists.map((list) => (
            <Names
              key={list}
              path={`scope.${list}`}
              label={labels[list][0]}
              placeholder={labels[list][1]}
              data={known[list] ?? []}
              value={[...scope[list]]}
              onChange={(names) => set({ scope: { ...scope, [list]: names } })}
            />
          ))}
        </div>
      </details>
    </Section>
  );
}
