/** Who is signed in and in which tenant, known to every page below the gate. */
import { createContext, useContext } from 'react';
import type { Me } from '#core/messages/api.ts';

export const SessionContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(SessionContext);
  if (me === null) throw new Error('This page is shown to signed-in people only.');
  return me;
}

export const useTenant = (): Me['tenant'] => useMe().tenant;

/** The pricing unit that an address names, else the tenant's currency. */
export const useCurrency = (search: { readonly currency?: string }): string => {
  const { currency } = useTenant();
  return search.currency ?? currency;
};

export const mayOperate = (me: Me): boolean => me.role === 'operator' || me.role === 'admin';
