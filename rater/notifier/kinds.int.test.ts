/** Targets that tell people: mail through a real SMTP server, chat rooms; what leaks, what is escaped, what hangs. */
import { createServer, type AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { dataPaths } from '#platform/config.ts';
import { loadSealingKey, seal } from '#platform/sealing.ts';
import { systemResolve } from './addresses.ts';
import { systemClock } from './clock.ts';
import { notifierLimits } from './limits.ts';
import { mailChannel, type MailOptions } from './mail.ts';
import { FakeRater, ManualClock, alertOf, startReceiver, startWorld, until, type World } from './testHarness.ts';

interface Mail {
  readonly to: readonly string[];
  readonly text: string;
  readonly user: string | undefined;
  readonly encrypted: boolean;
}

const opened: { close(): unknown }[] = [];
afterEach(() => opened.splice(0).forEach((each) => each.close()));

async function startSmtp(options: SMTPServerOptions = {}): Promise<{ url: string; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    onAuth: ({ username, password }, _session, done) =>
      password === 'right' ? done(null, { user: username! }) : done(new Error('wrong password')),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({
          to,
          text: Buffer.concat(chunks).toString(),
          user: session.user as string | undefined,
          encrypted: session.secure,
        });
        done(null, 'queued as 7');
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { url: `${options.secure === true ? 'smtps' : 'smtp'}://localhost:${port}`, mails };
}

const addresses = { from: 'meterline@example.org', to: ['finance@example.org', 'ops@example.org'], user: 'meterline' };
const sealed = (world: World, text: string) => seal(loadSealingKey(dataPaths(world.config.dataDir).sealingKey), text);

test('a mail is encrypted, signed in, plain and HTML, one thread a source, the same in every attempt, grouped in a storm', async () => {
  await using world = await startWorld();
  const smtp = await startSmtp();
  await world.setTarget('acme.post', smtp.url, { kind: 'mail', mail: addresses, secret: sealed(world, 'right') });
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const { notifier } = await world.start();
  const to = { targets: ['post'] };
  await rater.commit([
    alertOf('a', { ...to, budgetName: '<b>Render</b>' }),
    alertOf('b', to),
    alertOf('c', { ...to, budget: 'other' }),
  ]);
  await until(() => notifier.counts().delivered === 3);
  const header = (mail: Mail, name: string) => new RegExp(`^${name}: (.*)$`, 'mi').exec(mail.text)?.[1];
  const [a, b, c] = ['a', 'b', 'c'].map((id) => smtp.mails.find((mail) => header(mail, 'X-Meterline-Alert') === id)!);
  expect(a).toMatchObject({ to: addresses.to, user: 'meterline', encrypted: true });
  expect(header(a!, 'References')).toBe(header(b!, 'References'));
  expect(header(c!, 'References')).not.toBe(header(b!, 'References'));
  expect(a!.text).toMatch(/multipart\/alternative/);
  expect(a!.text.replaceAll('=\r\n', '')).toContain('&lt;b&gt;Render');
  expect(header(a!, 'Subject')).toContain('Budget <b>Render</b> is throttled');
  const records = await until(async () => {
    const all = await world.deliveries();
    return all.length === 3 ? all : undefined;
  });
  expect(records[0]).toMatchObject({
    httpStatus: 250,
    request: { to: smtp.url },
    detail: expect.stringContaining('queued as 7'),
  });

  await rater.commit(Array.from({ length: 40 }, (_, i) => alertOf(`s${i}`, { ...to, budget: `s${i}` })));
  await until(() => notifier.counts().delivered === 43);
  expect(smtp.mails).toHaveLength(4);
  expect(smtp.mails[3]!.text).toContain('40 alerts of 40 sources');
});

test('a server that refuses the password or the recipients, hangs, drips, floods or is inside: each is told and bounded', async () => {
  const clock = new ManualClock();
  const channel = (url: string, over: Partial<MailOptions> = {}) =>
    mailChannel({
      url,
      addresses,
      password: 'right',
      allowLoopback: true,
      resolve: systemResolve,
      clock: systemClock,
      ...over,
    });
  const send = (each: ReturnType<typeof channel>) => each.send([alertOf('a')], 0).then(({ outcome }) => outcome);
  const smtp = await startSmtp();
  expect(await send(channel(smtp.url, { password: 'wrong' }))).toMatchObject({
    kind: 'answered',
    httpStatus: 535,
    rejects: true,
  });
  const picky = await startSmtp({
    onRcptTo: ({ address }, _session, done) =>
      address.startsWith('ops') ? done(Object.assign(new Error('busy'), { responseCode: 450 })) : done(),
  });
  expect((await send(channel(picky.url))).detail).toContain('refused for 1 of 2 recipients');
  const tls = await startSmtp({ secure: true });
  expect(await send(channel(tls.url))).toMatchObject({ httpStatus: 250 });

  // Inside, by name and by address; never without a password that is wanted.
  const inside = {
    resolve: ((_host, done) => done(null, [{ address: '10.0.0.5', family: 4 }])) as MailOptions['resolve'],
  };
  expect(await send(channel('smtp://mail.test:25', inside))).toMatchObject({ kind: 'refused', httpStatus: 0 });
  expect(await send(channel(smtp.url, { allowLoopback: false }))).toMatchObject({ kind: 'refused' });
  expect(() => channel('smtp://169.254.169.254:25')).toThrow(/not public/);
  expect(() => channel(smtp.url, { password: '' })).toThrow(/no password/);

  const raw = async (talk: (write: (text: string) => boolean) => void) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      talk((text) => !socket.destroyed && socket.write(text));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push(server);
    return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  let written = 0;
  const flood = await raw((write) => {
    while (written < 1e9 && write('220-'.padEnd(65_536, 'x'))) written += 65_536;
  });
  expect(await send(channel(flood))).toMatchObject({ kind: 'silent' });
  expect(written).toBeLessThan(64 * 1024 * 1024);
  const drips = await raw((write) => {
    const timer = setInterval(() => write('2') || clearInterval(timer), 5);
  });
  for (const url of [drips, await raw(() => undefined)]) {
    const waiting = send(channel(url, { clock }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.moveTo(clock.nowMs() + notifierLimits.mailTimeoutMs);
    expect(await waiting).toMatchObject({ kind: 'silent', detail: 'not sent within 30 s' });
  }
});

test('chat rooms: each its own shape, escaped, nothing signed, its rate and Retry-After kept, its address in no record', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  const clock = new ManualClock();
  const hook = (kind: string) => receiver.url.replace('/hook', `/services/${kind}/s3cr3t?sig=s3cr3t`);
  for (const kind of ['slack', 'teams', 'chat'] as const) {
    await world.setTarget(`acme.${kind}`, new URL(receiver.url).origin, { kind, secret: sealed(world, hook(kind)) });
  }
  const answers = new Map<string, number>();
  receiver.answer = (_request, response, raw) => {
    const kind = raw.url!.split('/')[2]!;
    const count = (answers.get(kind) ?? 0) + 1;
    answers.set(kind, count);
    if (kind === 'slack' && count === 1) response.writeHead(429, { 'retry-after': '30' }).end(`slow down, ${raw.url}`);
    else response.writeHead(200).end('ok');
  };
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const { notifier } = await world.start({ clock });
  const targets = ['slack', 'teams', 'chat'];
  await rater.commit([alertOf('a', { targets, budgetName: '<!channel> & [x](http://e)', severity: 'critical' })]);
  await until(() => notifier.counts().delivered === 2);
  const bodies = receiver.requests as unknown as Record<string, never>[];
  const text = (has: string) => JSON.stringify(bodies.find((body) => has in body));
  expect(text('blocks')).toContain('&lt;!channel&gt; &amp; [x]');
  expect(text('attachments')).toContain('"TextRun","text":"Budget <!channel> & [x](http://e) is throttled: throttle"');
  expect(receiver.received.every(({ headers }) => headers['webhook-signature'] === undefined)).toBe(true);

  clock.moveTo(clock.nowMs() + 29_000);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(answers.get('slack')).toBe(1);
  clock.moveTo(clock.nowMs() + 1000);
  await until(() => notifier.counts().delivered === 3);
  // A message a second: the second waits for its turn.
  await rater.commit([alertOf('b', { targets: ['chat'], budget: 'b' })]);
  await until(() => notifier.counts().delivered === 4);
  await rater.commit([alertOf('c', { targets: ['chat'], budget: 'c' })]);
  await until(() => notifier.counts().alerts === 3);
  expect(answers.get('chat')).toBe(2);
  clock.moveTo(clock.nowMs() + 1000);
  await until(() => notifier.counts().delivered === 5);
  const records = await until(async () => {
    const all = await world.deliveries();
    return all.length === 6 ? all : undefined;
  });
  expect(JSON.stringify(records)).not.toContain('s3cr3t');
  expect(records.find(({ httpStatus }) => httpStatus === 429)!.response!.body).toBe('slow down, …');
});
