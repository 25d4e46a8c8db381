import type { FastifyReply, FastifyRequest } from 'fastify';

/** Everything from our own origin, nothing inline: the pages were written for it, and a browser test says that they hold. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ');

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** Runs for every answer, errors included. Figures are never cached; the pages' own files set their own rule. */
export async function securityHeaders(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.headers(headers);
  if (request.url.startsWith('/api/') || request.url.startsWith('/login')) reply.header('cache-control', 'no-store');
  if (isSecure(request)) reply.header('strict-transport-security', 'max-age=31536000');
}

/** TLS ends at a proxy, which says so. A caller who lies about it only gets a cookie that his own browser holds back. */
export const isSecure = (request: FastifyRequest): boolean =>
  /^https\b/.test(String(request.headers['x-forwarded-proto']));
