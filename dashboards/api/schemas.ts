/**
 * Shapes of the dashboards' answers, for the API's description and its serializer. `satisfies` holds them to the types
 * of core/messages/api.ts: a field that is missing here does not compile, one that is missing there neither.
 */
import { z } from 'zod';
import { correctionKinds } from '#core/messages/correction.ts';
import type { Fleet, LiveState, Refusals, Status, Why } from '#core/messages/api.ts';
import { stageIds, type Pressure } from '#core/messages/pressure.ts';
import { approvedAgreementSchema, approvedFeeSchema } from '#platform/http/agreed.ts';
import { approvedPriceSchema, meterSchema } from '#platform/http/catalogue.ts';
import { ratedRowSchema, worthSchema } from '#platform/http/ratedRow.ts';
import { refusalReasons, type Refusal, type RefusalReason } from '#core/messages/rated.ts';
import { budgetForecast, budgetState, liveAlert } from './alertSchemas.ts';

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const amount = z.string().describe('Decimal text in the currency named.');
const quantity = z.string().describe('Decimal text.');
const instant = z.number().describe('UTC ms.');
const counts = z.object({ received: z.number(), rated: z.number(), duplicates: z.number(), refused: z.number() });
const percentiles = z.object({ p50: z.number(), p99: z.number() });

const member = z.object({
  tenant: z.string(),
  producer: z.string(),
  epoch: z.object({ startedAtMs: instant, nonce: z.string() }).nullable(),
  mark: z.number(),
  hashes: list(z.tuple([z.number(), z.string()]).readonly()),
  samples: counts,
  batches: counts,
  lastSeenMs: instant,
  lastSampleMs: instant,
  notes: z.record(z.string(), z.number()).readonly(),
  spool: z.object({ batches: z.number(), bytes: z.number() }),
  coalesced: z
    .object({ fromMs: instant, toMs: instant, readings: z.number(), sliceMs: z.number() })
    .exactOptional()
    .describe('Its newest loss of resolution: its spool had no room, and samples were added up into longer slices.'),
  completeUntilMs: instant
    .exactOptional()
    .describe('The furthest that it said to be complete up to: closes go by it where it has no samples.'),
  type: z.enum(['agent', 'gateway', 'importer']),
  simulated: z.boolean(),
  enabled: z.boolean(),
  keyIds: list(z.string()),
  health: z.enum(['live', 'late', 'silent', 'never']),
});

export const fleet = z.object({ asOfMs: instant, producers: list(member) }) satisfies z.ZodType<Fleet>;

export const liveState = z.object({
  type: z.literal('state'),
  partition: z.number(),
  outSeq: z.number().describe('The commit as of which all figures hold.'),
  logTimeMs: instant,
  period: z.object({ key: z.string(), startMs: instant, endMs: instant }),
  currency: z.string(),
  balances: list(
    z.object({ account: z.number(), own: amount, total: amount, perHour: amount.describe('Over the last minute.') }),
  ),
  budgets: list(
    z.object({
      id: z.string(),
      account: z.number(),
      name: z.string(),
      amount,
      limit: amount.describe('The amount with what was carried over.'),
      balance: amount.describe('Spent of it since the period, or the last reset, began.'),
      currency: z.string().describe('"" for a quantity of the meter.'),
      meter: z.string().exactOptional(),
      state: budgetState,
      thresholds: list(
        z.object({
          key: z.string(),
          percent: z.string().exactOptional(),
          action: z.string(),
          crossed: z.boolean(),
        }),
      ),
      periodStartMs: instant,
      periodEndMs: instant,
      warming: z.literal(true).exactOptional().describe('What its period held before it counted is still to be told.'),
      forecast: budgetForecast.exactOptional(),
      history: list(z.object({ atMs: instant, state: budgetState, by: z.string() }))
        .exactOptional()
        .describe('The newest changes of state, the oldest first.'),
    }),
  ),
  alerts: list(liveAlert),
  samples: counts,
  trust: z.object({
    checkedAtMs: instant,
    difference: amount.describe('Log against balances against ClickHouse; "0" is right.'),
    loadLag: z.number(),
    producersLive: z.number(),
    producersStale: z.number(),
    gaps: z.number(),
    refused: z.number(),
    suspenseResources: z.number(),
    unpricedSamples: z.number(),
  }),
  minutes: list(z.tuple([instant, amount]).readonly()),
  topResources: list(z.object({ resource: z.string(), account: z.number(), amount })),
  producers: list(member),
  creditsSeq: z
    .number()
    .describe('The last commit that changed grants or wallets; what shows them asks again when it moves.'),
}) satisfies z.ZodType<LiveState>;

export const step = z.object({ label: z.string(), quantity, unitPrice: amount, amount });
const whyRow = {
  row: ratedRowSchema,
  worth: worthSchema.exactOptional().describe('Of the amount, where that is in a pricing unit.'),
  path: list(z.object({ id: z.number(), name: z.string() })),
  reversedBy: z
    .object({ id: z.string(), correction: z.string() })
    .exactOptional()
    .describe('The row of a correction that takes it back.'),
  checks: list(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
};

const whyTally = {
  ...whyRow,
  price: approvedPriceSchema,
  meter: meterSchema,
  tally: z.object({
    cell: z.string().describe('Part of the price that takes the sample; "" where it has none.'),
    events: z
      .object({ before: z.string(), after: z.string() })
      .nullable()
      .describe('Samples counted, where the price looks at them.'),
    before: quantity,
    after: quantity,
    chargeBefore: amount,
    chargeAfter: amount,
    stepsBefore: list(step),
    stepsAfter: list(step),
  }),
};

export const why = z.discriminatedUnion('of', [
  z.object({
    of: z.literal('sample'),
    ...whyTally,
    sample: z.object({
      metric: z.string(),
      unit: z.string(),
      scale: z.number(),
      dims: z.record(z.string(), z.string()).readonly(),
      quantity,
      rawEnd: z.string().nullable(),
      rawStart: z.string().nullable(),
      monotonicUs: z.number(),
    }),
    batch: z.object({
      producer: z.string(),
      epoch: z.string(),
      seq: z.number(),
      samples: z.number(),
      keyId: z.string(),
      signature: z.string(),
      hash: z.string(),
      simulated: z.boolean(),
      trace: z.string(),
    }),
  }),
  z.object({ of: z.literal('adjustment'), ...whyTally }),
  z.object({
    of: z.literal('correction'),
    ...whyRow,
    correction: z.object({
      id: z.string(),
      what: z.enum(correctionKinds),
      reason: z.string(),
      author: z.string(),
      approvedBy: z.string(),
      appliedMs: instant.nullable(),
    }),
    reversed: z.object({ id: z.string(), quantity, amount }).describe('The row that it takes back, or brings back.'),
  }),
  z.object({
    of: z.literal('fee'),
    ...whyRow,
    fee: approvedFeeSchema,
    other: z
      .object({ id: z.number(), version: z.number() })
      .nullable()
      .describe('The version that this one corrects, or is corrected by; null for what fell due.'),
    periodEndMs: instant,
    steps: list(step).describe('They add up to the row.'),
  }),
  z.object({
    of: z.literal('agreement'),
    ...whyRow,
    agreement: approvedAgreementSchema,
    periodEndMs: instant,
    steps: list(step).describe('What it comes to in all, less what was booked before: they add up to the row.'),
    lines: list(z.object({ account: z.number(), service: z.string(), component: z.string(), amount })).describe(
      'What it looks at: charges of the period as of the commit.',
    ),
  }),
]) satisfies z.ZodType<Why>;

export const refusalReason = z.enum(Object.keys(refusalReasons) as [RefusalReason, ...RefusalReason[]]);

const refusal = z.object({
  tenant: z.string(),
  producer: z.string(),
  epoch: z.string(),
  seq: z.number(),
  index: z.number().describe('In its batch; -1 for the whole batch.'),
  reason: refusalReason,
  detail: z.string(),
  samples: z.number(),
  stream: z.enum(['usage', 'control']),
  inputSeq: z.number(),
  logTimeMs: instant,
}) satisfies z.ZodType<Refusal>;

export const refusals = z.object({
  refusals: list(refusal),
  totals: list(
    z.object({
      producer: z.string(),
      reason: refusalReason,
      refusals: z.number().describe('Batches and single samples turned away.'),
      samples: z.number().describe('Samples that they stand for.'),
      newestMs: instant,
    }),
  ),
}) satisfies z.ZodType<Refusals>;

export const pressure = z.object({
  asOfMs: instant,
  state: z.enum(['ok', 'warn', 'full']).describe('The worst of the stages.'),
  stages: list(
    z.object({
      id: z.enum(stageIds),
      name: z.string(),
      state: z
        .enum(['ok', 'warn', 'full'])
        .describe('warn: it fills or falls behind; full: what comes before it waits.'),
      value: z.number(),
      limit: z.number(),
      unit: z.enum(['bytes', 'ms']),
      where: z.string().describe('Stream, partition or producer; "" for the whole.'),
      detail: z.string(),
      effect: z.string().describe('What becomes of usage meanwhile; "" while all is well.'),
      solve: z.string(),
      sinceMs: instant.nullable(),
    }),
  ).describe('In the order of the path.'),
}) satisfies z.ZodType<Pressure>;

export const status = z.object({
  version: z.string(),
  startedAtMs: instant,
  partitions: list(
    z.object({
      partition: z.number(),
      owner: z.boolean().describe('Whether its owner answered when last asked.'),
      rater: z.string().nullable().describe('Which rater says that it owns the partition.'),
      standbys: list(z.object({ rater: z.string(), behind: z.number().describe('Commits.') })),
      retired: z.boolean().describe('Its tenants go on elsewhere; it holds what was.'),
      incarnation: z.number(),
      outSeq: z.number(),
      loadedSeq: z.number(),
      logTimeMs: instant,
      totals: z.object({ samples: counts, batches: counts }),
    }),
  ),
  raters: list(z.object({ rater: z.string(), url: z.string(), owns: z.number(), follows: z.number() })),
  rowsInClickHouse: z.number().describe('Rated samples, however many rows they lie in.'),
  alerts: z.number(),
  webhooksDelivered: z.number(),
  pressure,
  latencyMs: z.object({ commit: percentiles, alert: percentiles }),
}) satisfies z.ZodType<Status>;
