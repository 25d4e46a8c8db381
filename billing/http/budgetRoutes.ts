import { z } from 'zod';
import type { App } from '#platform/http/index.ts';
import { changeAmount, releaseBudget, resetBudget } from '../budgets/budgets.ts';
import { partitionOf } from '../periods/gather.ts';
import * as answers from './answers.ts';
import { authorOf, byId, once, reason, withReason, type BillingRoutesDeps } from './parts.ts';

export function budgetRoutes(app: App, { office, events, closes }: BillingRoutesDeps): void {
  const schema = { tags: ['budgets'], params: byId, headers: once, response: { 200: answers.changedBudget } };
  const amount = z.strictObject({
    amount: z.string().max(50).describe("Decimal text in the budget's currency."),
    reason,
  });
  app.get(
    '/budgets/:id/held',
    {
      schema: {
        tags: ['budgets'],
        summary: 'What services hold under a budget',
        params: byId,
        response: { 200: answers.heldUnder },
      },
    },
    async ({ identity, params }) => {
      const rater = await closes.rater(identity.tenant, await partitionOf(office.db, identity.tenant));
      const held = rater?.held?.find(([budget]) => budget === params.id)?.[1] ?? '0';
      return { budget: params.id, held: rater === undefined ? null : held, asOfMs: rater?.logTimeMs ?? null };
    },
  );
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
  app.post(
    '/budgets/:id/release',
    {
      config: { role: 'operator' },
      schema: { ...schema, summary: 'Lets go of what the budget holds back; it goes on counting', body: withReason },
    },
    async (request) => {
      const author = authorOf(request);
      const idempotencyKey = request.headers['idempotency-key'];
      const { result, auditId } = await releaseBudget(office, author, request.params.id, {
        ...request.body,
        idempotencyKey,
      });
      events.changed('budget.release', request.params.id, author.actor);
      return { budget: result, auditId };
    },
  );
}
