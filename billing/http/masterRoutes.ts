import { z } from 'zod';
import type { App } from '#platform/http/index.ts';
import { accountsOf, ownershipOf, tenantOf } from '../accounts/accounts.ts';
import { auditPage, verifyAudit } from '../audit/read.ts';
import { budgetsOf } from '../budgets/budgets.ts';
import { agreedOf } from '../catalogue/agreed.ts';
import { pricingUnitsOf } from '../catalogue/pricingUnits.ts';
import { metersOf, pricesOf } from '../catalogue/catalogue.ts';
import { billingLimits } from '../limits.ts';
import * as answers from './answers.ts';
import { budgets } from './budgetAnswers.ts';
import type { BillingRoutesDeps } from './parts.ts';

export function masterRoutes(app: App, { office: { db } }: BillingRoutesDeps): void {
  const read = (summary: string, tag = 'master data') => ({ summary, tags: [tag] });

  app.get(
    '/me',
    { schema: { ...read('Who you are', 'access'), response: { 200: answers.me } } },
    async ({ identity }) => {
      const { id, name, currency, timeZone } = await tenantOf(db, identity.tenant);
      const units = await pricingUnitsOf(db, identity.tenant);
      const pricingUnits = units.map(({ id: unit, name: called, decimals }) => ({ id: unit, name: called, decimals }));
      return { actor: identity.actor, role: identity.role, tenant: { id, name, currency, timeZone, pricingUnits } };
    },
  );
  app.get(
    '/accounts',
    { schema: { ...read('The account tree, parents first'), response: { 200: answers.accounts } } },
    async ({ identity }) => ({ accounts: await accountsOf(db, identity.tenant) }),
  );
  app.get('/meters', { schema: { ...read('Meters'), response: { 200: answers.meters } } }, async ({ identity }) => ({
    meters: await metersOf(db, identity.tenant),
  }));
  app.get(
    '/prices',
    { schema: { ...read('Every price version'), response: { 200: answers.prices } } },
    async ({ identity }) => ({ prices: await pricesOf(db, identity.tenant) }),
  );
  app.get(
    '/pricing-units',
    { schema: { ...read('Pricing units, and what each is worth'), response: { 200: answers.pricingUnits } } },
    async ({ identity }) => ({ pricingUnits: await pricingUnitsOf(db, identity.tenant) }),
  );
  app.get(
    '/fees',
    { schema: { ...read('Every version of every fee'), response: { 200: answers.fees } } },
    async ({ identity }) => ({ fees: await agreedOf(db, identity.tenant, 'fee') }),
  );
  app.get(
    '/agreements',
    {
      schema: {
        ...read('Every version of every discount, commitment and bound'),
        response: { 200: answers.agreements },
      },
    },
    async ({ identity }) => ({ agreements: await agreedOf(db, identity.tenant, 'agreement') }),
  );
  app.get('/budgets', { schema: { ...read('Budgets'), response: { 200: budgets } } }, async ({ identity }) => ({
    budgets: await budgetsOf(db, identity.tenant),
  }));
  app.get(
    '/ownership',
    { schema: { ...read('Who owns which resources from when'), response: { 200: answers.ownership } } },
    async ({ identity }) => ({ ownership: await ownershipOf(db, identity.tenant) }),
  );

  const page = z.object({
    limit: z.coerce.number().int().min(1).max(billingLimits.auditPageMax).default(50),
    beforeSeq: z.coerce.number().int().min(1).optional(),
  });
  app.get(
    '/audit',
    {
      config: { role: 'auditor' },
      schema: {
        ...read('The audit log, newest first', 'audit'),
        querystring: page,
        response: { 200: answers.auditRows },
      },
    },
    async ({ identity, query }) => ({ rows: await auditPage(db, identity.tenant, query) }),
  );
  app.get(
    '/audit/verify',
    {
      config: { role: 'auditor' },
      schema: { ...read("Recomputes the audit log's hash chain", 'audit'), response: { 200: answers.chainCheck } },
    },
    ({ identity }) => verifyAudit(db, identity.tenant),
  );
}
