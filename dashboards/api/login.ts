import '@fastify/cookie';
import { z } from 'zod';
import type { App, Routes } from '#platform/http/index.ts';
import { dashboardsError } from '../errors.ts';
import type { DashboardEvents } from '../events.ts';
import { apiLimits } from '../limits.ts';
import type { AccessPort } from '../ports.ts';
import { AddressLimit } from './addressLimit.ts';
import { setHints } from './guard.ts';
import { credentialOf, sessionCookie } from './identify.ts';
import { isSecure } from './securityHeaders.ts';

/** GET /login?token=…: a one-time link becomes a session cookie, on this machine or through TLS. */
export function mountLogin(app: App, access: AccessPort, events: DashboardEvents): void {
  const attempts = new AddressLimit(apiLimits.loginsPerMinuteMax);
  const redeem = async (token: string, address: string) => {
    try {
      const session = await access.redeemLogin(token);
      events.login('ok', address);
      return session;
    } catch (error) {
      events.login('refused', address);
      throw error;
    }
  };
  app.route({
    method: 'GET',
    url: '/login',
    // A HEAD, or a browser's prefetch, must not use the link up.
    exposeHeadRoute: false,
    config: { role: 'public' },
    schema: { hide: true, querystring: z.object({ token: z.string().min(1).max(200) }) },
    async handler(request, reply) {
      try {
        const retryAfterSeconds = attempts.take(request.ip);
        if (retryAfterSeconds > 0) {
          events.login('limited', request.ip);
          throw dashboardsError('TOO_MANY_ATTEMPTS', '', { retryAfterSeconds });
        }
        if (!isLoopback(request.raw.socket.remoteAddress) && !isSecure(request))
          throw dashboardsError('LOGIN_IN_CLEAR');
        if (isPrefetch(request.headers)) return reply.status(204).send();
        const session = await redeem(request.query.token, request.ip);
        return reply
          .setCookie(sessionCookie, session.token, {
            httpOnly: true,
            sameSite: 'strict',
            path: '/',
            secure: isSecure(request),
            expires: new Date(session.expiresAtMs),
          })
          .redirect('/', 303);
      } catch (error) {
        setHints(reply, error);
        throw error;
      }
    },
  });
}

/** POST /api/v1/logout: ends the session of the cookie; with an API key it changes nothing. */
export function logoutRoutes(access: AccessPort): Routes {
  return (app) => {
    app.route({
      method: 'POST',
      url: '/logout',
      schema: { summary: 'End this session', tags: ['access'] },
      async handler(request, reply) {
        const credential = credentialOf(request.raw);
        if (credential?.kind === 'session') await access.endSession(credential.value);
        return reply.clearCookie(sessionCookie, { path: '/' }).status(204).send();
      },
    });
  };
}

const isPrefetch = (headers: Readonly<Record<string, string | string[] | undefined>>): boolean =>
  [headers['sec-purpose'], headers['purpose']].flat().some((value) => /prefetch|preview/.test(value ?? ''));

/** A link or a cookie that crosses a network in clear belongs to whoever listens there. */
const isLoopback = (address = ''): boolean => address === '::1' || /^(::ffff:)?127\./.test(address);
