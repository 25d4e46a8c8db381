import type { IncomingMessage } from 'node:http';
import type { Identity } from '#platform/http/index.ts';
import { dashboardsError } from '../errors.ts';
import { apiLimits } from '../limits.ts';
import type { AccessPort } from '../ports.ts';
import { AddressLimit } from './addressLimit.ts';
import { isSameOrigin } from './sameOrigin.ts';

export const sessionCookie = 'mtl_session';

/** What a request came with: the value of the Authorization header, or of the session cookie. */
export type Credential = { readonly kind: 'session' | 'key'; readonly value: string };

/** Longest credential that is looked up; longer ones are nobody's. */
const credentialLengthMax = 200;

/** An API key in the Authorization header, else a session in the cookie. A header that is there is never ignored. */
export function credentialOf(request: IncomingMessage): Credential | undefined {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) {
    const key = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1];
    return key === undefined || key.length > credentialLengthMax ? undefined : { kind: 'key', value: key };
  }
  const session = /(?:^|;\s*)mtl_session=([\w-]+)/.exec(cookie ?? '')?.[1];
  return session === undefined || session.length > credentialLengthMax
    ? undefined
    : { kind: 'session', value: session };
}

export type Identify = (request: IncomingMessage) => Promise<Identity>;

/**
 * Says who asks, or throws UNAUTHENTICATED, CROSS_SITE_WRITE (a change, or a live connection, that a foreign page makes
 * with our cookie) or TOO_MANY_ATTEMPTS (an address that keeps trying credentials).
 */
export function createIdentify(access: AccessPort): Identify {
  const failures = new AddressLimit(apiLimits.failuresPerMinuteMax);
  return async (request) => {
    const credential = credentialOf(request);
    if (credential === undefined) throw dashboardsError('UNAUTHENTICATED');
    const address = request.socket.remoteAddress ?? '';
    const retryAfterSeconds = failures.waitSeconds(address);
    if (retryAfterSeconds > 0) throw dashboardsError('TOO_MANY_ATTEMPTS', '', { retryAfterSeconds });
    const changes = !['GET', 'HEAD'].includes(request.method ?? '') || request.headers.upgrade !== undefined;
    if (changes && credential.kind === 'session' && !isSameOrigin(request.headers))
      throw dashboardsError('CROSS_SITE_WRITE');
    const identity = await access.authenticate(credential.value);
    if (identity !== undefined) return identity;
    failures.take(address);
    throw dashboardsError('UNAUTHENTICATED');
  };
}
