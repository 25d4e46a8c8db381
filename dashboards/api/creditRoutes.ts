/** What happened to credits. */
import { z } from 'zod';
import type { CreditEntries } from '#core/messages/api.ts';
import { creditIdPattern, creditReasons } from '#core/messages/credit.ts';
import type { App } from '#platform/http/index.ts';
import { apiLimits } from '../limits.ts';
import type { Ports } from '../ports.ts';

const instantMsMax = 9_999_999_999_999;
const amount = z.string().describe('Decimal text in the currency named.');
const instant = z.number().describe('UTC ms.');
const place = z.object({
  account: z.number(),
  periodStartMs: instant,
  currency: z.string(),
  service: z.string(),
  component: z.string(),
  meter: z.string(),
});
const answer = z.object({
  entries: z
    .array(
      z.object({
        tenant: z.string(),
        atMs: instant,
        reason: z.enum(creditReasons),
        grant: z.string().describe('"" for what is owed.'),
        account: z.number(),
        currency: z.string(),
        amount,
        place: place.exactOptional().describe('What it was paid for.'),
        input: z.object({ stream: z.enum(['usage', 'control']), seq: z.number() }).exactOptional().describe('The message that led to it; absent where time did.'), // prettier-ignore
        outSeq: z.number().describe('Its commit.'),
        logTimeMs: instant,
      }),
    )
    .readonly(),
}) satisfies z.ZodType<CreditEntries>;

export function creditRoutes(app: App, { store }: Pick<Ports, 'store'>): void {
  app.route({
    method: 'GET',
    url: '/credit-entries',
    schema: {
      summary: 'What happened to grants, and what was owed, newest first',
      description:
        'At most `limit` entries, and all others of the last one’s instant: ask for what is older with its `logTimeMs`.',
      tags: ['credits'],
      querystring: z.object({
        grant: z.string().regex(creditIdPattern).optional(),
        limit: z.coerce.number().int().min(1).max(apiLimits.rowsMax).default(100),
        beforeMs: z.coerce
          .number()
          .int()
          .min(0)
          .max(instantMsMax)
          .default(instantMsMax)
          .describe('Log time, exclusive.'),
      }),
      response: { 200: answer },
    },
    handler: async ({ identity, query }) => ({ entries: await store.creditEntries(identity.tenant, query) }),
  });
}
