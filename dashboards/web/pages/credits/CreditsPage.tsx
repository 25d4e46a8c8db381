/** "Credits": what is left of prepaid and promotional credit, what burns first, what was paid with it, and who asks for more. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { CreditFigures } from '#core/messages/creditFigures.ts';
import { creditsQuery } from '../../api/queries.ts';
import { mayOperate, useMe } from '../../app/session.tsx';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Page } from '../../components/Page.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { plural } from '../../format/quantity.ts';
import { useLive } from '../../live/hooks.ts';
import { Entries } from './Entries.tsx';
import { GrantForm, type Wanted } from './GrantForm.tsx';
import { Grants } from './Grants.tsx';
import { burnOrder } from './order.ts';
import { Wallets } from './Wallets.tsx';
import './credits.css';

export function CreditsPage() {
  const me = useMe();
  const queries = useQueryClient();
  const query = useQuery(creditsQuery);
  const [wanted, want] = useState<Wanted>();
  const moved = useLive((view) => view.creditsSeq);
  // The socket says that credits moved; the figures are asked for.
  useEffect(() => void queries.invalidateQueries({ queryKey: ['credits'] }), [queries, moved]);
  const figures = query.data;
  return (
    <Page className="stack credits" heading="Credits">
      <PageHead title="Credits" hint={figures && plural(figures.grants.length, 'grant')}>
        <span className="page-space" />
        {mayOperate(me) && (
          <button
            type="button"
            className={`button ${wanted === undefined ? 'primary' : ''}`}
            aria-expanded={wanted !== undefined}
            data-testid="credit-new"
            onClick={() => want(wanted === undefined ? {} : undefined)}
          >
            {wanted === undefined ? 'Grant credit' : 'Close'}
          </button>
        )}
        {figures !== undefined && figures.grants.length > 0 && (
          <ExportMenu fileName="credits" columns={exportColumns} rows={burnOrder(figures.grants).map(exportRow)} />
        )}
      </PageHead>
      {wanted !== undefined && <GrantForm key={JSON.stringify(wanted)} wanted={wanted} done={() => want(undefined)} />}
      {query.error !== null && figures === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : figures === undefined ? (
        <Skeleton lines={8} label="the credits" />
      ) : figures.grants.length + figures.wallets.length === 0 ? (
        wanted === undefined && (
          <EmptyState
            title="No credit was ever granted"
            command="npx meterline credit grant --account SLUG --amount 100"
          >
            Prepaid and promotional credit pays what an account and all below it are charged, in the commit that charges
            it. A wallet watches it, says when it runs low and out, and asks for more.
          </EmptyState>
        )
      ) : (
        <>
          {figures.asOf === null && <p className="note">No rater answers: what is left is not known at this moment.</p>}
          <Wallets wallets={figures.wallets} topUp={mayOperate(me) ? want : undefined} />
          <Grants grants={burnOrder(figures.grants)} />
          <Entries grants={figures.grants} />
        </>
      )}
    </Page>
  );
}

const exportColumns = ['grant', 'account', 'kind', 'status', 'amount', 'left', 'burned', 'currency', 'priority', 'effective_from_ms', 'expires_at_ms']; // prettier-ignore
const exportRow = (grant: CreditFigures['grants'][number]): string[] => [
  grant.id, grant.accountSlug, grant.kind, grant.status ?? '', grant.amount, grant.left ?? '', grant.burned ?? '', grant.currency, String(grant.priority),
  String(grant.effectiveFromMs), String(grant.expiresAtMs ?? ''),
]; // prettier-ignore
