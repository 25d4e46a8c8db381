/** A real nats-server for a test: own directory, free ports, the credentials of production. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats } from './connect.ts';
import { natsServerConfig, type AgentIdentity, type ServiceIdentity } from './serverConfig.ts';
import { defaultStreamLimits, ensureStreams, type StreamLimits } from './streams.ts';

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly credentials: string;
  readonly dir: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** SIGKILL, then the same server again on the same files, whatever was done to them meanwhile. */
  restart(meanwhile?: () => void): Promise<void>;
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Starts a broker with the streams of `partitions` partitions. Needs METERLINE_NATS_SERVER, which `npm test` sets. */
export async function startTestServer(options: {
  partitions: number;
  agents?: readonly AgentIdentity[];
  services?: readonly ServiceIdentity[];
  streams?: Partial<StreamLimits>;
}): Promise<TestServer> {
  const binary = process.env['METERLINE_NATS_SERVER'];
  if (binary === undefined) throw new Error('METERLINE_NATS_SERVER is not set; run the tests with `npm test`');
  const dir = mkdtempSync(join(tmpdir(), 'meterline-nats-'));
  const port = await freePort();
  const credentials = join(dir, 'keys');
  const configPath = join(dir, 'nats.conf');
  const text = natsServerConfig({
    port,
    monitorPort: await freePort(),
    storeDir: join(dir, 'store'),
    credentials,
    agents: options.agents ?? [],
    services: options.services ?? [],
    maxStoreBytes: (2 + 11 * options.partitions) * 1024 ** 3,
  });
  writeFileSync(configPath, text, { mode: 0o600 });
  const url = `nats://127.0.0.1:${port}`;
  const start = () => spawn(binary, ['-c', configPath], { stdio: 'ignore' });
  let child = start();
  const ended = (process: typeof child) => new Promise<void>((resolve) => process.once('exit', () => resolve()));
  const admin = await connectNats({ url, credentials, role: 'admin' });
  await ensureStreams(admin, options.partitions, 1, { ...defaultStreamLimits, ...options.streams });
  await admin.close();
  return {
    url,
    credentials,
    dir,
    get pid() {
      return child.pid!;
    },
    async restart(meanwhile) {
      const exit = ended(child);
      child.kill('SIGKILL');
      await exit;
      meanwhile?.();
      child = start();
      const probe = await connectNats({ url, credentials, role: 'admin' });
      await probe.close();
    },
    async [Symbol.asyncDispose]() {
      const exit = ended(child);
      child.kill('SIGKILL');
      await exit;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
