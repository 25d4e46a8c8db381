import { z } from 'zod';
import { exploreDimensions, type RatedRow } from '#core/messages/api.ts';
import { blockKinds } from '#core/messages/rated.ts';
import { idPattern, meterPattern, resourcePattern } from '#core/messages/names.ts';
import type { Routes } from '#platform/http/index.ts';
import { ratedRowSchema, worthSchema } from '#platform/http/ratedRow.ts';
import { aggregatorError } from './errors.ts';
import { aggregatorLimits } from './limits.ts';
import type { Aggregator } from './main.ts';
import { blocksInOrder, refusedSamples, storedBlockSchema, type BlocksPage } from './queries/blocks.ts';
import { explore } from './queries/explore.ts';
import type { MasterFacts } from './queries/port.ts';
import { rows } from './queries/rows.ts';
import { exploreWorth } from './queries/worth.ts';

export interface AggregatorRoutesDeps {
  readonly aggregator: Aggregator;
  readonly master: MasterFacts;
}

const instantMs = z.coerce.number().int().min(0).max(9_999_999_999_999);
const label = z.string().max(200);

const filters = {
  from: instantMs.optional().describe('Start of the sample, UTC ms, inclusive.'),
  to: instantMs.optional().describe('Start of the sample, UTC ms, exclusive.'),
  account: z.coerce.number().int().min(1).max(0xffff_ffff).optional().describe('The account and everything below it.'),
  service: label.optional(),
  component: label.optional(),
  cell: label
    .optional()
    .describe('Part of the price: the name of a rule or band, or the values of a group as a JSON list.'),
  meter: z.string().regex(meterPattern).optional(),
  resource: z.string().regex(resourcePattern).optional(),
  producer: z.string().regex(idPattern).optional(),
  kind: z.enum(blockKinds).optional(),
  late: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('Whether it is a prior-period adjustment: usage that came after its period was closed.'),
  currency: z.string().max(12).optional().describe("The tenant's currency, or the id of a pricing unit."),
};

const exploreQuery = z.strictObject({
  by: z
    .preprocess(
      (value) => (typeof value === 'string' ? [value] : value),
      z.array(z.enum(exploreDimensions)).max(aggregatorLimits.exploreDimensionsMax),
    )
    .refine((by) => new Set(by).size === by.length, 'names a dimension twice')
    .default([]),
  ...filters,
});

const rowsQuery = z.strictObject({
  ...filters,
  limit: z.coerce.number().int().min(1).max(aggregatorLimits.pageRowsMax).default(100),
  cursor: z.string().max(64).optional(),
});

const blocksQuery = z.strictObject({
  time: z.enum(['log', 'usage']).default('log').describe('What the stretch is of: log time, or the start of usage.'),
  from: instantMs.optional().describe('Beginning of the stretch, UTC ms, inclusive.'),
  to: instantMs.optional().describe('End of the stretch, UTC ms, exclusive.'),
  limit: z.coerce.number().int().min(1).max(aggregatorLimits.pageBlocksMax).default(aggregatorLimits.pageBlocksMax),
  cursor: z.string().max(64).optional(),
});

const amount = z.string();
const asOf = z.object({ outSeq: z.number(), logTimeMs: z.number() });
const exploreAnswer = z.object({
  asOf,
  currency: z.string(),
  by: z.array(z.enum(exploreDimensions)).readonly(),
  groups: z
    .array(
      z.object({
        key: z.array(z.string()).readonly(),
        amount,
        quantity: z.string(),
        unit: z.string(),
        samples: z.number(),
      }),
    )
    .readonly(),
  other: z.object({ groups: z.number(), amount, samples: z.number() }),
  total: z.object({ amount, samples: z.number() }),
  worth: worthSchema.exactOptional().describe('Of the total, where that is in a pricing unit.'),
});

const row = ratedRowSchema.extend({ unit: z.string() });
const rowsAnswer = z.object({ asOf, rows: z.array(row).readonly(), cursor: z.string().nullable() });

const blocksAnswer = z.object({
  asOf,
  tenant: z.string(),
  refused: z.number().describe('Samples refused in the stretch; of usage time, all.'),
  blocks: z.array(storedBlockSchema).readonly(),
  cursor: z.string().nullable(),
});
/** What `price simulate` reads of a running instance. */
export interface BlocksAnswer extends BlocksPage {
  readonly asOf: { readonly outSeq: number; readonly logTimeMs: number };
  readonly tenant: string;
  readonly refused: number;
}

const loadingAnswer = z.object({
  partitions: z
    .array(
      z.object({
        partition: z.number(),
        loadedSeq: z.number(),
        logTimeMs: z.number(),
        lagSamples: z.number(),
        failure: z.object({ code: z.string(), detail: z.string(), solve: z.string(), attempts: z.number() }).nullable(),
      }),
    )
    .readonly(),
});

/** Drill-downs into ClickHouse, confined to the caller's tenant. */
export function aggregatorRoutes({ aggregator, master }: AggregatorRoutesDeps): Routes {
  const { store } = aggregator;
  return (app) => {
    app.get(
      '/explore',
      {
        schema: {
          tags: ['usage'],
          summary: 'Charges by up to three dimensions, with the exact rest',
          querystring: exploreQuery,
          response: { 200: exploreAnswer },
        },
      },
      async (request) => {
        const { by, currency: named, ...asked } = request.query;
        const { tenant } = request.identity;
        const { timeZone, currency: own, partition } = await master.tenant(tenant);
        const currency = named ?? own;
        const unit =
          currency === own ? undefined : (await master.pricingUnits(tenant)).find(({ id }) => id === currency);
        if (currency !== own && unit === undefined)
          throw aggregatorError('PRICING_UNIT_UNKNOWN', currency, { currency });
        const position = await aggregator.loaded(partition);
        const scope = { tenant, partition, outSeqMax: position.outSeq };
        const units = await master.units(tenant);
        const question = { scope, by, filters: asked, timeZone, currency, units };
        const answer = { asOf: position, ...(await explore(store, question)) };
        return unit === undefined ? answer : { ...answer, worth: await exploreWorth(store, question, unit) };
      },
    );
    app.get(
      '/rows',
      {
        schema: {
          tags: ['usage'],
          summary: 'Rated rows, newest first',
          querystring: rowsQuery,
          response: { 200: rowsAnswer },
        },
      },
      async (request) => {
        const { limit, cursor, ...asked } = request.query;
        const { tenant } = request.identity;
        const { partition } = await master.tenant(tenant);
        const position = await aggregator.loaded(partition);
        const scope = { tenant, partition, outSeqMax: position.outSeq };
        const page = await rows(store, { scope, filters: asked, limit, cursor });
        const units = await master.units(tenant);
        const unitOf = ({ kind, meter }: RatedRow) => (kind === 'unmetered' ? '' : (units.get(meter) ?? ''));
        return { ...page, asOf: position, rows: page.rows.map((found) => ({ ...found, unit: unitOf(found) })) };
      },
    );
    app.get(
      '/rated-blocks',
      {
        schema: {
          tags: ['usage'],
          summary: 'Rated blocks of the periods that a stretch touches, in the order of the log',
          querystring: blocksQuery,
          response: { 200: blocksAnswer },
        },
      },
      async (request): Promise<BlocksAnswer> => {
        const { tenant } = request.identity;
        const { partition } = await master.tenant(tenant);
        const position = await aggregator.loaded(partition);
        const question = { ...request.query, scope: { tenant, partition, outSeqMax: position.outSeq } };
        const refused = await refusedSamples(store, question);
        return { asOf: position, tenant, refused, ...(await blocksInOrder(store, question)) };
      },
    );
    app.get(
      '/loading',
      {
        config: { role: 'operator' },
        schema: {
          tags: ['usage'],
          summary: 'How far ClickHouse is behind the log, and why where it waits',
          response: { 200: loadingAnswer },
        },
      },
      () => aggregator.status(),
    );
    app.post(
      '/rollups/rebuild',
      {
        config: { role: 'operator' },
        schema: {
          tags: ['usage'],
          summary: 'Computes the daily rollup anew',
          response: { 200: z.object({ rebuiltAtMs: z.number() }) },
        },
      },
      async (request) => aggregator.rebuildRollup(request.identity.actor),
    );
  };
}
