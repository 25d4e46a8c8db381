/** Keeps `Wanted` true: a handler for webhooks, and a loop that asks for the desired state at the start and now and then. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { DesiredState, Wanted, WebhookBody } from './wanted.ts';

/** A grouped webhook holds 250 alerts at most, some 100 KB. */
const bodyBytesMax = 1024 * 1024;
const askTimeoutMs = 5000;
const retryMs = 1000;

export interface Source {
  /** A rater, such as http://127.0.0.1:4602; any of them answers. */
  readonly rater: string;
  /** Of scope `checks`. */
  readonly key: string;
  readonly target: string;
  /** How often it is asked; webhooks bring what happens in between. */
  readonly everyMs: number;
}

/** Asks until the signal aborts. `changed` hears of each answer; while there is none what was last known stands. */
export async function follow(
  source: Source,
  wanted: Pick<Wanted, 'replace'>,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const state = await ask(source, signal).catch((error: unknown) => console.error(`desired state: ${String(error)}`));
    if (state !== undefined) {
      wanted.replace(state);
      changed();
    }
    await sleep(state === undefined ? retryMs : source.everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function ask({ rater, key, target }: Source, signal: AbortSignal): Promise<DesiredState> {
  const url = new URL(`/api/v1/desired-state?target=${encodeURIComponent(target)}`, rater);
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(askTimeoutMs)]),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  return (await response.json()) as DesiredState;
}

/** Takes signed webhooks. `secrets`: more than one while the target's is being replaced. Answers after the act. */
export function webhookHandler(secrets: readonly string[], wanted: Wanted, changed: () => void | Promise<void>) {
  const webhooks = secrets.map((secret) => new Webhook(secret));
  return (request: IncomingMessage, response: ServerResponse): void => {
    void take(request, webhooks, wanted, changed).then(
      (status) => response.writeHead(status).end(),
      // The sender tries again later.
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
  };
}

async function take(
  request: IncomingMessage,
  webhooks: readonly Webhook[],
  wanted: Wanted,
  changed: () => void | Promise<void>,
): Promise<number> {
  const text = await readBody(request);
  if (text === undefined) return 413;
  const body = verified(text, request.headers as Record<string, string>, webhooks);
  if (body === undefined) return 401;
  wanted.take(body);
  await changed();
  return 204;
}

function verified(
  text: string,
  headers: Record<string, string>,
  webhooks: readonly Webhook[],
): WebhookBody | undefined {
  for (const webhook of webhooks) {
    try {
      return webhook.verify(text, headers) as WebhookBody;
    } catch {
      // Signed with another secret, altered, or older than five minutes.
    }
  }
  return undefined;
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
