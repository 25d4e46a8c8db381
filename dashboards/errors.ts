import { defineErrors } from '#core/errors.ts';

export const dashboardsError = defineErrors({
  UNAUTHENTICATED: {
    status: 401,
    title: 'This needs a login.',
    solve: 'Open a fresh one-time link (`npx meterline login`), or send `Authorization: Bearer <API key>`.',
  },
  ROLE_TOO_LOW: {
    status: 403,
    title: 'Your role does not allow this.',
    solve: 'Ask an administrator of your organisation for the role that the message names.',
  },
  CROSS_SITE_WRITE: {
    status: 403,
    title: 'A change that came with a cookie must come from our own pages.',
    solve: 'Use the pages of this address, or an API key in the Authorization header.',
  },
  LOGIN_IN_CLEAR: {
    status: 403,
    title: 'A login link works on this machine, or through TLS.',
    solve:
      'Open it at a loopback address, through an SSH tunnel, or behind a proxy that ends TLS and sets X-Forwarded-Proto.',
  },
  TOO_MANY_ATTEMPTS: {
    status: 429,
    title: 'Too many attempts from this address.',
    solve: 'Wait for the time that Retry-After names.',
  },
  LIVE_NOT_READY: {
    status: 503,
    title: 'Live figures are not there yet.',
    solve: 'Wait until /readyz is true; the rater must own the partition of this organisation.',
  },
  LIVE_FULL: {
    status: 503,
    title: 'Too many live connections.',
    solve: 'Close some pages; the limit is named in docs/limits.md.',
  },
  DELIVERY_UNKNOWN: {
    status: 404,
    title: 'There is no such delivery.',
    solve: 'List them with GET /api/v1/deliveries; the id is the target, "~" and the id of the alert.',
  },
  ROW_NOT_FOUND: {
    status: 404,
    title: 'There is no such rated row.',
    solve: 'Take the id from GET /api/v1/rows; a row appears there within a second of its commit.',
  },
  ESTIMATE_INVALID: {
    status: 422,
    title: 'This usage cannot be estimated.',
    solve: 'Correct what the message names; `npx meterline price list` shows the prices.',
  },
  PROOF_UNAVAILABLE: {
    status: 409,
    title: 'This row cannot be proved from the log.',
    solve: 'Rows whose commit or batch was purged are proved by `meterline verify` from the archive.',
  },
});
