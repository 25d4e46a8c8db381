/**
 * One POST to one target over kept connections. Each target has its own agent, so that one that hangs holds no
 * connection of another. Redirects are not followed: the new address would not have been asked for by the tenant.
 */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Delivery } from '#core/messages/api.ts';
import { targetLimitBounds } from '#core/messages/delivery.ts';
import { MeterlineError } from '#core/errors.ts';
import { guardedLookup, parseTargetUrl, type Allowed, type Resolve } from './addresses.ts';
import type { Clock } from './clock.ts';
import { notifierLimits } from './limits.ts';
import { parseRetryAfter, type AttemptOutcome } from './schedule.ts';

export interface SenderOptions extends Allowed {
  readonly resolve: Resolve;
  readonly clock: Clock;
}

export interface SentOutcome extends AttemptOutcome {
  /** When the answer's head arrived, or the attempt failed; monotonic. */
  readonly answeredAtMonotonicMs: number;
  readonly response?: Delivery['response'];
}

export interface Sender {
  /** The address as records name it: without what stands behind "?". */
  readonly shown: string;
  /** Never rejects: whatever happens is an outcome. */
  send(headers: Readonly<Record<string, string>>, body: string): Promise<SentOutcome>;
  close(): void;
}

/** Throws TARGET_URL_INVALID or TARGET_ADDRESS_FORBIDDEN when the address can never be used as it stands. */
export function createSender(address: string, options: SenderOptions): Sender {
  const url = parseTargetUrl(address, options);
  const secure = url.protocol === 'https:';
  const agentOptions = {
    keepAlive: true,
    maxSockets: targetLimitBounds.concurrency[1],
    timeout: notifierLimits.idleConnectionMs,
  };
  const agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const request: RequestOptions = {
    agent,
    method: 'POST',
    host,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    ...(isIP(host) === 0 ? { lookup: guardedLookup(url.protocol, options, options.resolve) } : {}),
  };
  const once = (headers: Readonly<Record<string, string>>, body: string): Promise<Attempt> =>
    attempt(secure, { ...request, headers }, body, options.clock).catch((error: unknown) => ({
      outcome: unanswered('silent', String(error), options.clock),
      staleConnection: false,
    }));
  const send = async (headers: Readonly<Record<string, string>>, body: string): Promise<SentOutcome> => {
    const first = await once(headers, body);
    // The receiver closed an idle connection just as we took it: nothing was read, so the attempt is made on a new one.
    return first.staleConnection ? (await once(headers, body)).outcome : first.outcome;
  };
  return { shown: url.origin + url.pathname, send, close: () => agent.destroy() };
}

interface Attempt {
  readonly outcome: SentOutcome;
  readonly staleConnection: boolean;
}

const unanswered = (kind: 'silent' | 'refused', detail: string, clock: Clock): SentOutcome => ({
  kind,
  httpStatus: 0,
  detail,
  retryAfterMs: null,
  answeredAtMonotonicMs: clock.monotonicMs(),
});

function attempt(secure: boolean, options: RequestOptions, body: string, clock: Clock): Promise<Attempt> {
  return new Promise((resolve) => {
    const outgoing = (secure ? httpsRequest : httpRequest)(options);
    const limit = (ms: number, what: string) =>
      clock.schedule(ms, () => outgoing.destroy(new Error(`${what} within ${ms / 1000} s`)));
    const cancelConnectLimit = limit(notifierLimits.connectTimeoutMs, 'no connection');
    const cancelAnswerLimit = limit(notifierLimits.attemptTimeoutMs, 'no answer');
    const finish = (outcome: SentOutcome, staleConnection = false) => {
      cancelConnectLimit();
      cancelAnswerLimit();
      resolve({ outcome, staleConnection });
    };
    outgoing.once('socket', (socket) => {
      if (!socket.connecting) cancelConnectLimit();
      else socket.once(secure ? 'secureConnect' : 'connect', () => cancelConnectLimit());
    });
    let answered = false;
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (answered) return;
      const stale = outgoing.reusedSocket && error.code === 'ECONNRESET';
      const kind = error instanceof MeterlineError ? 'refused' : 'silent';
      finish(unanswered(kind, error.message, clock), stale);
    });
    outgoing.once('response', (incoming) => {
      answered = true;
      const answeredAtMonotonicMs = clock.monotonicMs();
      readAnswer(incoming, (text) => {
        const httpStatus = incoming.statusCode ?? 0;
        const retryAfterMs = parseRetryAfter(incoming.headers['retry-after'], clock.nowMs());
        finish({
          kind: 'answered',
          httpStatus,
          detail: detailOf(httpStatus, text),
          retryAfterMs,
          answeredAtMonotonicMs,
          response: {
            headers: keptHeaders(incoming.headers),
            body: oneLine(text, notifierLimits.responseCharactersMax),
          },
        });
      });
    });
    outgoing.end(body);
  });
}

/** The first bytes of the answer; a connection that has more to say is cut, so that nobody can fill our memory. */
function readAnswer(incoming: IncomingMessage, done: (text: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = () => done(Buffer.concat(chunks).toString('utf8'));
  incoming.on('data', (chunk: Buffer) => {
    if (bytes < notifierLimits.answerBytesMax) chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= notifierLimits.answerBytesMax) incoming.destroy();
  });
  incoming.once('error', () => undefined);
  incoming.once('close', finish);
}

function detailOf(httpStatus: number, text: string): string {
  const redirected = httpStatus >= 300 && httpStatus < 400 ? ' (redirects are not followed)' : '';
  const excerpt = oneLine(text, notifierLimits.detailCharactersMax);
  return `HTTP ${httpStatus}${redirected}${excerpt === '' ? '' : `: ${excerpt}`}`;
}

/** Without control characters, for it ends up in logs and on pages. */
export const oneLine = (text: string, charactersMax: number): string =>
  text
    // eslint-disable-next-line no-control-regex
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, charactersMax)
    .toWellFormed();

/** What helps to find an attempt in the receiver's own log; cookies and the like are nobody's business. */
const headersKept = [
  'content-type',
  'content-length',
  'date',
  'retry-after',
  'server',
  'x-request-id',
  'x-slack-req-id',
  'request-id',
];

const keptHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    headersKept.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, oneLine(value, notifierLimits.detailCharactersMax)] as const] : [];
    }),
  );
