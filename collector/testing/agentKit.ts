/** An agent's configuration, keys and recorded host for tests on a real broker. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configPath, dataPaths, parseConfig, type Config } from '#platform/config.ts';
import { newSigningSeed, signingKey } from '#platform/crypto.ts';
import { freePort, type TestServer } from '#platform/nats/testServer.ts';
import type { HostTree } from './hostTree.ts';

export const agent = { tenant: 't1', producer: 'web-1' } as const;

export interface TestAgent {
  readonly config: Config;
  readonly configFile: string;
  readonly publicKey: string;
}

export async function testAgent(server: TestServer, tree: HostTree, intervalMs = 100): Promise<TestAgent> {
  const dataDir = join(server.dir, 'data');
  const config = parseConfig(
    {
      dataDir,
      partitions: 1,
      nats: { url: server.url, credentials: server.credentials },
      clickhouse: { url: 'embedded:x' },
      postgres: { url: 'embedded:x' },
      office: { port: 0 },
      rater: { port: 0 },
      collector: { port: await freePort(), ...agent, intervalMs, procRoot: tree.procRoot, sysRoot: tree.sysRoot },
      webhooks: {},
      log: { level: 'warn' },
    },
    'test',
  );
  const seed = newSigningSeed();
  const keyFile = join(dataPaths(dataDir).collector, agent.producer, 'signing.key');
  const configFile = configPath(dataDir);
  for (const [file, text] of [[keyFile, seed], [configFile, JSON.stringify(config)]] as const) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
  } // prettier-ignore
  return { config, configFile, publicKey: signingKey(seed).publicKey };
}

/** Sets what eth0 of a recorded host has received. */
export function setReceived(tree: HostTree, bytes: bigint): void {
  tree.write('proc/net/dev', `Inter-|\n face |\n  eth0: ${bytes} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n`);
}
