import { QueryCache, QueryClient } from '@tanstack/react-query';
import { endSession } from '../api/mutations.ts';
import { ApiError, isSignedOut } from '../api/client.ts';
import { meQuery, sessionQuery } from '../api/queries.ts';

export const queryLimits = { retriesMax: 3 } as const;

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // A session that ended shows the sign-in page, whichever request found out.
    onError: (error, query) => {
      if (isSignedOut(error) && query.queryKey[0] !== 'me')
        void queryClient.resetQueries({ queryKey: meQuery.queryKey });
    },
  }),
  defaultOptions: {
    queries: {
      // A refusal stays a refusal; only what may pass by itself is tried again.
      retry: (failures, error) =>
        failures < queryLimits.retriesMax && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      refetchOnWindowFocus: false,
    },
  },
});

/** Shows the sign-in page if the session is over. */
export const checkSession = (): void => void queryClient.fetchQuery(sessionQuery).catch(() => undefined);

/** Ends the session, here and in every other page of this browser. */
export async function signOut(): Promise<void> {
  await endSession();
  checkSession();
}
