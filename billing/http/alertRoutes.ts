import { z } from 'zod';
import type { App } from '#platform/http/index.ts';
import { acknowledge, acknowledgementsOf } from '../alerts/acknowledgements.ts';
import * as answers from './answers.ts';
import { authorOf, reason, type BillingRoutesDeps } from './parts.ts';

export function alertRoutes(app: App, { office, events }: BillingRoutesDeps): void {
  app.get(
    '/acknowledgements',
    {
      schema: {
        tags: ['budgets'],
        summary: 'Who has taken note of which alert, the newest first',
        response: { 200: answers.acknowledgements },
      },
    },
    async ({ identity }) => ({ acknowledgements: await acknowledgementsOf(office.db, identity.tenant) }),
  );
  app.post(
    '/alerts/:id/acknowledge',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['budgets'],
        summary: 'Takes note of an alert; the first note stays',
        params: z.object({ id: z.string().min(1).max(300).describe('As GET /alerts gives it.') }),
        body: z.strictObject({ note: reason }),
        response: { 200: answers.acknowledged },
      },
    },
    async (request) => {
      const author = authorOf(request);
      const asked = { alert: request.params.id, note: request.body.note };
      const { result, auditId } = await acknowledge(office, author, asked);
      if (auditId !== null) events.changed('alert.acknowledge', `alert/${result.alert}`, author.actor);
      return { ...result, auditId };
    },
  );
}
