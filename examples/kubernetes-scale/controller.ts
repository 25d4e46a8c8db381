/** Runs in the cluster: keeps the number of a deployment's replicas as the budgets want it. See README.md. */
import { readFileSync } from 'node:fs';
import { serve } from '../enforce/serve.ts';
import { readSettings } from '../enforce/settings.ts';
import { Wanted } from '../enforce/wanted.ts';
import { scale, type Cluster } from './scale.ts';

const { env } = process;
const settings = readSettings(env);
const accounts = (env['ACCOUNTS'] ?? '').split(/[ ,]+/).filter((slug) => slug !== '');
const throttledReplicas = Number(env['THROTTLED_REPLICAS'] ?? 1);
const serviceAccount = env['SERVICE_ACCOUNT_DIR'] ?? '/var/run/secrets/kubernetes.io/serviceaccount';
const wanted = new Wanted();

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

serve(settings, wanted, ({ url }, response) => response.writeHead(url === '/healthz' ? 200 : 404).end(), enforce);
