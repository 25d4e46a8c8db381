import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths } from '#platform/config.ts';
import type { AgentIdentity } from '#platform/nats/index.ts';
import { deployError } from '../errors.ts';
import { recordedAgents } from '../instance/keys.ts';
import { defaultWebPort, takePorts } from '../instance/ports.ts';
import { programRoot } from '../instance/version.ts';
import type { OfficeClient } from '../officeClient.ts';
import { isHealthy } from './broker.ts';
import type { ChildSpec } from './child.ts';
import { localProducer, type UpOptions } from './options.ts';

/** The organisation that a first start shows. */
export const demoOrganisation = join(programRoot, 'examples', 'northwind.yaml');

/** The agent of this machine: the one recorded earlier, else one for the organisation's tenant. */
export async function findAgent(options: Pick<UpOptions, 'dataDir' | 'organisation'>): Promise<AgentIdentity> {
  const recorded = recordedAgents(options.dataDir).find(({ producer }) => producer === localProducer);
  if (recorded !== undefined) return recorded;
  if (options.organisation === '') {
    throw deployError(
      'USAGE',
      `${options.dataDir} has no organisation yet; beside --no-demo give one with --organisation FILE.`,
    );
  }
  return { tenant: await tenantOf(options.organisation), producer: localProducer };
}

/** The tenant's id in an organisation file, all of which is checked before anything is made. */
async function tenantOf(path: string): Promise<string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw deployError('FILE_UNREADABLE', `${path} (${(cause as NodeJS.ErrnoException).code}).`, { path }, cause);
  }
  return (await import('#billing/apply/check.ts')).checkNewOrganisation(text, path, Date.now());
}

const targetId = 'throttle-demo';
const throttle = join(programRoot, 'examples', 'throttle');

/** Pid file of the busy demo service, which the agent meters as `svc-render`. */
export const servicePidPath = (dataDir: string): string => join(dataPaths(dataDir).run, 'svc-render.pid');

interface Targets {
  readonly targets: readonly { readonly id: string; readonly url: string }[];
}

/**
 * The busy service, and the receiver that throttles it when its budget is spent; none in an organisation without their
 * webhook target. The receiver listens where the target says; is that port taken, on another, and the target is changed.
 */
export async function demoSpecs(office: OfficeClient, onLine: Pick<ChildSpec, 'onLogLine'>): Promise<ChildSpec[]> {
  const { dataDir, collector } = office.config;
  const target = (await office.get<Targets>('/targets')).targets.find(({ id }) => id === targetId);
  if (target === undefined) return [];
  const port = await receiverPort(target.url, office.config.office.port === defaultWebPort);
  const url = `http://127.0.0.1:${port}/`;
  if (url !== target.url) {
    await office.send('PATCH', `/targets/${targetId}`, { url, reason: 'the demo receiver listens on another port' });
  }
  const { run, targetSecrets } = dataPaths(dataDir);
  const pidFile = servicePidPath(dataDir);
  const secretFile = join(targetSecrets, `${collector.tenant}.${targetId}`);
  const files = ['--secret-file', secretFile, '--pid-file', pidFile, '--state-file', join(run, 'throttle.json')];
  const script = (name: string) => join(throttle, name);
  const common = { command: process.execPath, tied: true, ...onLine };
  return [
    {
      ...common,
      name: 'demo-service',
      args: [script('service.ts'), '--pid-file', pidFile],
      ready: () => Promise.resolve(existsSync(pidFile)),
    },
    {
      ...common,
      name: 'demo-receiver',
      args: [script('receiver.ts'), '--port', String(port), ...files],
      ready: () => isHealthy(`${url}state`),
    },
  ];
}

/** The organisation's file names the port of one demo; a second one on this machine, on a web port of its own, takes another. */
const firstReceiverPort = 4400;

async function receiverPort(url: string, isFirst: boolean): Promise<number> {
  const wanted = Number(new URL(url).port);
  const [port = 0] = await takePorts('127.0.0.1', [wanted === firstReceiverPort && !isFirst ? 0 : wanted]).catch(() =>
    takePorts('127.0.0.1', [0]),
  );
  return port;
}
