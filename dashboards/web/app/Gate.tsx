/** Lets signed-in people through to the shell, everyone else to the sign-in page. */
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { isSignedOut } from '../api/client.ts';
import { meQuery, metersQuery } from '../api/queries.ts';
import { Page } from '../components/Page.tsx';
import { ErrorState, Skeleton } from '../components/states.tsx';
import { knowMeters } from '../format/budgetFigures.ts';
import { knowPricingUnits } from '../format/money.ts';
import { startLive, stopLive } from '../live/store.ts';
import { SignInPage } from '../pages/signIn/SignInPage.tsx';
import { checkSession } from './queryClient.ts';
import { SessionContext } from './session.tsx';
import { Shell } from './Shell.tsx';

export function Gate() {
  const me = useQuery(meQuery);
  const signedIn = me.data !== undefined;
  knowPricingUnits(me.data?.tenant.pricingUnits ?? []);
  knowMeters(useQuery({ ...metersQuery, enabled: signedIn }).data ?? []);

  useEffect(() => {
    if (!signedIn) return;
    startLive(checkSession);
    return stopLive;
  }, [signedIn]);

  if (me.data !== undefined) {
    return (
      <SessionContext value={me.data}>
        <Shell />
      </SessionContext>
    );
  }
  if (isSignedOut(me.error)) return <SignInPage />;
  return (
    <Page className="lonely" heading="Meterline">
      {me.error === null ? (
        <Skeleton label="Meterline" />
      ) : (
        <ErrorState error={me.error} retry={() => void me.refetch()} />
      )}
    </Page>
  );
}
