/** Shapes of what is answered of budgets. */
import { z } from 'zod';
import { severities } from '#core/messages/alert.ts';
import type { Budgets, WrittenBudget } from '#core/messages/api.ts';
import type { BudgetRecord } from '#core/messages/budget.ts';
import { intervalUnits } from '#core/time/interval.ts';
import { calendarSchema } from '#platform/http/catalogue.ts';
import { amount, auditId, instant, list, outcome } from './answers.ts';

const texts = list(z.string());
const budgetScope = z.object({
  services: texts.exactOptional(),
  components: texts.exactOptional(),
  meters: texts.exactOptional(),
  prices: texts.exactOptional().describe('Keys of prices, fees and agreements.'),
  resources: texts.exactOptional(),
  tags: z.record(z.string(), texts).exactOptional(),
});

const budgetThreshold = z
  .object({
    percent: z.string().exactOptional(),
    absolute: amount.exactOptional(),
    forecast: z.string().exactOptional().describe('Percent expected by the end of the period.'),
    rate: z.object({ amount, hours: z.number() }).exactOptional(),
    action: z.enum(['notify', 'throttle', 'block']),
    severity: z.enum(severities).exactOptional(),
  })
  .describe('One of percent, absolute, forecast and rate says when it is crossed.');

const budget = z.object({
  id: z.string(),
  account: z.number(),
  name: z.string(),
  amount,
  currency: z.string(),
  meter: z.string().exactOptional().describe('The amount is a quantity of it.'),
  scope: budgetScope.exactOptional(),
  period: z
    .union([
      z.enum([...intervalUnits, 'lifetime']),
      calendarSchema,
      z.object({ kind: z.literal('rolling'), hours: z.number() }),
    ])
    .describe('Calendar intervals in the zone of the account, any other calendar, the last hours, or all time.'),
  carryOver: z.object({ maximum: amount.exactOptional() }).exactOptional(),
  fx: list(z.object({ currency: z.string(), rate: amount, date: z.string() })).exactOptional(),
  thresholds: list(budgetThreshold),
  releaseAt: z.string().exactOptional().describe('Percent at which what was crossed lets go within the period.'),
  forecast: z.boolean().exactOptional(),
  targets: list(z.string()),
  enabled: z.boolean(),
}) satisfies z.ZodType<BudgetRecord>;

export const budgets = z.object({ budgets: list(budget) }) satisfies z.ZodType<Budgets>;
export const changedBudget = z.object({ budget, auditId });
export const heldUnder = z.object({
  budget: z.string(),
  held: z.string().nullable().describe("Decimal text in the budget's currency; null while no rater answers."),
  asOfMs: instant.nullable(),
});
export const writtenBudget = z.object({
  budget,
  status: z.enum(['added', 'changed', 'unchanged']),
  outlook: z
    .object({
      asOfMs: instant.describe('Log time up to which the rows behind it are whole.'),
      periodStartMs: instant,
      periodEndMs: instant,
      spent: amount,
      limit: amount,
      state: z.enum(['within', 'warned', 'throttled', 'blocked', 'released']),
      crossed: list(z.string()).describe('Thresholds that would be crossed at once, in the order of their alerts.'),
      isReleased: z.boolean().describe('Whether it would let go of what it holds back.'),
      forecast: z
        .object({ expected: amount, low: amount, high: amount, atMs: instant, method: z.string() })
        .exactOptional(),
    })
    .exactOptional()
    .describe('On a dry run: what it would come to at once.'),
  auditId,
  ...outcome,
}) satisfies z.ZodType<WrittenBudget>;
