import { z } from 'zod';
import type { App } from '#platform/http/index.ts';
import { billingLimits } from '../limits.ts';
import { webhookUrlShape } from '../apply/shapes.ts';
import { changeTarget, rotateSecret, targetsOf } from '../targets/targets.ts';
import * as answers from './answers.ts';
import { authorOf, byId, reason, type BillingRoutesDeps } from './parts.ts';

export function targetRoutes(app: App, { office, secrets, events, targets }: BillingRoutesDeps): void {
  /** As the notifier left it: a receiver that answered 410 is turned off there. */
  const turnedOff = async (tenant: string, id: string) => (await targets.get(`${tenant}.${id}`))?.disabled;
  app.get(
    '/targets',
    {
      schema: {
        tags: ['budgets'],
        summary: 'Targets of alerts, without their secrets',
        response: { 200: answers.targets },
      },
    },
    async ({ identity: { tenant } }) => ({
      targets: await Promise.all(
        (await targetsOf(office.db, tenant)).map(async (target) => {
          const disabled = await turnedOff(tenant, target.id);
          return disabled === undefined ? target : { ...target, disabled };
        }),
      ),
    }),
  );
  const schema = { tags: ['budgets'], params: byId };
  const edit = z.strictObject({
    url: z
      .string()
      .refine((text) => webhookUrlShape.fits(text), webhookUrlShape.expected)
      .optional(),
    enabled: z.boolean().optional(),
    limits: answers.targetLimits.optional().describe('Replaces those that are set.'),
    reason,
  });
  const rotation = z.strictObject({
    reason,
    overlapHours: z
      .number()
      .int()
      .min(0)
      .max(billingLimits.secretOverlapHoursMax)
      .default(billingLimits.secretOverlapHours)
      .describe('How long deliveries are signed with the old secret as well; 0 ends it at once.'),
    secret: z.string().min(1).max(500).optional().describe('Of a mail server alone: its password.'),
  });
  app.patch(
    '/targets/:id',
    {
      config: { role: 'operator' },
      schema: { ...schema, summary: 'Changes a webhook target', body: edit, response: { 200: answers.changedTarget } },
    },
    async (request) => {
      const author = authorOf(request);
      const { result, auditId } = await changeTarget(office, author, request.params.id, {
        ...request.body,
        key: secrets.sealingKey,
        isTurnedOff: (await turnedOff(author.tenant, request.params.id)) !== undefined,
      });
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
        summary: 'Gives a target a new secret, shown this once; the old one signs as well for a while',
        body: rotation,
        response: { 200: answers.rotatedSecret },
      },
    },
    async (request) => {
      const author = authorOf(request);
      const { reason: why, overlapHours, secret } = request.body;
      const { result } = await rotateSecret(office, author, request.params.id, {
        key: secrets.sealingKey,
        reason: why,
        overlapMs: overlapHours * 3_600_000,
        secret,
      });
      events.changed('target.rotate', request.params.id, author.actor);
      return result;
    },
  );
}
