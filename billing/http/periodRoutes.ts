import { z } from 'zod';
import { idPattern } from '#core/messages/names.ts';
import type { App } from '#platform/http/index.ts';
import { slugShape } from '../apply/shapes.ts';
import type { Author, Done } from '../change.ts';
import { outcomeOf } from '../outbox/outcomes.ts';
import { periodLimits } from '../limits.ts';
import { listPeriods, periodChecklist } from '../periods/list.ts';
import { closePeriods, reopenPeriods, type PeriodBorder } from '../periods/periods.ts';
import * as answers from './answers.ts';
import { authorOf, once, reason, type BillingRoutesDeps } from './parts.ts';

const account = z
  .string()
  .refine((text) => slugShape.fits(text), slugShape.expected)
  .describe('Slug of a root account: periods close for it and all below it.');
const date = (what: string) => z.iso.date().describe(`${what}, a date in the zone of the account.`);

export function periodRoutes(app: App, { office, events, closes }: BillingRoutesDeps): void {
  const schema = { tags: ['periods'], headers: once, response: { 200: answers.movedPeriods } };
  /** What the rater made of it, as far as that is known in time. */
  async function answer(author: Author, action: string, { result, auditId }: Done<PeriodBorder>) {
    if (auditId === null) return { ...result, auditId };
    events.changed(action, `account/${result.account}`, author.actor);
    return { ...result, auditId, ...(await outcomeOf(office.db, author.tenant, auditId)) };
  }
  app.get(
    '/periods',
    {
      schema: {
        tags: ['periods'],
        summary: 'Root accounts, and until when their periods are closed',
        response: { 200: answers.unitPeriods },
      },
    },
    ({ identity }) => listPeriods(office, closes, identity.tenant),
  );
  app.get(
    '/periods/:account/checklist',
    {
      schema: {
        tags: ['periods'],
        summary: 'What a close of the periods before a date waits for, and whose business it is',
        params: z.object({ account }),
        querystring: z.strictObject({
          until: date('First day of the period that stays open').optional().describe('Absent: all that has ended.'),
        }),
        response: { 200: answers.checklist },
      },
    },
    ({ identity, params, query }) => periodChecklist(office, closes, identity.tenant, { ...params, ...query }),
  );
  app.post(
    '/periods/close',
    {
      config: { role: 'operator' },
      schema: {
        ...schema,
        summary: 'Closes the billing periods before a date; later usage of them is a prior-period adjustment',
        body: z.strictObject({
          account,
          until: date('First day of the period that stays open'),
          reason,
          without: z
            .array(z.string().regex(idPattern))
            .max(periodLimits.withoutMax)
            .optional()
            .describe('Producers that the close does not wait for; the audit log keeps which of them were missing.'),
        }),
      },
    },
    async (request) => {
      const author = authorOf(request);
      const idempotencyKey = request.headers['idempotency-key'];
      return answer(
        author,
        'period.close',
        await closePeriods(office, closes, author, { ...request.body, idempotencyKey }),
      );
    },
  );
  app.post(
    '/periods/reopen',
    {
      config: { role: 'admin' },
      schema: {
        ...schema,
        summary: 'Opens closed billing periods again, from a date on',
        body: z.strictObject({
          account,
          from: date('First day of the first period that is to be open again'),
          reason,
          approvedBy: z.string().min(1).max(200).describe('The user who agreed; not whoever asks.'),
        }),
      },
    },
    async (request) => {
      const author = authorOf(request);
      const idempotencyKey = request.headers['idempotency-key'];
      return answer(author, 'period.reopen', await reopenPeriods(office, author, { ...request.body, idempotencyKey }));
    },
  );
}
