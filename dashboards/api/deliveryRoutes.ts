/** Deliveries of alerts: what became of each, and another try at those that were not taken. */
import { z } from 'zod';
import type { DeliverySummary } from '#core/messages/api.ts';
import { idPattern } from '#core/messages/names.ts';
import type { App } from '#platform/http/index.ts';
import { dashboardsError } from '../errors.ts';
import { apiLimits, mirrorLimits } from '../limits.ts';
import type { TenantView } from '../mirror/index.ts';
import type { DeskPort } from '../ports.ts';
import * as answers from './alertSchemas.ts';

interface DeliveryRoutesDeps {
  readonly viewOf: (tenant: string) => TenantView;
  readonly desk: DeskPort;
}

const reason = z.string().trim().min(1).max(200).describe('Why; it is kept in the audit log.');
const auditId = z.string().describe('Row of the audit log.');
const targetId = z.object({ id: z.string().regex(idPattern) });
const deliveryId = z.object({
  id: z.string().min(1).max(400).describe('`<target>~<alert>`, as GET /deliveries gives it.'),
});

export function deliveryRoutes(app: App, { viewOf, desk }: DeliveryRoutesDeps): void {
  const tags = ['deliveries'];

  app.get(
    '/deliveries',
    {
      schema: {
        summary: 'Deliveries of alerts by their newest attempt, newest first',
        tags,
        querystring: z.object({
          target: z.string().regex(idPattern).optional(),
          status: z
            .enum(['delivered', 'failed', 'given_up', 'refused', 'dead'])
            .optional()
            .describe('`dead`: given up or refused, nothing more comes of it by itself.'),
          alert: z.string().max(300).optional(),
          limit: z.coerce.number().int().min(1).max(mirrorLimits.deliveriesPerTenantMax).default(100),
        }),
        response: { 200: answers.deliveries },
      },
    },
    async ({ identity, query }) => {
      const view = viewOf(identity.tenant);
      return { deliveries: view.deliveries.list(query), watermark: view.watermark };
    },
  );

  app.get(
    '/deliveries/archive',
    {
      schema: {
        summary: 'Attempts of all time, newest first, also those that have left the stream',
        tags,
        querystring: z.object({
          target: z.string().regex(idPattern).optional(),
          alert: z.string().max(300).optional(),
          beforeMs: z.coerce.number().int().min(0).optional().describe('For the next page: `atMs` of the last one.'),
          limit: z.coerce.number().int().min(1).max(apiLimits.attemptsPageMax).default(100),
        }),
        response: { 200: answers.archivedDeliveries },
      },
    },
    async ({ identity, query }) => ({ attempts: await desk.archived(identity, query) }),
  );

  app.get(
    '/deliveries/:id',
    {
      schema: {
        summary: 'A delivery with all its attempts',
        tags,
        params: deliveryId,
        response: { 200: answers.deliveryDetail },
      },
    },
    async ({ identity, params }) => {
      const view = viewOf(identity.tenant);
      const { summary, all, alert } = found(view, params.id);
      return { ...summary, all, alert: alert ?? view.alerts.get(summary.alertId) ?? null, watermark: view.watermark };
    },
  );

  app.post(
    '/deliveries/:id/replay',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Attempts a delivery again, under the same webhook-id',
        tags,
        params: deliveryId,
        body: z.strictObject({ reason }),
        response: { 200: z.object({ id: z.string(), auditId }) },
      },
    },
    async ({ identity, params, body }) => {
      const { summary } = found(viewOf(identity.tenant), params.id);
      const answer = await desk.replay(identity, summary.target, replayed([summary]), body.reason);
      return { id: params.id, ...answer };
    },
  );

  app.post(
    '/targets/:id/replay',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Attempts every dead delivery of a target again',
        tags,
        params: targetId,
        body: z.strictObject({ reason }),
        response: { 200: z.object({ ids: z.array(z.string()), auditId: auditId.nullable() }) },
      },
    },
    async ({ identity, params, body }) => {
      const dead = viewOf(identity.tenant).deliveries.list({
        target: params.id,
        status: 'dead',
        limit: apiLimits.replaysMax,
      });
      if (dead.length === 0) return { ids: [], auditId: null };
      // Oldest first, as they would have gone.
      const answer = await desk.replay(identity, params.id, replayed(dead.toReversed()), body.reason);
      return { ids: dead.map(({ id }) => id), ...answer };
    },
  );

  app.post(
    '/targets/:id/test',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Sends a test event to a target, signed and queued as every alert is',
        description: 'GET /deliveries/{id} with the id that is answered tells what became of it.',
        tags,
        params: targetId,
        body: z.strictObject({ reason: reason.default('test') }),
        response: { 200: z.object({ id: z.string(), auditId }) },
      },
    },
    ({ identity, params, body }) => desk.test(identity, params.id, body.reason),
  );
}

function found(view: TenantView, id: string) {
  const delivery = view.deliveries.get(id);
  if (delivery === undefined) throw dashboardsError('DELIVERY_UNKNOWN', id, { delivery: id });
  return delivery;
}

const replayed = (deliveries: readonly DeliverySummary[]) =>
  deliveries.map(({ alertId, attempts, replays }) => ({ alertId, attempts, replay: replays + 1 }));
