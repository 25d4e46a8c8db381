/** The same over HTTP, on the rater's own port: `/api/v1/<verb>` with a key of scope checks. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemReply, type Checks, type Reply } from './checks.ts';
import { checkError } from './errors.ts';
import type { CheckKeys } from './keys.ts';
import { checkLimits } from './limits.ts';
import { readJson } from './read.ts';

const prefix = '/api/v1/';
/** Asked with GET and a query; all else is a POST with a JSON body. */
const asked = 'desired-state';

/** Answers what is below `/api/v1/`; false for other addresses. */
export function checksOverHttp(checks: Checks, keys: Pick<CheckKeys, 'verify'>) {
  let underWay = 0;
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const url = request.url ?? '/';
    if (!url.startsWith(prefix)) return false;
    underWay += 1;
    void replyTo(checks, keys, request, url.slice(prefix.length), underWay > checkLimits.underWayMax)
      .catch(problemReply)
      .then((reply) => send(response, reply))
      .finally(() => (underWay -= 1));
    return true;
  };
}

async function replyTo(
  checks: Checks,
  keys: Pick<CheckKeys, 'verify'>,
  request: IncomingMessage,
  rest: string,
  isTooMany: boolean,
): Promise<Reply> {
  if (isTooMany) throw checkError('CHECK_OVERLOADED');
  const credential = /^Bearer (mtl_[A-Za-z0-9_-]{43})$/.exec(request.headers.authorization ?? '')?.[1];
  const asker = credential === undefined ? undefined : keys.verify(credential);
  if (asker === undefined) throw checkError('CHECK_UNAUTHENTIC');
  const [verb = '', query = ''] = rest.split('?', 2);
  if (request.method !== (verb === asked ? 'GET' : 'POST')) {
    const should = `${asked} is asked with GET, all else with POST`;
    throw checkError('CHECK_REQUEST_INVALID', `The method is ${request.method}.`, { faults: [`(method): ${should}`] });
  }
  const body = verb === asked ? readQuery(query) : readJson(await readBody(request));
  return checks.answer(asker, verb, body);
}

/** An account that is a whole number is one by number, as in JSON. */
function readQuery(query: string): object {
  const { account, ...rest } = Object.fromEntries(new URLSearchParams(query));
  if (account === undefined) return rest;
  return { ...rest, account: /^\d{1,9}$/.test(account) ? Number(account) : account };
}

/** What is too long is read and not kept, but for as much as tells that it was. */
function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    if (bytes <= checkLimits.bodyBytesMax) chunks.push(chunk);
    bytes += chunk.length;
  });
  return new Promise((resolve, reject) => {
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
  });
}

function send(response: ServerResponse, { status, body }: Reply): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'content-length': Buffer.byteLength(text),
    ...(status === 503 || status === 429 ? { 'retry-after': '1' } : {}),
  });
  response.end(text);
}
