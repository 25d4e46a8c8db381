/** Receivers that break off, break TLS or ask for the absurd: what is recorded of each, and that the alert is not lost by it. */
import { createServer as createSocketServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, test } from 'vitest';
import { systemResolve } from './addresses.ts';
import { systemClock } from './clock.ts';
import { notifierLimits } from './limits.ts';
import { createSender } from './sender.ts';
import { FakeRater, ManualClock, alertOf, startReceiver, startWorld, until } from './testHarness.ts';

const body = JSON.stringify({ data: { id: 'a' } });
const headers = { 'content-length': String(body.length) };
const opened: { close(): unknown }[] = [];
afterEach(() => opened.splice(0).forEach((each) => each.close()));

const listening = async (server: { listen(port: number, host: string, done: () => void): unknown; close(): unknown }, port: () => unknown) => {
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  opened.push(server);
  return (port() as AddressInfo).port;
}; // prettier-ignore

/** A server that says these bytes to whoever has sent a request, and then does what it wants to. */
const speaking = async (say: (socket: Socket) => void) => {
  const server = createSocketServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => say(socket));
  });
  return `http://127.0.0.1:${await listening(server, () => server.address())}/`;
};

const send = (url: string) => {
  const sender = createSender(url, { allowLoopback: true, resolve: systemResolve, clock: systemClock });
  opened.push(sender);
  return sender.send(headers, body);
};

describe('TLS that fails is silence with its reason, and nothing is sent', () => {
  test('a certificate that nobody vouches for', async () => {
    const smtp = new SMTPServer({ secure: true, logger: false });
    smtp.on('error', () => undefined);
    const port = await listening(smtp, () => smtp.server.address());
    expect(await send(`https://127.0.0.1:${port}/`)).toMatchObject({
      kind: 'silent',
      httpStatus: 0,
      detail: expect.stringMatching(/self.signed|expired|certificate/i),
    });
  });

  test('no certificate, and no TLS at all', async () => {
    const bare = createTlsServer({}, () => undefined);
    bare.on('tlsClientError', () => undefined);
    const port = await listening(bare, () => bare.address());
    expect(await send(`https://127.0.0.1:${port}/`)).toMatchObject({ kind: 'silent', detail: expect.stringMatching(/handshake|alert/i) }); // prettier-ignore
    let heard = '';
    const plain = createSocketServer((socket) => socket.on('data', (bytes) => ((heard += bytes.toString('latin1')), socket.end('HTTP/1.1 200 OK\r\n\r\n')))); // prettier-ignore
    const outcome = await send(`https://127.0.0.1:${await listening(plain, () => plain.address())}/`);
    expect(outcome).toMatchObject({
      kind: 'silent',
      detail: expect.stringMatching(/wrong version|packet length|SSL/i),
    });
    expect(heard).not.toContain('POST');
  });
});

describe('answers that break off', () => {
  test('in the head: silence; in the body: its status counts, with what was said', async () => {
    const inHead = await speaking((socket) => socket.end('HTTP/1.1 200 O'));
    expect(await send(inHead)).toMatchObject({ kind: 'silent', httpStatus: 0 });
    const inBody = await speaking((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    expect(await send(inBody)).toMatchObject({ kind: 'answered', httpStatus: 200, detail: 'HTTP 200: half' });
    const inChunk = await speaking((socket) => void socket.end('HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\nfff\r\nbusy'));
    expect(await send(inChunk)).toMatchObject({ kind: 'answered', httpStatus: 503, detail: 'HTTP 503: busy' });
  }); // prettier-ignore

  test('a head without end, hints without end and what is no HTTP are bounded', async () => {
    const endless = (line: string) => (socket: Socket) => {
      const pour = () => {
        while (!socket.destroyed && socket.write(line));
      };
      socket.write('HTTP/1.1 200 OK\r\n');
      socket.on('drain', pour);
      pour();
    };
    const bomb = await send(await speaking(endless(`x-bomb: ${'x'.repeat(4000)}\r\n`)));
    expect(bomb).toMatchObject({ kind: 'silent', detail: expect.stringMatching(/overflow/i) });
    const noise = await send(await speaking(endless('\u0000\u0001 noise')));
    expect(noise).toMatchObject({ kind: 'silent', httpStatus: 0 });
    const hints = await speaking((socket) => {
      for (let n = 0; n < 200; n++) socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n');
      socket.end('HTTP/1.1 204 No Content\r\n\r\n');
    });
    expect(await send(hints)).toMatchObject({ kind: 'answered', httpStatus: 204 });
  });
});

test.each([
  ['the metadata service', 'http://169.254.169.254/latest/meta-data/'],
  ['a private address', 'https://10.0.0.1/'],
  ['this machine', 'http://127.0.0.1:22/'],
  ['a file', 'file:///etc/passwd'],
])('a redirect to %s is not followed, and recorded as what it is', async (_to, location) => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  receiver.answer = (_request, response) => response.writeHead(307, { location }).end();
  const rater = new FakeRater(world.log);
  await rater.takeover();
  await rater.commit([alertOf('a')]);
  const { stop } = await world.start({ clock: new ManualClock() });
  const record = await until(async () => (await world.deliveries())[0]);
  expect(record).toMatchObject({ status: 'failed', httpStatus: 307, detail: 'HTTP 307 (redirects are not followed)' });
  expect(JSON.stringify(record)).not.toContain(location);
  await stop();
});

test.each([
  ['a date', (at: number) => new Date(at + 7_200_000).toUTCString(), 7_200_000],
  ['a date of the old form', (at: number) => rfc850(at + 7_200_000), 7_200_000],
  ['seconds', () => '7200', 7_200_000],
  ['the year 9999', () => 'Fri, 31 Dec 9999 23:59:59 GMT', notifierLimits.retryAfterMsMax],
  ['more than there are', () => '9'.repeat(300), notifierLimits.retryAfterMsMax],
  ['the past', () => 'Thu, 01 Jan 1970 00:00:00 GMT', 500],
  ['nonsense', () => 'when it suits', 500],
  ['less than nothing', () => '-1', 500],
])('429 with Retry-After as %s: kept within bounds, and the alert arrives', async (_form, value, pauseMs) => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const clock = new ManualClock();
  const retryAfter = value(clock.nowMs());
  receiver.answer = (_request, response) => response.writeHead(429, { 'retry-after': retryAfter }).end('slower');
  const rater = new FakeRater(world.log);
  await rater.takeover();
  await rater.commit([alertOf('a')]);
  const { notifier, stop } = await world.start({ clock });
  const first = await until(async () => (await world.deliveries())[0]);
  expect(first).toMatchObject({
    status: 'failed',
    httpStatus: 429,
    detail: 'HTTP 429: slower',
    response: { headers: { 'retry-after': retryAfter.slice(0, notifierLimits.detailCharactersMax) }, body: 'slower' },
  });
  expect(Math.abs(first.nextAttemptAtMs! - first.atMs - pauseMs)).toBeLessThanOrEqual(1000);
  receiver.answer = (_request, response) => response.writeHead(204).end();
  clock.moveTo(first.nextAttemptAtMs! - 1);
  expect(receiver.received).toHaveLength(1);
  clock.moveTo(first.nextAttemptAtMs!);
  await until(() => notifier.counts().delivered === 1);
  await stop();
});

/** "Sunday, 06-Nov-94 08:49:37 GMT". */
function rfc850(atMs: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) \d\d(\d\d) (\S+) GMT$/.exec(new Date(atMs).toUTCString())!;
  const weekday = new Date(atMs).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });
  return `${weekday}, ${day}-${month}-${year} ${time} GMT`;
}
