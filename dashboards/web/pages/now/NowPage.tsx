/** "Now": what is charged, to the last commit, where it goes, what happened, and whether to believe it. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Page } from '../../components/Page.tsx';
import { useLive } from '../../live/hooks.ts';
import { AccountTable } from './AccountTable.tsx';
import { AlertFeed } from './AlertFeed.tsx';
import { Hero } from './Hero.tsx';
import { TopResources } from './TopResources.tsx';
import { TrustCard } from './TrustCard.tsx';
import './now.css';

const BudgetDrawer = lazy(() => import('../../budgets/BudgetDrawer.tsx'));

export function NowPage() {
  const { budget } = useSearch({ from: '/' });
  const navigate = useNavigate();
  const ready = useLive(() => true) === true;
  return (
    <Page className="now" busy={!ready}>
      <Hero />
      <AccountTable />
      <aside className="now-aside" aria-label="Events and trust">
        <AlertFeed />
        <TrustCard />
      </aside>
      <TopResources />
      <Suspense>
        {budget !== undefined && (
          <BudgetDrawer id={budget} close={() => void navigate({ to: '/', search: {}, replace: true })} />
        )}
      </Suspense>
    </Page>
  );
}
