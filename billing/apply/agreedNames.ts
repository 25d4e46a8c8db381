import type { AgreementRecord, FeeRecord } from '#core/messages/control.ts';
import { Check } from '#core/fees/problems.ts';
import type { Items } from '#core/messages/agreement.ts';
import type { Faults } from './faults.ts';
import type { Item } from './item.ts';
import type { Organisation } from './organisation.ts';
import type { Present } from './present.ts';
import { tellProblems } from './recordForm.ts';

type Kind = 'service' | 'component' | 'price' | 'plan' | 'contract';

/** Names that a message lists at most: more are not read. */
const listedMax = 20;

/**
 * What agreements are about is named: a name that no price and no fee has would silently never apply. Prices and fees
 * are those of the file and those published before, whatever their versions.
 */
export function checkAgreedNames(
  wanted: Pick<Organisation, 'agreements' | 'fees' | 'prices'>,
  items: readonly Item<AgreementRecord>[],
  present: Pick<Present, 'fees' | 'prices'>,
  faults: Faults,
): void {
  const prices = [...present.prices, ...wanted.prices];
  const fees = [...present.fees, ...wanted.fees.map(({ record }) => record as WantedFee)];
  const known: Readonly<Record<Kind, Set<string>>> = {
    service: new Set(),
    component: new Set(),
    price: new Set(prices.map(({ key }) => key)),
    plan: new Set(),
    contract: new Set(),
  };
  const sold: readonly Partial<Record<Kind, string>>[] = [...prices, ...fees, ...fees.flatMap(({ allocation }) => allocation ?? [])]; // prettier-ignore
  for (const one of sold)
    for (const kind of ['service', 'component', 'plan', 'contract'] as const)
      if (one[kind] !== undefined) known[kind].add(one[kind]);
  for (const { after } of items)
    if (after.terms.kind === 'commitment' && after.terms.contract) known.contract.add(after.terms.contract);
  for (const { after, status } of items) {
    if (status !== 'added') continue;
    const check = new Check();
    for (const [kind, name, place] of namesOf(after)) {
      const list = [...known[kind]].toSorted().slice(0, listedMax);
      const right =
        list.length === 0 ? `a ${kind}; there is none` : `a ${kind} that is sold, such as ${list.join(', ')}`;
      place(check).that(known[kind].has(name) || faults.unreadableNames.has(name), name, right, 'NAME_UNKNOWN');
    }
    const entry = wanted.agreements.find(({ key, version }) => key === after.key && version === after.version)!;
    tellProblems(check.problems, entry.entry, faults);
  }
}

type WantedFee = Pick<FeeRecord, 'service' | 'component' | 'plan' | 'contract' | 'allocation'>;
type Named = readonly [kind: Kind, name: string, place: (check: Check) => Check];

function namesOf({ terms }: AgreementRecord): Named[] {
  const listed = (kind: Kind, names: readonly string[] | undefined, ...path: readonly string[]): Named[] =>
    (names ?? []).map((name, index) => [kind, name, (check) => at(check, path).at(index)]);
  if (terms.kind === 'discount') {
    const itemsOf = (field: 'only' | 'except', items: Items | undefined): Named[] => [
      ...listed('service', items?.services, field, 'services'),
      ...listed('component', items?.components, field, 'components'),
      ...listed('price', items?.prices, field, 'prices'),
    ];
    return [...itemsOf('only', terms.only), ...itemsOf('except', terms.except)];
  }
  if (terms.kind === 'commitment') return listed('service', terms.services, 'services');
  // The kinds of a scope are the names of its fields; "" is none.
  return Object.entries(terms.scope)
    .filter(([field, name]) => field !== 'kind' && name !== '')
    .map(([field, name]) => [field as Kind, name as string, (check) => at(check, ['scope', field])]);
}

const at = (check: Check, path: readonly string[]): Check =>
  path.reduce((here, part) => here.at(part), check.at('terms'));
