/** Mail over SMTP: encrypted beyond this machine, guarded like webhooks, one thread a source. */
import { connect, isIP, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Alert } from '#core/messages/alert.ts';
import type { MailAddresses } from '#core/messages/delivery.ts';
import { classifyAddress } from '#platform/addresses.ts';
import { MeterlineError } from '#core/errors.ts';
import { sha256 } from '#platform/crypto.ts';
import { assertAddress, guardedLookup } from './addresses.ts';
import type { Channel } from './channel.ts';
import { plain } from './chat.ts';
import { notifierError } from './errors.ts';
import { groupId } from './group.ts';
import { notifierLimits } from './limits.ts';
import { oneLine, type SenderOptions, type SentOutcome } from './sender.ts';
import { summaryOf, type Summary } from './summary.ts';
import { webhookId } from './webhook.ts';

interface Server {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS. */
  readonly secure: boolean;
}

export interface MailOptions extends SenderOptions {
  readonly url: string;
  readonly addresses: MailAddresses;
  readonly password: string;
}

/** Throws TARGET_URL_INVALID, TARGET_ADDRESS_FORBIDDEN and TARGET_PASSWORD_MISSING when it can never be used as it stands. */
export function mailChannel(options: MailOptions): Channel {
  const { addresses, clock } = options;
  const server = serverOf(options.url);
  if (isIP(server.host) !== 0) assertAddress(server.host, 'https:', options);
  if (addresses.user !== undefined && options.password === '') throw notifierError('TARGET_PASSWORD_MISSING');
  return {
    async send(alerts) {
      const id = webhookId(alerts.length > 1 ? groupId(alerts) : alerts[0]!.id);
      const message = messageOf(alerts, id, addresses);
      const outcome = await sendMail(message, server, options).catch((error: unknown) =>
        failed(error, clock.monotonicMs()),
      );
      return { outcome, call: { to: options.url, webhookId: id, bytes: Buffer.byteLength(message.text) } };
    },
    close: () => undefined,
  };
}

function serverOf(text: string): Server {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['smtp:', 'smtps:'].includes(url.protocol) || url.username !== '')
    throw notifierError('TARGET_URL_INVALID', 'It is not smtp:// or smtps:// with a host.');
  const secure = url.protocol === 'smtps:';
  const port = url.port === '' ? (secure ? 465 : 587) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, secure };
}

async function sendMail(message: Message, server: Server, options: MailOptions): Promise<SentOutcome> {
  const { clock, addresses, password } = options;
  const ending = new AbortController();
  const { mailTimeoutMs } = notifierLimits;
  const cancelLimit = clock.schedule(mailTimeoutMs, () =>
    ending.abort(new Error(`not sent within ${mailTimeoutMs / 1000} s`)),
  );
  let connection: Socket | undefined;
  try {
    connection = await open(server, options, ending.signal);
    const isLocal = classifyAddress(connection.remoteAddress ?? '') === 'loopback';
    // Over the connection whose address was checked; encrypted unless it stays on this machine.
    const socket = isLocal ? { connection, tls: { rejectUnauthorized: false } } : { connection, requireTLS: true };
    const transport = createTransport({
      ...server,
      ...(addresses.user === undefined ? {} : { auth: { user: addresses.user, pass: password } }),
      maxResponseSize: notifierLimits.answerBytesMax,
      disableFileAccess: true,
      disableUrlAccess: true,
      getSocket: (_options, callback) => callback(null, socket),
    });
    const { response, rejected } = await transport.sendMail({ ...message, signal: ending.signal });
    const answer = oneLine(response, notifierLimits.responseCharactersMax);
    const refused =
      rejected.length === 0 ? '' : `, refused for ${rejected.length} of ${addresses.to.length} recipients`;
    const detail = `SMTP ${oneLine(answer, notifierLimits.detailCharactersMax)}${refused}`;
    return {
      ...answered(Number.parseInt(answer, 10) || 250, detail, clock.monotonicMs()),
      response: { headers: {}, body: answer },
    };
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    cancelLimit();
    connection?.destroy();
  }
}

/** Resolves with a connection; rejects with TARGET_ADDRESS_FORBIDDEN where it would lead inside. */
function open({ host, port }: Server, options: SenderOptions, signal: AbortSignal): Promise<Socket> {
  return new Promise((connected, reject) => {
    const lookup = isIP(host) === 0 ? { lookup: guardedLookup('https:', options, options.resolve) } : {};
    const socket = connect({ host, port, ...lookup });
    const { connectTimeoutMs } = notifierLimits;
    const cancelLimit = options.clock.schedule(connectTimeoutMs, () =>
      socket.destroy(new Error(`no connection within ${connectTimeoutMs / 1000} s`)),
    );
    const stop = () => socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', stop));
    socket.once('connect', () => {
      cancelLimit();
      connected(socket);
    });
    socket.once('error', (error) => {
      cancelLimit();
      reject(error);
    });
  });
}

const answered = (code: number, detail: string, answeredAtMonotonicMs: number): SentOutcome => ({
  kind: 'answered',
  httpStatus: code,
  detail,
  retryAfterMs: null,
  // A reply of 5xx is about this mail or its recipients, one of 4xx about the moment.
  rejects: code >= 500,
  answeredAtMonotonicMs,
});

function failed(error: unknown, atMonotonicMs: number): SentOutcome {
  const { responseCode, message } = error as { responseCode?: number; message: string };
  const detail = oneLine(String(message), notifierLimits.detailCharactersMax);
  if (responseCode !== undefined) return answered(responseCode, `SMTP ${detail}`, atMonotonicMs);
  const kind = error instanceof MeterlineError ? 'refused' : 'silent';
  return { kind, httpStatus: 0, detail, retryAfterMs: null, answeredAtMonotonicMs: atMonotonicMs };
}

type Message = ReturnType<typeof messageOf>;

/** The same mail in every attempt, so that a reader's program shows it once; those of one source are one thread. */
function messageOf(alerts: readonly Alert[], id: string, { from, to }: MailAddresses) {
  const summary = summaryOf(alerts);
  const host = from.slice(from.lastIndexOf('@') + 1);
  const idOf = (text: string): string => `<${sha256(Buffer.from(text)).slice(0, 32)}@${host}>`;
  const newest = alerts.at(-1)!;
  const thread = alerts.length > 1 ? {} : { references: [idOf(`${newest.tenant}:${newest.source}`)] };
  return {
    from,
    to: [...to],
    subject: oneLine(summary.title, notifierLimits.detailCharactersMax),
    text: `${plain(summary)}\n`,
    html: html(summary),
    messageId: idOf(id),
    ...thread,
    date: new Date(newest.logTimeMs),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Meterline-Alert': id },
  };
}

function html({ title, facts }: Summary): string {
  const rows = facts.map(
    ([name, value]) => `<tr><th align="left">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<!doctype html><html><body><h3>${escapeHtml(title)}</h3><table cellpadding="4">${rows.join('')}</table></body></html>`;
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
