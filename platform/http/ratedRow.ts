/** Shape of a rated row in answers, one for all that give rows. */
import { z } from 'zod';
import type { RatedRow, Worth } from '#core/messages/api.ts';

const instant = z.number().describe('UTC ms.');

export const ratedRowSchema = z.object({
  id: z.string(),
  account: z.number(),
  resource: z.string(),
  service: z.string(),
  component: z.string(),
  meter: z.string(),
  price: z.number(),
  cell: z.string().describe("Key of the price's cell; empty where it has none."),
  currency: z.string(),
  kind: z.string(),
  producer: z.string(),
  epoch: z.string(),
  seq: z.number(),
  index: z.number(),
  startMs: instant,
  endMs: instant,
  periodStartMs: instant.describe("Start of the tally's period, UTC ms."),
  bookedStartMs: instant.describe("Start of the account's month whose balance the row moved, UTC ms."),
  closedUntilMs: instant.describe(
    'Above 0 for a prior-period adjustment: end of the closed periods that it came too late for.',
  ),
  quantity: z.string().describe('Decimal text.'),
  amount: z.string().describe('Decimal text in the currency named.'),
  partition: z.number(),
  outSeq: z.number(),
  usageSeq: z.number(),
  logTimeMs: instant,
  correction: z.string().describe('The correction that booked it; "" for none.'),
  reverses: z
    .string()
    .describe('`<partition>-<incarnation>-<outSeq>-<block>`: the block of the row that it reverses; "" for none.'),
}) satisfies z.ZodType<RatedRow>;

export const worthSchema = z.object({
  currency: z.string().nullable().describe('ISO 4217; null where nobody says what the unit is worth.'),
  amount: z.string().describe("The sum of the points', decimal text."),
  points: z
    .array(z.object({ fromMs: z.number(), perUnit: z.string(), units: z.string(), amount: z.string() }))
    .readonly()
    .describe(
      'Those in force on days with charges: what one unit is worth, the units charged then, what they are worth.',
    ),
  unvalued: z.string().describe('Units charged on days before the first point.'),
}) satisfies z.ZodType<Worth>;
