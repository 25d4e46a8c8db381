/** A nats-server of the verification's own, on the stored streams of a stopped instance and on free ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths, type Config } from '#platform/config.ts';
import { connectNats, natsServerConfig, type NatsConnection } from '#platform/nats/index.ts';
import { deployError } from '../errors.ts';
import { takePorts } from '../instance/ports.ts';
import { storeBytesOf } from '../instance/prepare.ts';
import { startedTicksOf, writeProcesses } from '../instance/processes.ts';
import { verifyLimits } from './limits.ts';

export interface Broker extends AsyncDisposable {
  readonly url: string;
  readonly connection: NatsConnection;
}

/** `maxStoreBytes`: what streams may be promised together; without it what they were before, so that every one fits again. */
export async function startBroker(
  { dataDir }: Pick<Config, 'dataDir'>,
  maxStoreBytes = storeBytesOf(dataDir),
): Promise<Broker> {
  const program = process.env['METERLINE_NATS_SERVER'];
  if (program === undefined) throw deployError('NATS_NOT_FOUND', 'METERLINE_NATS_SERVER is not set.');
  const { run, nats, credentials } = dataPaths(dataDir);
  const [port = 0, monitorPort = 0] = await takePorts('127.0.0.1', [0, 0]);
  const path = join(run, 'nats-verify.conf');
  const text = natsServerConfig({
    port,
    monitorPort,
    storeDir: nats,
    credentials,
    agents: [],
    ...(maxStoreBytes > 0 ? { maxStoreBytes } : {}),
  });
  writeFileSync(path, text, { mode: 0o600 });
  const child = spawn(program, ['--config', path], { stdio: 'ignore' });
  // Whoever comes after this process was killed ends its broker: two on one store would damage it.
  const pid = child.pid ?? 0;
  writeProcesses(dataDir, [{ name: 'nats-server', pid, startedTicks: startedTicksOf(pid), restarts: 0 }]);
  const end = async () => {
    await ended(child);
    writeProcesses(dataDir, []);
    rmSync(path, { force: true });
  };
  try {
    const url = `nats://127.0.0.1:${port}`;
    const connection = await connectNats({ url, credentials, role: 'admin', waitMsMax: verifyLimits.brokerMsMax });
    return {
      url,
      connection,
      async [Symbol.asyncDispose]() {
        await connection.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** SIGTERM, so that it syncs and closes its files; resolves when it has gone. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  return exit;
}
