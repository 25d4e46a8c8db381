import { z } from 'zod';
import { correctionKinds, correctionStatuses, type Correction } from '#core/messages/correction.ts';
import { idPattern, meterPattern } from '#core/messages/names.ts';
import type { App } from '#platform/http/index.ts';
import {
  applyCorrection,
  approveCorrection,
  listCorrections,
  oneCorrection,
  previewCorrection,
  setCorrectionPolicy,
} from '../corrections/corrections.ts';
import { authorOf, reason, withReason, type BillingRoutesDeps } from './parts.ts';

const seq = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const instant = z.number().int().min(0).max(9_999_999_999_999);
const id = z.string().regex(/^c-[1-9]\d{0,8}$/);

const selection = z.strictObject({
  producer: z.string().regex(idPattern).optional(),
  epoch: z.string().max(100).optional().describe('As rows show it; absent: each of the producer.'),
  fromSeq: seq.optional().describe('First batch of the producer.'),
  toSeq: seq.optional().describe('Last batch of the producer, inclusive.'),
  fromMs: instant.optional().describe('Start of the usage, UTC ms, inclusive.'),
  toMs: instant.optional().describe('Start of the usage, UTC ms, exclusive.'),
  resource: z.string().min(1).max(200).optional().describe('A resource, or all below one: `host/*`.'),
  meter: z.string().regex(meterPattern).optional(),
  correction: id.optional().describe('A correction that is to be taken back; nothing else is given then.'),
  again: z
    .boolean()
    .optional()
    .describe('Rate the samples again, by the owners and prices that are known now, instead of taking them back.'),
});

const decimal = z.string().describe('Decimal text in the currency.');
const effect = z.object({
  account: z.number().describe('0: all others, where there are many.'),
  price: z.number().describe('0: nothing charges it.'),
  currency: z.string(),
  periodStartMs: z.number().describe("Start of the tally's period."),
  bookedStartMs: z.number().describe('Start of the month whose balance moves.'),
  closedUntilMs: z.number().describe('Above 0 for a prior-period adjustment.'),
  rows: z.number(),
  reversed: decimal.describe('What rows that are taken back and brought back come to.'),
  rest: decimal.describe('What other rows of the same tallies owe by then: tiers, allowances.'),
  again: decimal.optional().describe('What samples that are rated again come to.'),
  amount: decimal,
});
const correction = z.object({
  id: z.string(),
  what: z.enum(correctionKinds),
  selection,
  status: z.enum(correctionStatuses),
  author: z.string(),
  reason: z.string(),
  approvedBy: z.string(),
  detail: z.string(),
  rows: z.number(),
  asOf: z.number().describe('Commit as of which the rows are selected.'),
  rowsDone: z.number(),
  createdMs: z.number(),
  appliedMs: z.number().nullable(),
  endedMs: z.number().nullable(),
  effects: z.array(effect).readonly(),
  booked: z.array(effect).readonly().nullable(),
  totals: z.array(z.object({ currency: z.string(), previewed: decimal, booked: decimal.nullable() })).readonly(),
}) satisfies z.ZodType<Correction>;

export function correctionRoutes(app: App, { office, events, corrections }: BillingRoutesDeps): void {
  const tags = ['corrections'];
  const one = { 200: correction };
  app.get(
    '/corrections',
    {
      schema: {
        tags,
        summary: 'Corrections of what was rated, the newest first',
        response: { 200: z.object({ corrections: z.array(correction).readonly() }) },
      },
    },
    async ({ identity }) => ({ corrections: await listCorrections(office.db, identity.tenant) }),
  );
  app.get(
    '/corrections/:id',
    { schema: { tags, summary: 'A correction: what it is about and what it comes to', params: z.object({ id }), response: one } },
    ({ identity, params }) => oneCorrection(office.db, identity.tenant, params.id),
  ); // prettier-ignore
  app.post(
    '/corrections/preview',
    {
      config: { role: 'operator' },
      schema: { tags, summary: 'What a correction would come to in money, without effect; it is kept to be applied', body: selection, response: one },
    },
    (request) => previewCorrection(office, corrections, authorOf(request), request.body),
  ); // prettier-ignore
  app.post(
    '/corrections/:id/apply',
    {
      config: { role: 'operator' },
      schema: { tags, summary: 'Books a previewed correction, in the background', params: z.object({ id }), body: withReason, response: one },
    },
    async (request) => {
      const author = authorOf(request);
      const { result } = await applyCorrection(office, author, request.params.id, request.body.reason);
      events.changed('correction.apply', `correction/${result.id}`, author.actor);
      return result;
    },
  ); // prettier-ignore
  app.post(
    '/corrections/:id/approve',
    {
      config: { role: 'operator' },
      schema: { tags, summary: 'Agrees to a correction that somebody else has previewed', params: z.object({ id }), body: withReason, response: one },
    },
    async (request) => {
      const author = authorOf(request);
      const { result } = await approveCorrection(office, author, request.params.id, request.body.reason);
      events.changed('correction.approve', `correction/${result.id}`, author.actor);
      return result;
    },
  ); // prettier-ignore
  app.post(
    '/corrections/policy',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        summary: 'Whether somebody else has to agree to each correction',
        body: z.strictObject({ needsApproval: z.boolean(), reason }),
        response: { 200: z.object({ needsApproval: z.boolean() }) },
      },
    },
    async (request) => {
      const { needsApproval, reason: why } = request.body;
      return (await setCorrectionPolicy(office, authorOf(request), needsApproval, why)).result;
    },
  );
}
