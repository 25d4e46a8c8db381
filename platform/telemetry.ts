import { pino, type Logger } from 'pino';
import { randomBytes } from 'node:crypto';

export type { Logger };

/** JSON lines on standard error, one a state change; `meterline up` makes them pretty on a terminal. */
export function createLogger(role: string, level = 'info'): Logger {
  return pino(
    { level, base: { role }, redact: ['secret', '*.secret', 'token', '*.token', 'seed', '*.seed'] },
    pino.destination(2),
  );
}

/** A new W3C `traceparent`, version 00, sampled. */
export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

/** A child of `parent` with a new span id; a new trace when `parent` is not a traceparent. */
export function childTraceparent(parent: string): string {
  const match = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(parent);
  return match === null ? newTraceparent() : `00-${match[1]}-${randomBytes(8).toString('hex')}-${match[2]}`;
}
