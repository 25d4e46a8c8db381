import { z } from 'zod';
import type { Accounts, Budgets, Me, Meters, Prices } from '#core/messages/api.ts';
import type { App } from '#platform/http/index.ts';
import { accountsOf, ownershipOf, tenantOf } from '../accounts/accounts.ts';
import { auditPage, verifyAudit } from '../audit/read.ts';
import { budgetsOf } from '../budgets/budgets.ts';
import { metersOf, pricesOf } from '../catalogue/catalogue.ts';
import { billingLimits } from '../limits.ts';
import { targetsOf } from '../targets/targets.ts';
import type { BillingRoutesDeps } from './parts.ts';

export function masterRoutes(app: App, { office: { db } }: BillingRoutesDeps): void {
  const read = <Answer>(url: string, summary: string, answer: (tenant: string) => Promise<Answer>) =>
    app.get(url, { schema: { summary, tags: ['master data'] } }, ({ identity }) => answer(identity.tenant));

  app.get('/me', { schema: { summary: 'Who you are', tags: ['access'] } }, async ({ identity }): Promise<Me> => {
    const { id, name, currency, timeZone } = await tenantOf(db, identity.tenant);
    return { actor: identity.actor, role: identity.role, tenant: { id, name, currency, timeZone } };
  });
  read('/accounts', 'The account tree, parents first', async (tenant): Promise<Accounts> => ({
    accounts: await accountsOf(db, tenant),
  }));
  read('/meters', 'Meters', async (tenant): Promise<Meters> => ({ meters: await metersOf(db, tenant) }));
  read('/prices', 'Every price version', async (tenant): Promise<Prices> => ({ prices: await pricesOf(db, tenant) }));
  read('/budgets', 'Budgets', async (tenant): Promise<Budgets> => ({ budgets: await budgetsOf(db, tenant) }));
  read('/ownership', 'Who owns which resources from when', async (tenant) => ({
    ownership: await ownershipOf(db, tenant),
  }));
  read('/targets', 'Webhook targets, without their secrets', async (tenant) => ({
    targets: await targetsOf(db, tenant),
  }));

  const page = z.object({
    limit: z.coerce.number().int().min(1).max(billingLimits.auditPageMax).default(50),
    beforeSeq: z.coerce.number().int().min(1).optional(),
  });
  const audit = { tags: ['audit'] };
  app.get(
    '/audit',
    { config: { role: 'auditor' }, schema: { ...audit, summary: 'The audit log, newest first', querystring: page } },
    async ({ identity, query }) => ({ rows: await auditPage(db, identity.tenant, query) }),
  );
  app.get(
    '/audit/verify',
    { config: { role: 'auditor' }, schema: { ...audit, summary: "Recomputes the audit log's hash chain" } },
    ({ identity }) => verifyAudit(db, identity.tenant),
  );
}
