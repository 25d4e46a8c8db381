import { z } from 'zod';
import type { App } from '#platform/http/index.ts';
import { webhookUrlShape } from '../apply/shapes.ts';
import { changeTarget, rotateSecret } from '../targets/targets.ts';
import * as answers from './answers.ts';
import { authorOf, byId, reason, withReason, type BillingRoutesDeps } from './parts.ts';

export function targetRoutes(app: App, { office, secrets, events }: BillingRoutesDeps): void {
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
    {
      config: { role: 'operator' },
      schema: { ...schema, summary: 'Changes a webhook target', body: edit, response: { 200: answers.changedTarget } },
    },
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
      schema: {
        ...schema,
        summary: 'Gives a target a new secret, shown this once',
        body: withReason,
        response: { 200: answers.secret },
      },
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
