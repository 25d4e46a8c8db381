import type { FastifyReply, FastifyRequest } from 'fastify';
import { MeterlineError } from '#core/errors.ts';
import { roles } from '#platform/http/index.ts';
import { dashboardsError } from '../errors.ts';
import type { DashboardEvents } from '../events.ts';
import type { Identify } from './identify.ts';

/** Sets `request.identity`, and lets pass only who has at least the route's role. Every route under /api/v1 has it. */
export function createGuard(identify: Identify, events: DashboardEvents) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const needed = request.routeOptions.config.role ?? 'viewer';
    if (needed === 'public') return;
    try {
      const identity = await identify(request.raw);
      if (roles.indexOf(identity.role) < roles.indexOf(needed)) {
        throw dashboardsError('ROLE_TOO_LOW', `It needs ${needed}, you are ${identity.role}.`, {
          needed,
          role: identity.role,
        });
      }
      request.identity = identity;
    } catch (error) {
      if (error instanceof MeterlineError) events.requestRefused(error.code);
      setHints(reply, error);
      throw error;
    }
  };
}

/** The headers that HTTP wants beside a 401 and a 429. */
export function setHints(reply: FastifyReply, error: unknown): void {
  if (!(error instanceof MeterlineError)) return;
  if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="meterline"');
  const seconds = error.details['retryAfterSeconds'];
  if (typeof seconds === 'number') reply.header('retry-after', String(seconds));
}
