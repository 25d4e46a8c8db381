import { z } from 'zod';
import type { App } from '#platform/http/index.ts';
import { applyDocument } from '../apply/index.ts';
import { billingLimits } from '../limits.ts';
import { outcomeOf } from '../outbox/outcomes.ts';
import * as answers from './answers.ts';
import { authorOf, reason, type BillingRoutesDeps } from './parts.ts';

export function applyRoutes(app: App, { office, secrets, events }: BillingRoutesDeps): void {
  const body = z.strictObject({
    document: z.string().describe('The text of the organisation file, YAML or JSON.'),
    dryRun: z.boolean().default(false).describe('Says what would change and changes nothing.'),
    past: z
      .boolean()
      .default(false)
      .describe(
        'Lets owners and versions of prices begin in the past; what is rated stays, until a correction rates it again.',
      ),
    file: z.string().max(billingLimits.nameLengthMax).default('document').describe('How messages call the file.'),
    reason: reason.default('organisation file applied'),
  });
  app.post(
    '/apply',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Applies an organisation file',
        tags: ['master data'],
        body,
        response: { 200: answers.applied },
      },
    },
    async (request) => {
      const { document, dryRun, past, file, reason: why } = request.body;
      const isAdmin = request.identity.role === 'admin';
      const author = authorOf(request);
      try {
        const result = await applyDocument(office, author, secrets, document, {
          file,
          dryRun,
          past,
          reason: why,
          isAdmin,
        });
        if (!dryRun) events.applied(author.tenant, result);
        return result.auditId === null
          ? result
          : { ...result, ...(await outcomeOf(office.db, author.tenant, result.auditId)) };
      } catch (error) {
        events.applyRefused(author.tenant, error);
        throw error;
      }
    },
  );
}
