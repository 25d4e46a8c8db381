import { z } from 'zod';
import type { App } from '#platform/http/index.ts';
import { seriesLimits } from '#core/pricing/limits.ts';
import { oneSeries, pointsOf, publishPoints, seriesOf } from '../catalogue/series.ts';
import { billingError } from '../errors.ts';
import { billingLimits } from '../limits.ts';
import { outcomeOf } from '../outbox/outcomes.ts';
import * as answers from './answers.ts';
import { authorOf, byId, once, reason, type BillingRoutesDeps } from './parts.ts';

const instant = z.coerce.number().int().min(0).max(9_999_999_999_999);
const source = z
  .string()
  .max(seriesLimits.textMax)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u)
  .describe('Who says so, for people.');
const point = z.strictObject({
  fromMs: instant.describe('Beginning of an interval of the series, UTC ms.'),
  value: z.string().max(60).describe("Decimal text, in the series' currency per its unit; may be negative."),
  revision: z
    .number()
    .int()
    .min(1)
    .max(seriesLimits.revisionMax)
    .optional()
    .describe('Without it another value than the one known is the next revision.'),
  source: source.optional(),
});

/** Reference series of spot prices: their points come when they are known (core/SPEC.md §8.8). */
export function seriesRoutes(app: App, { office, events }: BillingRoutesDeps): void {
  const tags = ['prices'];
  const { db } = office;
  app.get(
    '/series',
    { schema: { summary: 'Reference series of spot prices', tags, response: { 200: answers.series } } },
    async ({ identity }) => ({ series: await seriesOf(db, identity.tenant) }),
  );
  app.get(
    '/series/:id/points',
    {
      schema: {
        summary: 'Points of a series, oldest first',
        tags,
        params: byId,
        querystring: z.object({
          fromMs: instant.describe('Intervals that begin from here, UTC ms,'),
          toMs: instant.describe('until before here.'),
          revisions: z.enum(['newest', 'all']).default('newest'),
        }),
        response: { 200: answers.points },
      },
    },
    async ({ identity, params, query }) => {
      const series = await oneSeries(db, identity.tenant, params.id);
      if (series === undefined) throw billingError('SERIES_UNKNOWN', params.id, { series: params.id });
      const all = query.revisions === 'all';
      const found = await pointsOf(db, identity.tenant, params.id, query, { all, most: billingLimits.pointsPageMax });
      return { series, points: found };
    },
  );
  app.post(
    '/series/:id/points',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Publishes points, new ones and revisions; what was rated is charged by difference',
        tags,
        params: byId,
        headers: once,
        body: z.strictObject({
          points: z.array(point).min(1).max(seriesLimits.pointsPerChangeMax),
          source: source.default('').describe('Of the points that name none.'),
          reason: reason.default('points published'),
        }),
        response: { 200: answers.publishedPoints },
      },
    },
    async (request) => {
      const author = authorOf(request);
      const { points, source: common, reason: why } = request.body;
      const { result, auditId } = await publishPoints(office, author, request.params.id, {
        points: points.map((each) => ({ ...each, source: each.source ?? common })),
        reason: why,
        idempotencyKey: request.headers['idempotency-key'],
      });
      if (auditId === null) return { ...result, auditId };
      events.changed('series.points', request.params.id, author.actor);
      return { ...result, auditId, ...(await outcomeOf(db, author.tenant, auditId)) };
    },
  );
}
