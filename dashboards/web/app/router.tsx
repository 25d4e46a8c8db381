import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { NowPage } from '../pages/now/NowPage.tsx';
import { parseExploreSearch } from '../pages/explore/search.ts';
import { parseAlertsSearch } from '../pages/alerts/search.ts';
import { parseBudgetsSearch } from '../pages/budgets/search.ts';
import { parseCorrectionsSearch } from '../pages/corrections/search.ts';
import { parseDeliveriesSearch } from '../pages/deliveries/search.ts';
import { parseFleetSearch } from '../pages/fleet/search.ts';
import { parseRefusalsSearch } from '../pages/refusals/search.ts';
import { NotFound } from './NotFound.tsx';
import { PageError } from './PageError.tsx';
import { Gate } from './Gate.tsx';

const root = createRootRoute({ component: Gate, notFoundComponent: NotFound, errorComponent: PageError });

/** `budget` opens that budget's drawer. */
export interface NowSearch {
  readonly budget?: string;
}

const now = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: NowPage,
  validateSearch: (search: Record<string, unknown>): NowSearch =>
    typeof search['budget'] === 'string' ? { budget: search['budget'] } : {},
});

const explore = createRoute({
  getParentRoute: () => root,
  path: '/explore',
  component: lazyRouteComponent(() => import('../pages/explore/ExplorePage.tsx'), 'ExplorePage'),
  validateSearch: parseExploreSearch,
});

const why = createRoute({
  getParentRoute: () => root,
  path: '/why/$rowId',
  component: lazyRouteComponent(() => import('../pages/why/WhyPage.tsx'), 'WhyPage'),
});

const prices = createRoute({
  getParentRoute: () => root,
  path: '/prices',
  component: lazyRouteComponent(() => import('../pages/prices/PricesPage.tsx'), 'PricesPage'),
});

const budgets = createRoute({
  getParentRoute: () => root,
  path: '/budgets',
  component: lazyRouteComponent(() => import('../pages/budgets/BudgetsPage.tsx'), 'BudgetsPage'),
  validateSearch: parseBudgetsSearch,
});

const budget = createRoute({
  getParentRoute: () => root,
  path: '/budgets/$budgetId',
  component: lazyRouteComponent(() => import('../pages/budget/BudgetPage.tsx'), 'BudgetPage'),
});

const budgetForm = () => import('../pages/budgetForm/BudgetFormPage.tsx');

/** `account`: the slug that is filled in. */
const newBudget = createRoute({
  getParentRoute: () => root,
  path: '/new-budget',
  component: lazyRouteComponent(budgetForm, 'NewBudgetPage'),
  validateSearch: (search: Record<string, unknown>): { readonly account?: string } =>
    typeof search['account'] === 'string' ? { account: search['account'] } : {},
});

const changeBudget = createRoute({
  getParentRoute: () => root,
  path: '/budgets/$budgetId/change',
  component: lazyRouteComponent(budgetForm, 'ChangeBudgetPage'),
});

const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  component: lazyRouteComponent(() => import('../pages/alerts/AlertsPage.tsx'), 'AlertsPage'),
  validateSearch: parseAlertsSearch,
});

const deliveries = createRoute({
  getParentRoute: () => root,
  path: '/deliveries',
  component: lazyRouteComponent(() => import('../pages/deliveries/DeliveriesPage.tsx'), 'DeliveriesPage'),
  validateSearch: parseDeliveriesSearch,
});

const credits = createRoute({
  getParentRoute: () => root,
  path: '/credits',
  component: lazyRouteComponent(() => import('../pages/credits/CreditsPage.tsx'), 'CreditsPage'),
});

const corrections = createRoute({
  getParentRoute: () => root,
  path: '/corrections',
  component: lazyRouteComponent(() => import('../pages/corrections/CorrectionsPage.tsx'), 'CorrectionsPage'),
  validateSearch: parseCorrectionsSearch,
});

const correction = createRoute({
  getParentRoute: () => root,
  path: '/corrections/$correctionId',
  component: lazyRouteComponent(() => import('../pages/corrections/CorrectionPage.tsx'), 'CorrectionPage'),
});

const closes = createRoute({
  getParentRoute: () => root,
  path: '/closes',
  component: lazyRouteComponent(() => import('../pages/closes/ClosesPage.tsx'), 'ClosesPage'),
});

const fleet = createRoute({
  getParentRoute: () => root,
  path: '/fleet',
  component: lazyRouteComponent(() => import('../pages/fleet/FleetPage.tsx'), 'FleetPage'),
  validateSearch: parseFleetSearch,
});

const refusals = createRoute({
  getParentRoute: () => root,
  path: '/refusals',
  component: lazyRouteComponent(() => import('../pages/refusals/RefusalsPage.tsx'), 'RefusalsPage'),
  validateSearch: parseRefusalsSearch,
});

const status = createRoute({
  getParentRoute: () => root,
  path: '/status',
  component: lazyRouteComponent(() => import('../pages/status/StatusPage.tsx'), 'StatusPage'),
});

/** Addresses stay readable: every parameter is plain text. */
export const router = createRouter({
  routeTree: root.addChildren([
    now,
    explore,
    why,
    prices,
    budgets,
    budget,
    newBudget,
    changeBudget,
    alerts,
    deliveries,
    credits,
    corrections,
    correction,
    closes,
    fleet,
    refusals,
    status,
  ]),
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const entries = Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    const text = new URLSearchParams(entries).toString();
    return text === '' ? '' : `?${text}`;
  },
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
