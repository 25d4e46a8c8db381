/** One request against receivers that mean harm or are broken. */
import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Resolve } from './addresses.ts';
import { systemClock, type Clock } from './clock.ts';
import { notifierLimits } from './limits.ts';
import { createSender } from './sender.ts';
import { ManualClock, startReceiver, until } from './testHarness.ts';

const body = JSON.stringify({ data: { id: 'a' } });
const headers = { 'content-length': String(body.length) };
const opened: { close(): void }[] = [];
afterEach(() => opened.splice(0).forEach((each) => each.close()));

function sender(url: string, resolve: Resolve, allowLoopback = true, clock: Clock = systemClock) {
  const made = createSender(url, { allowLoopback, resolve, clock });
  opened.push(made);
  return made;
}
const resolveTo =
  (...rounds: readonly (readonly string[])[]): Resolve =>
  (_host, callback) => {
    asked++;
    const round = rounds[Math.min(asked, rounds.length) - 1]!;
    callback(
      null,
      round.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
let asked = 0;
const portOf = (url: string) => new URL(url).port;

test('a name that resolves to this machine is refused without a connection, unless that is allowed', async () => {
  await using receiver = await startReceiver();
  const port = portOf(receiver.url);
  asked = 0;
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '169.254.169.254', '64:ff9b::7f00:1']) {
    const outcome = await sender(`https://rebind.test:${port}/`, resolveTo([address]), false).send(headers, body);
    expect(outcome).toMatchObject({ kind: 'refused', httpStatus: 0 });
    expect(outcome.detail).toContain('not public');
    asked = 0;
  }
  const allowed = await sender(`http://rebind.test:${port}/`, resolveTo(['127.0.0.1']), true).send(headers, body);
  expect(allowed).toMatchObject({ kind: 'answered', httpStatus: 204 });
  expect(receiver.received).toHaveLength(1);
});

test('a name that changes between check and connection gains nothing: there is one lookup, and it is the check', async () => {
  await using receiver = await startReceiver();
  const url = `http://rebind.test:${portOf(receiver.url)}/`;
  asked = 0;
  const rebinding = sender(url, resolveTo(['127.0.0.1'], ['10.0.0.1']));
  expect(await rebinding.send(headers, body)).toMatchObject({ httpStatus: 204 });
  expect(await rebinding.send(headers, body)).toMatchObject({ httpStatus: 204 });
  expect(asked).toBe(1);
  expect(await sender(url, resolveTo(['127.0.0.1'], ['10.0.0.1'])).send(headers, body)).toMatchObject({
    kind: 'refused',
  });
  asked = 0;
  expect(await sender(url, resolveTo(['127.0.0.1', '10.0.0.1'])).send(headers, body)).toMatchObject({
    kind: 'refused',
  });
  expect(await sender(url, resolveTo(['8.8.8.8'])).send(headers, body)).toMatchObject({ kind: 'refused' });
});

test('redirects are not followed; a receiver that never stops talking is cut off', async () => {
  await using inside = await startReceiver();
  await using receiver = await startReceiver();
  const target = sender(receiver.url, resolveTo(['127.0.0.1']));
  receiver.answer = (_request, response) => response.writeHead(307, { location: inside.url }).end();
  expect(await target.send(headers, body)).toMatchObject({
    httpStatus: 307,
    detail: 'HTTP 307 (redirects are not followed)',
  });
  expect(inside.received).toHaveLength(0);
  receiver.answer = (_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end();
  expect(await target.send(headers, body)).toMatchObject({ httpStatus: 302 });

  let written = 0;
  receiver.answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '1000000000' });
    const pour = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x'))) written += 65_536;
    };
    response.on('drain', pour);
    pour();
  };
  const outcome = await target.send(headers, body);
  expect(outcome.httpStatus).toBe(200);
  expect(outcome.detail.length).toBeLessThan(notifierLimits.detailCharactersMax + 20);
  expect(written).toBeLessThan(64 * 1024 * 1024);
});

test('connections are kept, and one that the receiver closed meanwhile is replaced without a failed attempt', async () => {
  const ports = new Set<number>();
  let requests = 0;
  const server: Server = createServer((request, response) => {
    ports.add(request.socket.remotePort!);
    requests++;
    // After the fourth request the connection is torn down just when the next one arrives on it.
    if (requests === 4) request.socket.once('data', () => request.socket.resetAndDestroy());
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(server);
  const target = sender(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, resolveTo([]));
  for (let index = 0; index < 3; index++) await target.send(headers, body);
  expect(ports.size).toBe(1);
  await target.send(headers, body);
  expect(await target.send(headers, body)).toMatchObject({ kind: 'answered', httpStatus: 204 });
  expect(ports.size).toBe(2);
});

test('what does not speak HTTP, or nobody at all, is silence with a reason', async () => {
  const noise = createSocketServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  await new Promise<void>((resolve) => noise.listen(0, '127.0.0.1', resolve));
  opened.push(noise);
  const { port } = noise.address() as AddressInfo;
  expect(await sender(`http://127.0.0.1:${port}/`, resolveTo([])).send(headers, body)).toMatchObject({
    kind: 'silent',
    httpStatus: 0,
  });
  noise.close();
  const nobody = await sender(`http://127.0.0.1:${port}/`, resolveTo([])).send(headers, body);
  expect(nobody).toMatchObject({ kind: 'silent', detail: expect.stringContaining('ECONNREFUSED') });
  const unfit = { ...headers, 'webhook-id': 'ä\n' };
  const impossible = await sender(`http://127.0.0.1:${port}/`, resolveTo([])).send(unfit, body);
  expect(impossible).toMatchObject({ kind: 'silent', detail: expect.stringContaining('Invalid character') });
  const unknown: Resolve = (_host, callback) => callback(new Error('ENOTFOUND nowhere.test'), []);
  expect(await sender('https://nowhere.test/', unknown).send(headers, body)).toMatchObject({
    kind: 'silent',
    detail: 'ENOTFOUND nowhere.test',
  });
});

test('a receiver that hangs, one that hangs in its answer, and a name server that hangs: each has its time', async () => {
  await using receiver = await startReceiver();
  const clock = new ManualClock();
  const target = sender(receiver.url, resolveTo([]), true, clock);
  receiver.answer = () => undefined;
  const silent = target.send(headers, body);
  await until(() => receiver.received.length === 1);
  clock.moveTo(clock.nowMs() + notifierLimits.attemptTimeoutMs);
  expect(await silent).toMatchObject({ kind: 'silent', detail: 'no answer within 10 s' });

  // What was said before the time was over counts.
  receiver.answer = (_request, response) => void response.writeHead(200).write('so ');
  const halting = target.send(headers, body);
  await until(() => receiver.received.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  clock.moveTo(clock.nowMs() + notifierLimits.attemptTimeoutMs);
  expect(await halting).toMatchObject({ kind: 'answered', httpStatus: 200 });

  // A byte now and then keeps nothing open for longer.
  let dripped = 0;
  receiver.answer = (_request, response) => {
    response.writeHead(500);
    const timer = setInterval(
      () => (response.destroyed ? clearInterval(timer) : void (response.write('z'), dripped++)),
      2,
    );
  };
  const dripping = target.send(headers, body);
  await until(() => dripped > 5);
  clock.moveTo(clock.nowMs() + notifierLimits.attemptTimeoutMs);
  expect(await dripping).toMatchObject({
    kind: 'answered',
    httpStatus: 500,
    detail: expect.stringMatching(/^HTTP 500: z+$/),
  });

  const lost = sender('https://slow.test/', () => undefined, true, clock).send(headers, body);
  await new Promise((resolve) => setTimeout(resolve, 10));
  clock.moveTo(clock.nowMs() + notifierLimits.connectTimeoutMs);
  expect(await lost).toMatchObject({ kind: 'silent', detail: 'no connection within 3 s' });
});
