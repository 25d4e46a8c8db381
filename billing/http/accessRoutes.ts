import { z } from 'zod';
import { roles, type App } from '#platform/http/index.ts';
import { apiKeysOf, createApiKey, createLoginLink, revokeApiKey } from '../access/access.ts';
import { createCheckKey } from '../access/checkKeys.ts';
import { usersOf } from '../access/users.ts';
import { userShape } from '../apply/shapes.ts';
import * as answers from './answers.ts';
import { authorOf, type BillingRoutesDeps } from './parts.ts';

const keyName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/);

export function accessRoutes(app: App, { office, events }: BillingRoutesDeps): void {
  const tags = ['access'];
  const admin = { role: 'admin' } as const;
  app.post(
    '/login-links',
    {
      config: admin,
      schema: {
        summary: 'A one-time login link',
        tags,
        response: { 200: answers.loginLink },
        body: z.strictObject({
          user: z
            .string()
            .refine((text) => userShape.fits(text), userShape.expected)
            .optional(),
        }),
      },
    },
    async (request) => {
      const author = authorOf(request);
      const link = await createLoginLink(office, author, request.body.user);
      events.changed('login.link', link.user, author.actor);
      return { url: `${request.protocol}://${request.host}/login?token=${link.token}`, ...link };
    },
  );
  app.get(
    '/users',
    { config: admin, schema: { summary: 'Users', tags, response: { 200: answers.users } } },
    async ({ identity }) => ({
      users: await usersOf(office.db, identity.tenant),
    }),
  );
  app.get(
    '/api-keys',
    {
      config: admin,
      schema: { summary: 'API keys in force, without their text', tags, response: { 200: answers.apiKeys } },
    },
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
        response: { 200: answers.newApiKey },
        body: z.union([
          z.strictObject({ id: keyName, role: z.enum(roles), scope: z.literal('office').default('office') }),
          z.strictObject({
            id: keyName,
            scope: z.literal('checks'),
            account: z.string().optional().describe('Slug of the account whose subtree it is confined to.'),
          }),
        ]),
      },
    },
    async (request) => {
      const author = authorOf(request);
      const { body } = request;
      const { result } =
        body.scope === 'checks'
          ? await createCheckKey(office, author, body.id, body.account)
          : await createApiKey(office, author, body.id, body.role);
      events.changed('api_key.create', body.id, author.actor);
      return { role: 'viewer' as const, ...body, ...result };
    },
  );
  app.delete(
    '/api-keys/:id',
    {
      config: admin,
      schema: { summary: 'Ends an API key', tags, params: z.object({ id: keyName }), response: { 204: z.undefined() } },
    },
    async (request, reply) => {
      const author = authorOf(request);
      await revokeApiKey(office, author, request.params.id);
      events.changed('api_key.revoke', request.params.id, author.actor);
      return reply.status(204).send();
    },
  );
}
