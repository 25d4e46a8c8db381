import { existsSync } from 'node:fs';
import { configPath, readConfig } from '#platform/config.ts';
import { isInstanceRunning } from '../instance/lock.ts';
import { defaultWebPort, takePorts } from '../instance/ports.ts';
import { isHealthy } from '../up/broker.ts';
import { fault, warning, well, type Finding } from './finding.ts';

/** A stopped instance needs its web port free; a running one answers on each of its ports. */
export async function portFindings(dataDir: string): Promise<Finding[]> {
  if (existsSync(configPath(dataDir)) && isInstanceRunning(dataDir)) return runningFindings(dataDir);
  try {
    await takePorts('127.0.0.1', [defaultWebPort]);
    return [well('ports', `${defaultWebPort} is free`)];
  } catch {
    return [warning('ports', `${defaultWebPort} is in use`, 'Start with --port 0 for a free one, or --port N.')];
  }
}

async function runningFindings(dataDir: string): Promise<Finding[]> {
  const config = readConfig(configPath(dataDir));
  const addresses = {
    'nats-server': `${config.nats.monitorUrl}/healthz`,
    rater: `http://${config.rater.host}:${config.rater.port}/readyz`,
    office: `http://${config.office.host}:${config.office.port}/readyz`,
    ...(config.collector.tenant === ''
      ? {}
      : { collector: `http://${config.collector.host}:${config.collector.port}/readyz` }),
  };
  return Promise.all(
    Object.entries(addresses).map(async ([name, url]) =>
      (await isHealthy(url).catch(() => false))
        ? well(`${name} port`, `${url} answers`)
        : fault(
            `${name} port`,
            `${url} does not answer 200`,
            `Read the log lines of ${name}; it is started again by itself.`,
          ),
    ),
  );
}
