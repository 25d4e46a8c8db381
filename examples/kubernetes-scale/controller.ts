/** Runs in the cluster: keeps the number of a deployment's replicas as the budgets want it. See README.md. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { follow, webhookHandler } from '../enforce/meterline.ts';
import { readSettings } from '../enforce/settings.ts';
import { Wanted } from '../enforce/wanted.ts';
import { scale, type Cluster } from './scale.ts';

const { env } = process;
const settings = readSettings(env);
const accounts = (env['ACCOUNTS'] ?? '').split(/[ ,]+/).filter((slug) => slug !== '');
const throttledReplicas = Number(env['THROTTLED_REPLICAS'] ?? 1);
const serviceAccount = env['SERVICE_ACCOUNT_DIR'] ?? '/var/run/secrets/kubernetes.io/serviceaccount';
const wanted = new Wanted();
const ending = new AbortController();

/** The token is replaced from time to time; so it is read each time. */
const cluster = (): Cluster => ({
  url: env['KUBERNETES_API'] ?? 'https://kubernetes.default.svc',
  token: readFileSync(`${serviceAccount}/token`, 'utf8').trim(),
  namespace: env['NAMESPACE'] ?? readFileSync(`${serviceAccount}/namespace`, 'utf8').trim(),
  deployment: env['DEPLOYMENT'] ?? '',
});

/** One after the other: a release that overtook its throttle would leave the deployment small. */
let last: Promise<unknown> = Promise.resolve();
function enforce(): Promise<void> {
  const done = last.then(async () => {
    const act = wanted.of(accounts);
    if (await scale(cluster(), act, throttledReplicas)) console.log(`scaled: ${act}`);
  });
  last = done.catch((error: unknown) => console.error(`scale: ${String(error)}`));
  return done;
}

const webhooks = webhookHandler(settings.secrets, wanted, enforce);
const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/meterline') return webhooks(request, response);
  response.writeHead(request.url === '/healthz' ? 200 : 404).end();
});
server.listen(settings.port, settings.host, () =>
  console.log(`listening on http://${settings.host}:${(server.address() as AddressInfo).port}/`),
);
void follow(settings, wanted, () => void enforce().catch(() => undefined), ending.signal);
process.once('SIGTERM', () => {
  ending.abort();
  server.close();
  server.closeAllConnections();
});
