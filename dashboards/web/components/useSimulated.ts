/** Which producers, resources and accounts carry simulated usage, so that it is marked wherever it shows. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { accountsQuery, exploreQuery } from '../api/queries.ts';
import { pathOf } from '../format/accountTree.ts';
import { useLive } from '../live/hooks.ts';

export interface Simulated {
  readonly producers: ReadonlySet<string>;
  /** Accounts with simulated charges of their own or below them. */
  readonly accounts: ReadonlySet<number>;
  readonly isResource: (resource: string) => boolean;
}

const none: ReadonlySet<string> = new Set();
/** The set of simulated producers changes seldom; the pairs of account and producer are asked anew this often. */
const refreshMs = 60_000;

export function useSimulated(): Simulated {
  const producers = useProducers();
  const period = useLive((view) => view.period);
  const accounts = useQuery(accountsQuery).data;
  const pairs = useQuery({
    ...exploreQuery(['account', 'producer'], { from: period?.startMs ?? 0, to: period?.endMs ?? 0 }, refreshMs),
    enabled: period !== undefined && producers.size > 0,
  }).data;
  return useMemo(() => {
    const marked = new Set<number>();
    for (const { key } of producers.size === 0 ? [] : (pairs?.groups ?? [])) {
      if (!producers.has(key[1] ?? '')) continue;
      for (const account of pathOf(accounts ?? [], Number(key[0]))) marked.add(account.id);
    }
    // A simulated host's resources carry its producer's id as a segment of their name.
    const isResource = (resource: string): boolean => resource.split('/').some((segment) => producers.has(segment));
    return { producers, accounts: marked, isResource };
  }, [accounts, pairs, producers]);
}

function useProducers(): ReadonlySet<string> {
  const names = useLive((view) => simulatedNames(view.producers));
  return useMemo(() => (names === undefined || names === '' ? none : new Set(names.split(' '))), [names]);
}

const cache = new WeakMap<object, string>();

/** One text of all names, so that the set stays the same object while no name comes or goes. */
function simulatedNames(
  producers: ReadonlyMap<string, { readonly producer: string; readonly simulated: boolean }>,
): string {
  let names = cache.get(producers);
  if (names === undefined) {
    names = [...producers.values()].flatMap((producer) => (producer.simulated ? [producer.producer] : [])).join(' ');
    cache.set(producers, names);
  }
  return names;
}
