import { z } from 'zod';
import type { App } from '#platform/http/index.ts';
import { planBudget, writeBudget } from '../apply/oneBudget.ts';
import { changeAmount, releaseBudget, resetBudget } from '../budgets/budgets.ts';
import { budgetOutlook } from '../budgets/preview.ts';
import { outcomeOf } from '../outbox/outcomes.ts';
import { partitionOf } from '../periods/gather.ts';
import * as answers from './budgetAnswers.ts';
import type { JsonValue } from '../schema.ts';
import { authorOf, byId, once, reason, withReason, type BillingRoutesDeps } from './parts.ts';

/** Deeper than a budget goes; decimals are text, for a number of JSON may have lost digits on its way. */
function isEntry(value: unknown, depth = 0): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  return depth < 6 && Object.values(value).every((one) => isEntry(one, depth + 1));
}

const writing = z.strictObject({
  budget: z
    .record(
      z.string(),
      z.custom<JsonValue>((value) => isEntry(value), 'decimals are text, such as "10.50"'),
    )
    .describe('As an entry of `budgets:` in an organisation file: the account by its slug, decimals as text.'),
  dryRun: z.boolean().default(false).describe('Says what it would do at once, and changes nothing.'),
  reason,
});

export function budgetRoutes(app: App, deps: BillingRoutesDeps): void {
  const { office, events, closes } = deps;
  writeRoutes(app, deps);
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

function writeRoutes(app: App, { office, events, budgets }: BillingRoutesDeps): void {
  type Asked = {
    readonly identity: Parameters<typeof authorOf>[0]['identity'];
    readonly headers: z.infer<typeof once> & Readonly<Record<string, unknown>>;
    readonly body: z.infer<typeof writing>;
  };
  const write = async (request: Asked, id: string | undefined) => {
    const author = authorOf(request);
    const { budget, dryRun, reason: why } = request.body;
    const asked = { budget, id, reason: why, idempotencyKey: request.headers['idempotency-key'] };
    if (dryRun) {
      const { status, before, after } = await planBudget(office, author.tenant, asked);
      const outlook = await budgetOutlook(office, budgets, author.tenant, after, before);
      return { budget: after, status, outlook, auditId: null };
    }
    const { result, auditId } = await writeBudget(office, author, asked);
    if (auditId === null) return { ...result, auditId };
    events.changed(result.status === 'added' ? 'budget.create' : 'budget.change', result.budget.id, author.actor);
    return { ...result, auditId, ...(await outcomeOf(office.db, author.tenant, auditId)) };
  };
  const common = { tags: ['budgets'], body: writing, headers: once, response: { 200: answers.writtenBudget } };
  app.post(
    '/budgets',
    {
      config: { role: 'operator' },
      schema: { ...common, summary: 'Creates a budget, or says what it would do at once' },
    },
    (request) => write(request, undefined),
  );
  app.put(
    '/budgets/:id',
    {
      config: { role: 'operator' },
      schema: { ...common, params: byId, summary: 'Replaces a budget; what is left out is as in a file' },
    },
    (request) => write(request, request.params.id),
  );
}
