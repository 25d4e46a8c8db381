import { z } from 'zod';
import type { Accounts, Budgets, Me, Meters, Prices } from '#core/messages/api.ts';
import { idPattern } from '#core/messages/names.ts';
import { roles, type App, type Identity, type Routes } from '#platform/http/index.ts';
import { newTraceparent } from '#platform/telemetry.ts';
import { apiKeysOf, createApiKey, createLoginLink, revokeApiKey } from './access/access.ts';
import { usersOf } from './access/users.ts';
import { accountsOf, ownershipOf, tenantOf } from './accounts/accounts.ts';
import { applyDocument, type Secrets } from './apply/index.ts';
import { webhookUrlShape } from './apply/shapes.ts';
import { auditPage, verifyAudit } from './audit/read.ts';
import { budgetsOf, changeAmount, resetBudget } from './budgets/budgets.ts';
import { metersOf, pricesOf } from './catalogue/catalogue.ts';
import type { Author, Office } from './change.ts';
import type { BillingEvents } from './events.ts';
import { billingLimits } from './limits.ts';
import { enrol, revokeKey, setEnabled } from './producers/producers.ts';
import { changeTarget, rotateSecret, targetsOf } from './targets/targets.ts';

export interface BillingRoutesDeps {
  readonly office: Office;
  readonly secrets: Secrets;
  readonly events: BillingEvents;
}

const reason = z.string().min(1).max(billingLimits.nameLengthMax).describe('Why; it is kept in the audit log.');
const id = z.string().regex(idPattern);
const byId = z.object({ id });
const keyName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/);
const withReason = z.strictObject({ reason });
const once = z.object({
  'idempotency-key': z.string().min(1).max(200).optional().describe('The same request with the same key is done once.'),
});
const enrolment = z.strictObject({
  id,
  type: z.enum(['agent', 'gateway', 'importer']),
  simulated: z.boolean().default(false),
  publicKey: z.string().describe('Raw Ed25519 public key, 43 base64url characters.'),
});

const traceOf = (headers: Readonly<Record<string, unknown>>): string =>
  typeof headers['traceparent'] === 'string' &&
  /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(headers['traceparent'])
    ? headers['traceparent']
    : newTraceparent();

const authorOf = (request: {
  readonly identity: Identity;
  readonly headers: Readonly<Record<string, unknown>>;
}): Author => ({
  tenant: request.identity.tenant,
  actor: request.identity.actor,
  trace: traceOf(request.headers),
});

/** The back office's routes under /api/v1. Every one reads and changes the caller's own tenant only. */
export function billingRoutes(deps: BillingRoutesDeps): Routes {
  return (app) => {
    readRoutes(app, deps);
    applyRoutes(app, deps);
    budgetRoutes(app, deps);
    producerRoutes(app, deps);
    targetRoutes(app, deps);
    accessRoutes(app, deps);
  };
}

function readRoutes(app: App, { office: { db } }: BillingRoutesDeps): void {
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

function applyRoutes(app: App, { office, secrets, events }: BillingRoutesDeps): void {
  const body = z.strictObject({
    document: z.string().describe('The text of the organisation file, YAML or JSON.'),
    dryRun: z.boolean().default(false).describe('Says what would change and changes nothing.'),
    file: z.string().max(billingLimits.nameLengthMax).default('document').describe('How messages call the file.'),
    reason: reason.default('organisation file applied'),
  });
  app.post(
    '/apply',
    { config: { role: 'operator' }, schema: { summary: 'Applies an organisation file', tags: ['master data'], body } },
    async (request) => {
      const { document, dryRun, file, reason: why } = request.body;
      const isAdmin = request.identity.role === 'admin';
      const author = authorOf(request);
      try {
        const result = await applyDocument(office, author, secrets, document, { file, dryRun, reason: why, isAdmin });
        if (!dryRun) events.applied(author.tenant, result);
        return result;
      } catch (error) {
        events.applyRefused(author.tenant, error);
        throw error;
      }
    },
  );
}

function budgetRoutes(app: App, { office, events }: BillingRoutesDeps): void {
  const schema = { tags: ['budgets'], params: byId, headers: once };
  const amount = z.strictObject({
    amount: z.string().max(50).describe("Decimal text in the budget's currency."),
    reason,
  });
  app.patch(
    '/budgets/:id',
    {
      config: { role: 'operator' },
      schema: { ...schema, summary: "Sets a budget's amount; raising it may release it", body: amount },
    },
    async (request) => {
      const author = authorOf(request);
      const idempotencyKey = request.headers['idempotency-key'];
      const { result, auditId } = await changeAmount(office, author, request.params.id, {
        ...request.body,
        idempotencyKey,
      });
      events.changed('budget.amount', request.params.id, author.actor);
      return { budget: result, auditId };
    },
  );
  app.post(
    '/budgets/:id/reset',
    {
      config: { role: 'operator' },
      schema: { ...schema, summary: 'Starts spending anew and releases the budget', body: withReason },
    },
    async (request) => {
      const author = authorOf(request);
      const idempotencyKey = request.headers['idempotency-key'];
      const { result, auditId } = await resetBudget(office, author, request.params.id, {
        ...request.body,
        idempotencyKey,
      });
      events.changed('budget.reset', request.params.id, author.actor);
      return { budget: result, auditId };
    },
  );
}

function producerRoutes(app: App, { office, events }: BillingRoutesDeps): void {
  const tags = ['fleet'];
  const bulk = z.strictObject({ producers: z.array(enrolment).min(1).max(billingLimits.enrolmentsMax) });
  app.post(
    '/producers',
    {
      config: { role: 'admin' },
      schema: { summary: 'Enrols producers or adds keys to them', tags, body: z.union([enrolment, bulk]) },
    },
    async (request) => {
      const author = authorOf(request);
      const enrolments = 'producers' in request.body ? request.body.producers : [request.body];
      const { result, auditId } = await enrol(office, author, enrolments);
      events.changed('producer.enrol', `${result.length} producers`, author.actor);
      return { producers: result, auditId };
    },
  );
  for (const [verb, enabled] of [
    ['disable', false],
    ['enable', true],
  ] as const) {
    app.post(
      `/producers/:id/${verb}`,
      {
        config: { role: 'admin' },
        schema: {
          summary: `Makes a producer's batches ${enabled ? 'taken' : 'refused'}`,
          tags,
          params: byId,
          body: withReason,
        },
      },
      async (request) => {
        const author = authorOf(request);
        const { result, auditId } = await setEnabled(office, author, request.params.id, {
          enabled,
          reason: request.body.reason,
        });
        events.changed(`producer.${verb}`, request.params.id, author.actor);
        return { producer: result, auditId };
      },
    );
  }
  app.post(
    '/producers/:id/keys/:keyId/revoke',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Refuses what the key signs from now on',
        tags,
        params: z.object({ id, keyId: z.string().max(50) }),
        body: withReason,
      },
    },
    async (request) => {
      const author = authorOf(request);
      const { keyId } = request.params;
      const { result, auditId } = await revokeKey(office, author, request.params.id, {
        keyId,
        reason: request.body.reason,
      });
      events.changed('producer.revoke', `${request.params.id} ${keyId}`, author.actor);
      return { producer: result, auditId };
    },
  );
}

function targetRoutes(app: App, { office, secrets, events }: BillingRoutesDeps): void {
  const schema = { tags: ['budgets'], params: byId };
  const edit = z.strictObject({
    url: z
      .string()
      .refine((text) => webhookUrlShape.fits(text), webhookUrlShape.expected)
      .optional(),
    enabled: z.boolean().optional(),
    reason,
  });
  app.patch(
    '/targets/:id',
    { config: { role: 'operator' }, schema: { ...schema, summary: 'Changes a webhook target', body: edit } },
    async (request) => {
      const author = authorOf(request);
      const { result, auditId } = await changeTarget(office, author, request.params.id, request.body);
      events.changed('target.change', request.params.id, author.actor);
      return { target: result, auditId };
    },
  );
  app.post(
    '/targets/:id/secret',
    {
      config: { role: 'admin' },
      schema: { ...schema, summary: 'Gives a target a new secret, shown this once', body: withReason },
    },
    async (request) => {
      const author = authorOf(request);
      const sealing = { key: secrets.sealingKey, reason: request.body.reason };
      const { result } = await rotateSecret(office, author, request.params.id, sealing);
      events.changed('target.rotate', request.params.id, author.actor);
      return result;
    },
  );
}

function accessRoutes(app: App, { office, events }: BillingRoutesDeps): void {
  const tags = ['access'];
  const admin = { role: 'admin' } as const;
  app.post(
    '/login-links',
    {
      config: admin,
      schema: { summary: 'A one-time login link', tags, body: z.strictObject({ user: z.string().max(63).optional() }) },
    },
    async (request) => {
      const author = authorOf(request);
      const link = await createLoginLink(office, author, request.body.user);
      events.changed('login.link', link.user, author.actor);
      return { url: `${request.protocol}://${request.host}/login?token=${link.token}`, ...link };
    },
  );
  app.get('/users', { config: admin, schema: { summary: 'Users', tags } }, async ({ identity }) => ({
    users: await usersOf(office.db, identity.tenant),
  }));
  app.get(
    '/api-keys',
    { config: admin, schema: { summary: 'API keys in force, without their text', tags } },
    async ({ identity }) => ({
      keys: await apiKeysOf(office.db, identity.tenant),
    }),
  );
  app.post(
    '/api-keys',
    {
      config: admin,
      schema: {
        summary: 'A new API key, shown this once',
        tags,
        body: z.strictObject({ id: keyName, role: z.enum(roles) }),
      },
    },
    async (request) => {
      const author = authorOf(request);
      const { result } = await createApiKey(office, author, request.body.id, request.body.role);
      events.changed('api_key.create', request.body.id, author.actor);
      return { ...request.body, ...result };
    },
  );
  app.delete(
    '/api-keys/:id',
    { config: admin, schema: { summary: 'Ends an API key', tags, params: z.object({ id: keyName }) } },
    async (request, reply) => {
      const author = authorOf(request);
      await revokeApiKey(office, author, request.params.id);
      events.changed('api_key.revoke', request.params.id, author.actor);
      return reply.status(204).send();
    },
  );
}
