/**
 * The examples as they are meant: a real rater with its notifier, real usage that crosses a budget; Node's middleware,
 * nginx and a Kubernetes controller refuse, slow down and let go, told by webhooks or, when they missed them, by asking.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControlChange } from '#core/messages/control.ts';
import { buckets } from '#core/messages/names.ts';
import { dataPaths } from '#platform/config.ts';
import { sha256 } from '#platform/crypto.ts';
import { connectNats, type NatsConnection } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { freePort, startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { loadSealingKey, seal } from '#platform/sealing.ts';
import { parseAllDocuments } from 'yaml';

const tenant = 'acme';
const key = `mtl_${'k'.repeat(43)}`;
const secret = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;
const nginx = [process.env['METERLINE_NGINX'], '/usr/sbin/nginx'].find((path) => path && existsSync(path));

let server: TestServer;
let admin: NatsConnection;
let billing: TestBilling;
let producer: TestProducer;
let raterPort = 0;
const children: ChildProcess[] = [];
const servers: Server[] = [];
let cluster: NodeJS.ProcessEnv = {};
const ports = { web: 0, decide: 0, nginx: 0, scale: 0 };

const budget = (amount: string): ControlChange => ({
  kind: 'budget', id: 'cap', account: 1, name: 'Cap', amount, currency: 'EUR', period: 'month', targets: ['web', 'decide', 'scale'], enabled: true,
  thresholds: [{ percent: '40', action: 'throttle' }, { percent: '100', action: 'block' }],
}); // prettier-ignore
const spend = (euros: number) => producer.publish(admin, producer.next(euros * 100_000_000));

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

const example = (path: string, port: number, env: NodeJS.ProcessEnv = {}): ChildProcess =>
  start(process.execPath, [fileURLToPath(new URL(`../${path}`, import.meta.url))], {
    METERLINE_RATER: `http://127.0.0.1:${raterPort}`,
    METERLINE_KEY_FILE: join(server.dir, 'key'),
    METERLINE_SECRET_FILE: join(server.dir, 'secret'),
    METERLINE_TARGET: 'web',
    METERLINE_EVERY_MS: '3600000',
    THROTTLED_PER_SECOND: '0.5',
    PORT: String(port),
    ...env,
  });

async function listen(handler: Parameters<typeof createServer>[1]): Promise<number> {
  const made = createServer(handler!);
  servers.push(made);
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return (made.address() as AddressInfo).port;
}

/** An API server that keeps one deployment, and remembers who did what to it. */
const deployment = { metadata: { name: 'render', annotations: {} as Record<string, string> }, spec: { replicas: 6 } };
const calls: { method: string; url: string; token: string | undefined; type: string | undefined; patch?: object }[] =
  [];
const startApiServer = () =>
  listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const call = { method, url, token: headers.authorization, type: headers['content-type'] };
      if (method === 'PATCH') {
        const patch = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, never>;
        calls.push({ ...call, patch });
        merge(deployment, patch);
      } else calls.push(call);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(deployment));
    });
  });

/** RFC 7386. */
function merge(target: Record<string, unknown>, patch: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete target[name];
    else if (typeof value === 'object') merge((target[name] ??= {}) as Record<string, unknown>, value as never);
    else target[name] = value;
  }
}

async function startNginx(service: number): Promise<void> {
  const guard = readFileSync(new URL('../nginx-auth/meterline.conf', import.meta.url), 'utf8')
    .replaceAll('127.0.0.1:4500', `127.0.0.1:${ports.decide}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${service}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${server.dir}/n-${name};`,
  );
  writeFileSync(
    join(server.dir, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${server.dir}/nginx.pid; error_log stderr crit; events {}
     http { access_log off; ${temporary.join(' ')} server { listen 127.0.0.1:${ports.nginx}; ${guard} } }`,
  );
  start(nginx!, ['-e', 'stderr', '-c', join(server.dir, 'nginx.conf')]);
}

/** As a client of account a3, which lies below a1. */
const get = async (port: number) => {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-accounts': 'a3 a1' } }).catch(
    () => undefined,
  );
  await response?.arrayBuffer();
  return { status: response?.status ?? 0, retryAfter: response?.headers.get('retry-after') ?? '' };
};
const guarded = () => [ports.web, ...(nginx === undefined ? [] : [ports.nginx])];

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

beforeAll(async () => {
  server = await startTestServer({ partitions: 1 });
  admin = await connectNats({ ...server, role: 'admin' });
  raterPort = await freePort();
  for (const name of ['web', 'decide', 'nginx', 'scale'] as const) ports[name] = await freePort();
  const dataDir = join(server.dir, 'data');
  mkdirSync(dataDir, { recursive: true });
  for (const [name, text] of Object.entries({ key, secret, token: 'cluster-token' }))
    writeFileSync(join(server.dir, name), `${text}\n`);
  const kv = new Kvm(admin);
  await (
    await kv.create(buckets.checkKeys)
  ).put(sha256(Buffer.from(key)), JSON.stringify({ tenant, id: 'k', account: 0 }));
  const sealing = loadSealingKey(dataPaths(dataDir).sealingKey);
  const targets = await kv.create(buckets.targets);
  for (const name of ['web', 'decide', 'scale'] as const) {
    const record = { url: `http://127.0.0.1:${ports[name]}/meterline`, secret: seal(sealing, secret), enabled: true };
    await targets.put(`${tenant}.${name}`, JSON.stringify(record));
  }
  producer = new TestProducer(tenant, 'p1', Date.now() - 60_000);
  billing = new TestBilling(admin);
  await billing.publish(tenant, [...testOrganisation(tenant, [producer]), budget('10')]);
  const address = { host: '127.0.0.1', port: 0 };
  const config = join(server.dir, 'rater.json');
  writeFileSync(config, JSON.stringify({
    dataDir, partitions: 1, nats: { url: server.url, credentials: server.credentials }, clickhouse: { url: 'embedded:x' },
    postgres: { url: 'embedded:y' }, office: address, rater: { ...address, port: raterPort }, collector: address,
    webhooks: { allowLoopback: true }, log: { level: 'error' },
  })); // prettier-ignore
  start(process.execPath, [
    fileURLToPath(new URL('../../deploy/cli.ts', import.meta.url)),
    'rater',
    '--config',
    config,
  ]);
  cluster = { KUBERNETES_API: `http://127.0.0.1:${await startApiServer()}`, SERVICE_ACCOUNT_DIR: server.dir, NAMESPACE: 'prod', DEPLOYMENT: 'render', ACCOUNTS: 'a3 a1' }; // prettier-ignore
  example('node-middleware/server.ts', ports.web);
  example('nginx-auth/decide.ts', ports.decide, { METERLINE_TARGET: 'decide' });
  example('kubernetes-scale/controller.ts', ports.scale, { METERLINE_TARGET: 'scale', ...cluster });
  if (nginx !== undefined) await startNginx(await listen((_request, response) => response.end('rendered\n')));
  for (const port of [...guarded(), ports.decide])
    await until(async () => [200, 204].includes((await get(port)).status));
  await until(() => calls.length > 0);
}, 60_000);

afterAll(async () => {
  const ended = children
    .filter(({ exitCode }) => exitCode === null)
    .map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of children) child.kill(child.spawnfile === nginx ? 'SIGTERM' : 'SIGKILL');
  await Promise.all(ended);
  for (const each of servers) each.closeAllConnections();
  for (const each of servers) each.close();
  await admin.close();
  await server[Symbol.asyncDispose]();
});

describe.sequential('a budget that is throttled, used up and raised', () => {
  test(`${nginx === undefined ? '' : 'nginx, '}Node's middleware and the controller do what it wants, by webhook`, async () => {
    expect(deployment.spec.replicas).toBe(6);
    await spend(4);
    for (const port of guarded()) {
      await until(async () => (await get(port)).status === 429);
      expect((await get(port)).retryAfter).toMatch(/^[12]$/);
      await until(async () => (await get(port)).status === 200);
    }
    await until(() => deployment.spec.replicas === 1);
    await spend(6);
    for (const port of guarded()) await until(async () => (await get(port)).status === 402);
    await until(() => deployment.spec.replicas === 0);
    expect(deployment.metadata.annotations).toEqual({ 'meterline.dev/replicas': '6' });
  });

  test('a service that has missed every webhook asks, and knows', async () => {
    const lost = await freePort();
    example('node-middleware/server.ts', lost);
    await until(async () => (await get(lost)).status === 402);
    const decides = await freePort();
    example('nginx-auth/decide.ts', decides, { METERLINE_TARGET: 'decide' });
    await until(async () => (await get(decides)).status === 403);
    // As if somebody had deployed it anew while the controller was away.
    Object.assign(deployment, { metadata: { name: 'render', annotations: {} }, spec: { replicas: 6 } });
    example('kubernetes-scale/controller.ts', await freePort(), { METERLINE_TARGET: 'scale', ...cluster });
    await until(() => deployment.spec.replicas === 0);
    expect(deployment.metadata.annotations).toEqual({ 'meterline.dev/replicas': '6' });
  });

  test('raised, everything is let go, and the controller has used no right that its role does not have', async () => {
    await billing.publish(tenant, [budget('1000')]);
    for (const port of guarded()) await until(async () => (await get(port)).status === 200);
    await until(() => deployment.spec.replicas === 6);
    expect(deployment.metadata.annotations).toEqual({});

    const documents = parseAllDocuments(
      readFileSync(new URL('../kubernetes-scale/manifests.yaml', import.meta.url), 'utf8'),
    );
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    const manifests = documents.map((each) => each.toJS() as Manifest);
    const of = (kind: string) => manifests.find((each) => each.kind === kind)!;
    expect(manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'v1 ServiceAccount', 'rbac.authorization.k8s.io/v1 Role', 'rbac.authorization.k8s.io/v1 RoleBinding', 'apps/v1 Deployment', 'v1 Service',
    ]); // prettier-ignore
    const [rule] = of('Role').rules!;
    const path = /^\/apis\/([^/]+)\/v1\/namespaces\/prod\/([^/]+)\/([^/]+)$/;
    for (const { method, url, token } of calls) {
      expect(token).toBe('Bearer cluster-token');
      const [, group, resource, name] = path.exec(url)!;
      expect([rule!.apiGroups, rule!.resources, rule!.resourceNames]).toEqual([[group], [resource], [name]]);
      expect(rule!.verbs).toContain(method.toLowerCase());
    }
    const patches = calls.filter(({ method }) => method === 'PATCH');
    expect(new Set(patches.map(({ type }) => type))).toEqual(new Set(['application/merge-patch+json']));
    const { selector, template } = of('Deployment').spec!;
    expect(template!.metadata.labels).toMatchObject((selector as { matchLabels: object }).matchLabels);
    expect(of('Service').spec!.selector).toEqual(template!.metadata.labels);
    expect(template!.spec.serviceAccountName).toBe(of('ServiceAccount').metadata.name);
    const [container] = template!.spec.containers;
    const volumes = template!.spec.volumes.map(({ name }) => name);
    expect(container!.volumeMounts.map(({ name }) => name)).toEqual(volumes);
    expect(container!.env.map(({ name }) => name)).toEqual(expect.arrayContaining(['METERLINE_RATER', 'METERLINE_KEY_FILE', 'METERLINE_TARGET', 'METERLINE_SECRET_FILE', 'ACCOUNTS', 'DEPLOYMENT'])); // prettier-ignore
    expect(existsSync(new URL(`../../${container!.command[1]!}`, import.meta.url))).toBe(true);
  });
});

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly Readonly<
    Record<'apiGroups' | 'resources' | 'resourceNames' | 'verbs', readonly string[]>
  >[];
  readonly spec?: {
    readonly selector: object;
    readonly template?: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly containers: readonly {
          readonly command: readonly string[];
          readonly env: readonly { readonly name: string }[];
          readonly volumeMounts: readonly { readonly name: string }[];
        }[];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
  };
}
