/** Receives Meterline's webhooks and throttles a service by them. See README.md. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { follow } from '../enforce/meterline.ts';
import { DesiredState, type BudgetEvent } from './desiredState.ts';
import { Throttle } from './throttle.ts';

/** In an alert storm a webhook holds 250 alerts, some 100 KB. */
const bodyBytesMax = 1024 * 1024;

const { values: given } = parseArgs({
  options: {
    port: { type: 'string' },
    'secret-file': { type: 'string' },
    'pid-file': { type: 'string' },
    'state-file': { type: 'string' },
    'quota-percent': { type: 'string', default: '10' },
    rater: { type: 'string' },
    'key-file': { type: 'string' },
    target: { type: 'string' },
  },
});
const port = Number(given.port);
const quotaPercent = Number(given['quota-percent']);
const { 'secret-file': secretFile, 'pid-file': pidFile, 'state-file': stateFile } = given;
if (
  !secretFile ||
  !pidFile ||
  !stateFile ||
  !(port >= 0 && port < 65536) ||
  !(quotaPercent >= 1 && quotaPercent <= 99)
) {
  console.error(
    'usage: receiver.ts --port N --secret-file PATH --pid-file PATH --state-file PATH [--quota-percent 1…99] [--rater URL --key-file PATH --target ID]',
  );
  process.exitCode = 1;
} else {
  try {
    const webhook = new Webhook(readFileSync(secretFile, 'utf8').trim());
    run(webhook, new DesiredState(stateFile), new Throttle(pidFile, quotaPercent));
  } catch (error) {
    console.error(`receiver.ts: ${String(error)}`);
    process.exitCode = 1;
  }
}

function run(webhook: Webhook, state: DesiredState, throttle: Throttle): void {
  const enforce = () => (state.throttled ? throttle.throttle() : throttle.release());
  enforce();
  const asking = new AbortController();
  // Whoever has missed every webhook asks.
  const { rater, 'key-file': keyFile, target } = given;
  if (rater && keyFile && target)
    void follow(
      { rater, key: readFileSync(keyFile, 'utf8').trim(), target, everyMs: 30_000 },
      state,
      enforce,
      asking.signal,
    );
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/state') {
      const { throttled, since } = state;
      return answer(response, 200, { throttled, since, method: throttle.method, quotaPercent });
    }
    if (request.method !== 'POST' || request.url !== '/')
      return answer(response, 404, { error: 'POST / or GET /state' });
    readBody(request, (body) => {
      if (body === undefined) return answer(response, 413, { error: `more than ${bodyBytesMax} bytes` });
      const events = verified(webhook, body, request);
      if (typeof events === 'string') return answer(response, 401, { error: events });
      if (events === undefined) return answer(response, 400, { error: 'not an alert' });
      try {
        const effects = events.map((event) => state.take(event, new Date()));
        enforce();
        for (const [index, event] of events.entries())
          console.log(`${event.source} is ${event.state}: ${effects[index]} (${throttle.method})`);
        answer(response, 200, { effect: effects.at(-1) ?? 'noted' });
      } catch (error) {
        // The sender tries again later: nothing was taken.
        answer(response, 500, { error: String(error) });
      }
    });
  });
  server.listen(port, '127.0.0.1', () => {
    const address = server.address();
    console.log(`listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      asking.abort();
      throttle.release();
      server.close();
      server.closeAllConnections();
    });
  }
}

interface Alerts {
  readonly type?: string;
  readonly data?: Partial<BudgetEvent> & {
    readonly sources?: readonly (Omit<BudgetEvent, 'id' | 'state'> & { readonly last: string })[];
  };
}

/** The events, of a test none; undefined when it is no alert; a text when the signature or its time do not hold. */
function verified(webhook: Webhook, body: string, request: IncomingMessage): BudgetEvent[] | string | undefined {
  try {
    const { type, data } = webhook.verify(body, request.headers as Record<string, string>) as Alerts;
    if (type === 'target.test') return [];
    // Many alerts at once: where each source stands in the end is all that counts.
    if (type === 'alerts.grouped')
      return data?.sources?.map(({ last, ...event }) => ({ ...event, id: `${data.id}:${event.source}`, state: last }));
    const { id, source, state, action, logTimeMs } = data ?? {};
    if (typeof id !== 'string' || typeof source !== 'string' || typeof logTimeMs !== 'number') return undefined;
    return state === undefined || action === undefined ? undefined : [{ id, source, state, action, logTimeMs }];
  } catch (error) {
    return error instanceof WebhookVerificationError ? error.message : undefined;
  }
}

function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
  });
  request.on('end', () => done(bytes > bodyBytesMax ? undefined : Buffer.concat(chunks).toString('utf8')));
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
