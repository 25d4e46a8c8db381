/** Middleware for Node's http, Express, Connect: refuses what the budgets do not want any more. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Trickle } from '../enforce/trickle.ts';
import type { Wanted } from '../enforce/wanted.ts';

export interface MiddlewareOptions {
  readonly wanted: Wanted;
  /** Whose request it is: the slug of its account, then those above it; empty for nobody's. */
  readonly accountsOf: (request: IncomingMessage) => readonly string[];
  /** Requests a second that an account may do while it is throttled. */
  readonly throttledPerSecond: number;
}

type Next = (error?: unknown) => void;

export function meterlineMiddleware({ wanted, accountsOf, throttledPerSecond }: MiddlewareOptions) {
  const trickle = new Trickle(throttledPerSecond);
  return (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    const accounts = accountsOf(request);
    const act = wanted.of(accounts);
    if (act === 'block') return refuse(response, 402, 'The budget is used up.');
    const waitMs = act === 'throttle' ? trickle.waitMs(accounts[0] ?? '', performance.now()) : 0;
    if (waitMs === 0) return next();
    response.setHeader('retry-after', String(Math.ceil(waitMs / 1000)));
    refuse(response, 429, 'The budget is nearly used up: fewer requests are taken.');
  };
}

function refuse(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(`${JSON.stringify({ status, title })}\n`);
}
