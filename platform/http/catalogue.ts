/** Shapes of meters and prices in answers, for the API's description and its serializer; `satisfies` holds them to the records. */
import { z } from 'zod';
import { aggregations, type MeterRecord } from '#core/messages/control.ts';
import type { BillingCalendar } from '#core/time/calendar.ts';
import type { LeafModel, PriceModel, PriceRecord, QuantityRule } from '#core/messages/price.ts';

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const amount = z.string().describe('Decimal text in the currency of the price.');
const signed = z.string().describe('Decimal text in the currency of the price, of either sign.');
const quantity = z.string().describe('Decimal text, in priced units.');
const percent = z.string().describe('Decimal text, from 0 to 100.');
const upTo = quantity.nullable().describe('Inclusive; null for all beyond.');
const count = z.string().describe('A whole number.');

const directions = z
  .object({
    dimension: z.string(),
    in: list(z.string()),
    out: list(z.string()),
    take: z.enum(['max', 'sum']),
    of: z.enum(['percentiles', 'slots']),
  })
  .describe(
    'Two directions told apart by a dimension: max or sum of their percentiles, or the percentile of that in each slot.',
  );

export const meterSchema = z.object({
  id: z.string(),
  metric: z.string(),
  unit: z.string(),
  scale: z.number(),
  aggregation: z.enum(aggregations),
  distinct: z.string().exactOptional().describe('The dimension that `unique` counts; "" counts resources.'),
  exact: z
    .object({ upTo: z.number(), beyond: z.enum(['refuse', 'approximate']) })
    .exactOptional()
    .describe('How many values `unique` counts exactly, 10,000 when absent, and what becomes of the next one.'),
  slots: z
    .object({ lengthMs: z.number(), discardPercent: percent, directions: directions.exactOptional() })
    .exactOptional()
    .describe('Time slots of `percentile`, and the share of them that is set aside.'),
  samples: z
    .object({ discardPercent: percent, countMax: z.number() })
    .exactOptional()
    .describe('Share of the samples that `samplePercentile` sets aside, and how many a tally takes.'),
  recurs: z
    .object({ by: z.enum(['second', 'day']) })
    .exactOptional()
    .describe(
      'Whether a level of `recurring` counts from its instant, or from the start of its day in the zone of the account.',
    ),
  filter: z.record(z.string(), list(z.string())).readonly(),
}) satisfies z.ZodType<MeterRecord>;

/** Named once in the API's description, however many answers hold it. */
const named = <Schema extends z.ZodType>(id: string, schema: Schema): Schema => {
  z.globalRegistry.add(schema, { id });
  return schema;
};

const pricedTiers = list(z.object({ upTo, unitPrice: amount, flat: amount }));
const bounds = { minimum: amount.exactOptional(), maximum: amount.exactOptional() };

const leaf = named(
  'LeafModel',
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('perUnit'), unitPrice: amount }),
    z.object({ kind: z.literal('flat'), amount }),
    z.object({ kind: z.literal('graduated'), tiers: pricedTiers }),
    z.object({ kind: z.literal('volume'), tiers: pricedTiers }),
    z.object({ kind: z.literal('package'), size: quantity, price: amount, partial: z.enum(['up', 'down']) }),
    z.object({
      kind: z.literal('packageTiers'),
      reach: z.enum(['all', 'top']),
      tiers: list(z.object({ size: quantity, count: count.nullable(), price: amount })),
    }),
    z.object({ kind: z.literal('stairstep'), tiers: list(z.object({ upTo, amount })) }),
    z.object({
      kind: z.literal('percentage'),
      percent,
      perEvent: amount,
      freeEvents: count.exactOptional(),
      freeValue: amount.exactOptional(),
      free: z.enum(['totals', 'whicheverFirst']),
      ...bounds,
    }),
    z.object({ kind: z.literal('graduatedPercentage'), tiers: list(z.object({ upTo, percent, flat: amount })) }),
    z.object({ kind: z.literal('dynamic'), multiplier: z.string().describe('Decimal text.') }),
    z.object({ kind: z.literal('perEvent'), unitPrice: amount, fee: amount, ...bounds }),
  ]),
) satisfies z.ZodType<LeafModel>;

const dimensions = z.record(z.string(), z.string()).readonly();
const day = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

export const modelSchema = named(
  'PriceModel',
  z.union([
    leaf,
    z.object({
      kind: z.literal('matrix'),
      rules: list(z.object({ name: z.string(), match: dimensions, model: leaf })),
      otherwise: leaf.nullable(),
    }),
    z.object({ kind: z.literal('grouped'), by: list(z.string()), groupsMax: z.number(), model: leaf }),
    z.object({
      kind: z.literal('schedule'),
      bands: list(z.object({ name: z.string(), days: list(day), from: z.string(), to: z.string(), model: leaf })),
      otherwise: leaf.nullable(),
    }),
    z.object({
      kind: z.literal('spot'),
      series: z.string().describe('The reference series whose points are charged, each in its interval.'),
      multiplier: z.string().exactOptional().describe('Decimal text; of a point. 1.05 is a markup of 5 %.'),
      adder: signed.exactOptional().describe('Added after that; may be negative.'),
      minimum: signed.exactOptional().describe('Least of the unit price; may be negative.'),
      maximum: signed.exactOptional(),
    }),
  ]),
) satisfies z.ZodType<PriceModel>;

const quantityRule = z.object({
  at: z.enum(['event', 'tally']),
  mode: z.enum(['up', 'down', 'halfAwayFromZero', 'halfEven']),
  increment: quantity,
  first: quantity.exactOptional(),
  threshold: quantity.exactOptional(),
}) satisfies z.ZodType<QuantityRule>;

const interval = z.enum(['day', 'week', 'month', 'quarter', 'halfYear', 'year']);
const date = z.string().describe('A day, like 2026-11-23.');

export const calendarSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('calendar'),
    interval,
    weekStart: z.number().exactOptional().describe('1 is Monday, 7 is Sunday.'),
  }),
  z.object({
    kind: z.literal('anniversary'),
    anchor: z
      .string()
      .describe('A day, like 2026-11-23; of a price also "account": the day on which the account started.'),
    interval,
    every: z.number().exactOptional(),
  }),
  z.object({
    kind: z.literal('fiscal'),
    pattern: z.enum(['4-4-5', '4-5-4', '5-4-4']),
    endMonth: z.number(),
    endWeekday: z.number(),
    rule: z.enum(['last', 'nearest']),
    longPeriod: z.number().exactOptional(),
  }),
  z.object({ kind: z.literal('list'), dates: list(date) }),
]) satisfies z.ZodType<BillingCalendar>;

const prorated = z.literal(true).exactOptional();

export const priceSchema = z.object({
  id: z.number(),
  key: z.string(),
  version: z.number(),
  service: z.string(),
  component: z.string(),
  meter: z.string(),
  currency: z.string(),
  account: z.number().describe('Account whose subtree it applies to; 0: everyone.'),
  effectiveFromMs: z.number().describe('UTC ms.'),
  tallyScope: z.enum(['resource', 'account', 'subtree']).describe('Whose a tally is.'),
  split: z
    .enum(['proRata', 'asArrived'])
    .exactOptional()
    .describe('How the charge of a subtree is shared when its period closes.'),
  period: calendarSchema.exactOptional().describe('What cuts the tallies; calendar months when absent.'),
  unit: z.object({ name: z.string(), numerator: z.string(), denominator: z.string() }),
  allowance: quantity,
  model: modelSchema,
  quantity: quantityRule.exactOptional().describe('How the quantity is rounded before it is charged.'),
  discountPercent: percent.exactOptional(),
  maximum: amount.exactOptional().describe('Most that a tally is charged in its period.'),
  rollover: z
    .object({ periods: z.number(), maximum: quantity.exactOptional() })
    .exactOptional()
    .describe('What of the allowance is not used goes on for so many periods.'),
  prorate: z
    .object({
      by: z.enum(['second', 'day']),
      allowance: prorated,
      bounds: prorated.describe('`upTo` of tiers.'),
      flats: prorated.describe('`flat` of tiers, `amount` of a stairstep and of a flat.'),
      maximum: prorated,
    })
    .exactOptional()
    .describe('Figures that are multiplied by the part of a period in which the version is in force.'),
  onVersion: z.enum(['carry', 'restart']).exactOptional(),
  plan: z.string().exactOptional().describe('What bounds of a plan count it for.'),
  contract: z.string().exactOptional().describe('What bounds of a contract count it for.'),
}) satisfies z.ZodType<PriceRecord>;

/** A price with who approved it. */
export const approvedPriceSchema = priceSchema.extend({
  approvedBy: z.string(),
  approvedAtMs: z.number().describe('UTC ms.'),
});
