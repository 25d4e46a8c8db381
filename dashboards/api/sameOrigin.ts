import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a browser sent the request from a page of this very origin. A request that says neither where it comes from
 * (`Origin`) nor how (`Sec-Fetch-Site`) is no browser's, and has no business with a cookie.
 */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  if (headers.origin === undefined) return site === 'same-origin';
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
}
