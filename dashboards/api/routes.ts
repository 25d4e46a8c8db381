import { z } from 'zod';
import { idPattern } from '#core/messages/names.ts';
import type { Routes } from '#platform/http/index.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../errors.ts';
import type { LiveHub } from '../live/hub.ts';
import { apiLimits, mirrorLimits } from '../limits.ts';
import type { Mirror } from '../mirror/index.ts';
import type { Ports } from '../ports.ts';
import { liveAlert } from './alertSchemas.ts';
import * as answers from './schemas.ts';
import { creditRoutes } from './creditRoutes.ts';
import { deliveryRoutes } from './deliveryRoutes.ts';
import { estimateRoute } from './estimate/route.ts';
import { pressureFor } from './pressure.ts';
import { readStatus } from './status.ts';
import { explainRow } from './why/why.ts';
import { rowIdPattern } from './why/commitBlocks.ts';

export interface DashboardRoutesDeps {
  readonly mirror: Mirror;
  readonly hub: LiveHub;
  readonly log: Log;
  readonly ports: Ports;
  readonly version: string;
  readonly startedAtMs: number;
  /** How many partitions, from 0 on, are retired. */
  readonly retired: number;
}

/** The year 2286, as for every instant. */
const instantMsMax = 9_999_999_999_999;
const limit = (max: number) => z.coerce.number().int().min(1).max(max).default(100);

/** The dashboards' own routes under /api/v1. */
export function dashboardRoutes({
  mirror,
  hub,
  log,
  ports,
  version,
  startedAtMs,
  retired,
}: DashboardRoutesDeps): Routes {
  /** The caller's own figures; LIVE_NOT_READY before the first sync. */
  const viewOf = (tenant: string) => {
    const view = mirror.view(tenant);
    if (view === undefined) throw dashboardsError('LIVE_NOT_READY');
    return view;
  };
  return (app) => {
    app.route({
      method: 'GET',
      url: '/live-state',
      schema: {
        summary: 'Live figures, as a live connection would be sent first',
        tags: ['live'],
        response: { 200: answers.liveState },
      },
      async handler({ identity }) {
        const view = viewOf(identity.tenant);
        await mirror.look(view);
        return hub.state(view);
      },
    });

    app.route({
      method: 'GET',
      url: '/fleet',
      schema: {
        summary: 'Every producer, with its counts and health',
        tags: ['fleet'],
        response: { 200: answers.fleet },
      },
      handler: async ({ identity }) => ({ asOfMs: ports.now(), producers: viewOf(identity.tenant).fleet() }),
    });

    app.route({
      method: 'GET',
      url: '/why/:rowId',
      schema: {
        summary: 'The proof of one rated row, from the charge down to the signed batch',
        tags: ['explore'],
        params: z.object({ rowId: z.string().regex(rowIdPattern).describe('As GET /rows gives it.') }),
        response: { 200: answers.why },
      },
      handler: ({ identity, params }) => explainRow(ports, log, identity.tenant, params.rowId),
    });

    estimateRoute(app, { ports, log });

    app.route({
      method: 'GET',
      url: '/alerts',
      schema: {
        summary: 'Alerts with their newest delivery per target, newest first',
        tags: ['budgets'],
        querystring: z.object({ limit: limit(mirrorLimits.alertsPerTenantMax) }),
        response: { 200: z.object({ alerts: z.array(liveAlert) }) },
      },
      handler: async ({ identity, query }) => ({ alerts: viewOf(identity.tenant).alerts.newest(query.limit) }),
    });

    deliveryRoutes(app, { viewOf, desk: ports.desk });
    creditRoutes(app, ports);

    app.route({
      method: 'GET',
      url: '/refusals',
      schema: {
        summary: 'What was refused, and why, newest first; with the sums of all there are',
        description:
          'At most `limit` refusals, and all others of the last one’s instant: ask for what is older with its `logTimeMs`.',
        tags: ['explore'],
        querystring: z.object({
          producer: z.string().regex(idPattern).optional(),
          reason: answers.refusalReason.optional(),
          limit: limit(apiLimits.rowsMax),
          beforeMs: z.coerce
            .number()
            .int()
            .min(0)
            .max(instantMsMax)
            .default(instantMsMax)
            .describe('Log time, exclusive.'),
        }),
        response: { 200: answers.refusals },
      },
      async handler({ identity, query }) {
        const [refusals, totals] = await Promise.all([
          ports.store.refusals(identity.tenant, query),
          ports.store.refusalTotals(identity.tenant),
        ]);
        return { refusals, totals };
      },
    });

    app.route({
      method: 'GET',
      url: '/pressure',
      schema: {
        summary: 'Where usage is held up on its way, what becomes of it, and what to do',
        tags: ['operations'],
        response: { 200: answers.pressure },
      },
      handler: async ({ identity }) => pressureFor(ports.pressure(), viewOf(identity.tenant).fleet()),
    });

    app.route({
      method: 'GET',
      url: '/status',
      config: { role: 'admin' },
      schema: {
        summary: 'How far each partition is, counts and latencies of the whole instance',
        tags: ['operations'],
        response: { 200: answers.status },
      },
      handler: () => readStatus({ mirror, ports, version, startedAtMs, log, retired }),
    });
  };
}
