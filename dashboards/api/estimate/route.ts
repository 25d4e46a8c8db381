import { z } from 'zod';
import type { PriceEstimate } from '#core/messages/api.ts';
import { resourcePattern } from '#core/messages/names.ts';
import type { App } from '#platform/http/index.ts';
import { priceSchema } from '#platform/http/catalogue.ts';
import type { Log } from '#platform/log.ts';
import { apiLimits } from '../../limits.ts';
import type { Ports } from '../../ports.ts';
import { step } from '../schemas.ts';
import { estimatePrice } from './estimate.ts';

const amount = z.string().describe('Decimal text in the currency of the price.');
const quantity = z.string().describe('Decimal text, in tally units.');
const instant = z.number().describe('UTC ms.');

const answer = z.object({
  price: priceSchema,
  account: z.object({ id: z.number(), slug: z.string() }),
  atMs: instant,
  periodStartMs: instant,
  periodEndMs: instant,
  cell: z.string(),
  standing: z
    .enum(['empty', 'carried', 'found'])
    .describe('Whether the tally has rows, goes on from where the version before stands, or starts at nothing.'),
  quantity: z.string().describe('Of one event, in priced units, as asked.'),
  events: z.number(),
  tallyBefore: quantity,
  tallyAfter: quantity,
  chargeBefore: amount,
  chargeAfter: amount,
  increment: amount.describe('What the usage would add; negative where it makes all before it cheaper.'),
  stepsBefore: z.array(step).readonly(),
  stepsAfter: z.array(step).readonly(),
  isExact: z
    .boolean()
    .describe('False where the meter does not add up, so that the quantity is what the tally would grow by.'),
}) satisfies z.ZodType<PriceEstimate>;

/** `name=value`, as often as there are dimensions. */
const dimension = z.string().regex(/^[^=\p{Cc}]{1,200}=[^\p{Cc}]{0,200}$/u);

const question = z.object({
  price: z.string().min(1).max(63).describe('Key of the price.'),
  quantity: z
    .string()
    .regex(/^\d{1,18}(\.\d{1,12})?$/)
    .describe('Of one event, in the unit of the price.'),
  events: z.coerce.number().int().min(1).max(apiLimits.estimateEventsMax).default(1),
  account: z.string().min(1).max(63).optional().describe('Slug; by default that of the price, else the root.'),
  resource: z.string().regex(resourcePattern).optional(),
  dimension: z.union([dimension, z.array(dimension).max(20)]).optional(),
  atMs: z.coerce.number().int().min(0).max(9_999_999_999_999).optional().describe('UTC ms; now, when absent.'),
});

export function estimateRoute(app: App, { ports, log }: { readonly ports: Ports; readonly log: Log }): void {
  app.route({
    method: 'GET',
    url: '/prices/estimate',
    schema: {
      summary: 'What hypothetical usage would cost on top of what is tallied; nothing is changed',
      tags: ['master data'],
      querystring: question,
      response: { 200: answer },
    },
    handler: ({ identity, query: { dimension: said, atMs, ...rest } }) =>
      estimatePrice(ports, log, identity.tenant, {
        ...rest,
        atMs: atMs ?? ports.now(),
        dims: Object.fromEntries([said ?? []].flat().map((text) => split(text))),
      }),
  });
}

function split(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}
