/** Shapes of alerts and of what became of them. */
import { z } from 'zod';
import { severities } from '#core/messages/alert.ts';
import type {
  ArchivedDeliveries,
  Delivery,
  DeliveryDetail,
  DeliveryList,
  DeliverySummary,
  DeliveryWatermark,
  LiveAlert,
} from '#core/messages/api.ts';
import type { BudgetForecast } from '#core/messages/budget.ts';

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const amount = z.string().describe('Decimal text in the currency named.');
const instant = z.number().describe('UTC ms.');
export const budgetState = z.enum(['within', 'warned', 'throttled', 'blocked', 'released']);

const deliveryStatus = z.enum(['delivered', 'failed', 'given_up', 'refused']);
const deliveryEnd = z.enum(['expired', 'overtaken', 'crowded', 'disabled', 'unusable']);

export const delivery = z.object({
  alertId: z.string(),
  tenant: z.string(),
  target: z.string(),
  attempt: z.number(),
  status: deliveryStatus,
  reason: deliveryEnd.exactOptional().describe('Why it was given up or refused.'),
  httpStatus: z.number().describe('Or the code of an SMTP reply; 0 when the receiver did not answer.'),
  detail: z.string(),
  atMs: instant,
  latencyMs: z.number().describe("From the commit that raised the alert, or the request, to the receiver's answer."),
  nextAttemptAtMs: instant.nullable(),
  replay: z.number().exactOptional().describe('It had been asked for again so many times.'),
  request: z.object({ to: z.string(), webhookId: z.string(), bytes: z.number() }).exactOptional(),
  response: z
    .object({ headers: z.record(z.string(), z.string()).readonly(), body: z.string() })
    .exactOptional()
    .describe('What the receiver said: some headers, and the first characters.'),
  group: z
    .object({ id: z.string(), size: z.number() })
    .exactOptional()
    .describe('Of the request that carried this alert and others.'),
}) satisfies z.ZodType<Delivery>;

const anyAlert = z.object({
  id: z.string(),
  tenant: z.string(),
  severity: z.enum(severities),
  source: z.string().describe('What it is about, such as "budget:<id>".'),
  account: z.number(),
  accountSlug: z.string(),
  action: z.enum(['notify', 'throttle', 'block', 'release']),
  targets: list(z.string()),
  logTimeMs: instant,
  cause: z.object({ producer: z.string(), epoch: z.string(), seq: z.number() }).nullable(),
  trace: z.string(),
  deliveries: list(delivery).describe('The newest per target.'),
});

export const budgetForecast = z.object({
  expected: amount,
  low: amount,
  high: amount,
  atMs: instant,
  method: z.string(),
}) satisfies z.ZodType<BudgetForecast>;

const budgetAlert = anyAlert.extend({
  type: z.enum(['budget.threshold_crossed', 'budget.released']),
  state: budgetState,
  budget: z.string(),
  budgetName: z.string(),
  threshold: z.string().describe('Key of the threshold crossed; "" for a release.'),
  released: z.enum(['period', 'changed', 'fell', 'reset', 'act']).exactOptional(),
  balance: amount,
  limit: amount,
  currency: z.string(),
  meter: z.string().exactOptional(),
  unit: z.string().exactOptional(),
  periodStartMs: instant,
  periodEndMs: instant,
  forecast: budgetForecast.exactOptional(),
  rate: amount.exactOptional(),
  fx: list(z.object({ currency: z.string(), rate: amount, date: z.string() })).exactOptional(),
});

const creditAlert = anyAlert.extend({
  type: z.enum(['credit.low', 'credit.empty', 'credit.topped_up', 'credit.top_up_requested', 'credit.released']),
  state: z.enum(['covered', 'low', 'empty']),
  wallet: z.string(),
  walletName: z.string(),
  currency: z.string(),
  left: amount,
  lowAt: amount,
  topUp: amount.exactOptional().describe('What is asked for.'),
});

/** What other types say besides is theirs. */
const otherAlert = anyAlert.extend({ type: z.enum(['target.test']), state: z.string() });

export const liveAlert = z.union([budgetAlert, creditAlert, otherAlert]) satisfies z.ZodType<LiveAlert>;

const watermark = z
  .object({ partition: z.number(), outSeq: z.number(), logTimeMs: instant, recordSeq: z.number() })
  .describe(
    'Alerts are known up to this commit, attempts up to this message of DELIVERIES.',
  ) satisfies z.ZodType<DeliveryWatermark>;

const deliverySummary = z.object({
  id: z.string().describe('`<target>~<alert>`; encode it where it is part of a path.'),
  alertId: z.string(),
  target: z.string(),
  status: deliveryStatus,
  reason: deliveryEnd.exactOptional(),
  dead: z.boolean().describe('Nothing more comes of it by itself: replay it, or mend the target.'),
  attempts: z.number(),
  replays: z.number(),
  replayWaits: z.boolean().describe('It was asked for again, and no attempt has followed yet.'),
  httpStatus: z.number(),
  detail: z.string(),
  atMs: instant,
  latencyMs: z.number(),
  nextAttemptAtMs: instant.nullable(),
}) satisfies z.ZodType<DeliverySummary>;

export const deliveries = z.object({ deliveries: list(deliverySummary), watermark }) satisfies z.ZodType<DeliveryList>;

export const archivedDeliveries = z.object({ attempts: list(delivery) }) satisfies z.ZodType<ArchivedDeliveries>;

export const deliveryDetail = deliverySummary.extend({
  alert: z
    .union([
      budgetAlert.omit({ deliveries: true }),
      creditAlert.omit({ deliveries: true }),
      otherAlert.omit({ deliveries: true }),
    ])
    .nullable()
    .describe('Null when it is older than what is kept.'),
  all: list(delivery).describe('Its attempts, oldest first.'),
  watermark,
}) satisfies z.ZodType<DeliveryDetail>;
