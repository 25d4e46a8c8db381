/** The whole path from a signed batch to a row of ClickHouse, as real processes: broker, rater, loader. Linux only: CPU time is read from /proc. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { encodeEnvelope } from '#core/metering/batch.ts';
import type { ControlChange, ControlMessage } from '#core/messages/control.ts';
import { subjects } from '#core/messages/names.ts';
import { newSigningSeed, sha256, signingKey } from '#platform/crypto.ts';
import { append, connectNats, type NatsConnection } from '#platform/nats/index.ts';
import { freePort, startTestServer } from '#platform/nats/testServer.ts';
import { sleep } from '#platform/lifecycle.ts';
import { WorkloadProducer, workloadOrganisation, type WorkloadSize } from '../workload.ts';

export const tenant = 'load';
export const key = signingKey(newSigningSeed());
/** Appends that wait for the broker's answer at once; a generator that reaches it falls behind its rate. */
const windowMax = 64;
/** Keeps a control message far below the broker's largest one. */
const changesPerMessage = 2000;
const here = (name: string): string => join(import.meta.dirname, name);

export interface SignedBatch {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly samples: number;
}

export type CpuSeconds = Readonly<Record<'broker' | 'rater' | 'loader', number>>;

export interface Pipeline extends AsyncDisposable {
  readonly dir: string;
  readonly dataDir: string;
  readonly admin: NatsConnection;
  readonly gateway: NatsConnection;
  /** The next batches of all producers in turn, hashed and signed: each `ticks` samples of every counter. */
  sign(count: number, ticks: number): SignedBatch[];
  /** Publishes at `rate` samples/s until the list ends or the signal aborts; gives the rate that was reached. */
  publish(
    batches: readonly SignedBatch[],
    rate: number,
    signal?: AbortSignal,
  ): Promise<{ perSecond: number; samples: number }>;
  /** Waits until `samples` more than at the last call are rated, committed and in ClickHouse. */
  settled(samples: number): Promise<void>;
  cpu(): CpuSeconds;
  /** Ends rater and loader, so that a limit can be measured on the quiet broker. */
  stopProduct(): Promise<void>;
}

export async function startPipeline(size: WorkloadSize, more: readonly ControlChange[] = []): Promise<Pipeline> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startTestServer({ partitions: 1 }));
  const connection = async (role: string): Promise<NatsConnection> =>
    stack.adopt(await connectNats({ url: server.url, credentials: server.credentials, role }), (each) => each.close());
  const admin = await connection('admin');
  const gateway = await connection('gateway');
  const dataDir = join(server.dir, 'data');
  mkdirSync(dataDir);
  const raterPort = await freePort();
  const configPath = join(server.dir, 'config.json');
  const address = { host: '127.0.0.1', port: 0 };
  writeFileSync(configPath, JSON.stringify({
    dataDir, partitions: 1, nats: { url: server.url, credentials: server.credentials },
    clickhouse: { url: `embedded:${join(dataDir, 'clickhouse')}` }, postgres: { url: `embedded:${join(dataDir, 'postgres')}` },
    office: address, rater: { ...address, port: raterPort }, collector: address,
    webhooks: { allowLoopback: true }, log: { level: 'error' },
  })); // prettier-ignore
  const changes = [...workloadOrganisation(tenant, size, () => ({ id: key.keyId, publicKey: key.publicKey })), ...more];
  for (let at = 0, seq = 1; at < changes.length; at += changesPerMessage, seq++) {
    const part = changes.slice(at, at + changesPerMessage);
    const message: ControlMessage = { v: 1, tenant, seq, auditId: `load-${seq}`, trace: '', changes: part };
    await stored(admin, subjects.control(0, tenant), Buffer.from(JSON.stringify(message)));
  }
  const child = (script: string, ...args: string[]): ChildProcess =>
    stack.adopt(spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] }), ended);
  const rater = child(here('../../deploy/cli.ts'), 'rater', '--config', configPath);
  rater.stdout!.resume();
  const loader = child(here('loader.ts'), configPath);
  let loadedSeq = -1;
  createInterface({ input: loader.stdout! }).on('line', (line) => (loadedSeq = Number(line)));
  const status = async () => {
    const failed = [rater, loader].find((each) => each.exitCode !== null);
    if (failed !== undefined) throw new Error(`a process of the pipeline ended with code ${failed.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${raterPort}/status`).catch(() => undefined);
    const body = (await answer?.json()) as
      { partitions: { outSeq: number; totals: { samples: { rated: number; refused: number } } }[] } | undefined;
    return body?.partitions[0];
  };
  while ((await status()) === undefined || loadedSeq < 0) await sleep(50);

  const startMs = Date.now() - 6 * 3_600_000;
  const producers = Array.from({ length: size.producers }, (_, i) => ({
    source: new WorkloadProducer(tenant, i, size, startMs),
    prev: '',
    at: 0,
  }));
  let signed = 0;
  let expected = 0;
  const started = stack.move();
  return {
    dir: server.dir, dataDir, admin, gateway,
    sign: (count, ticks) => Array.from({ length: count }, () => {
      const producer = producers[signed++ % producers.length]!;
      const body = Buffer.from(JSON.stringify(producer.source.next(producer.prev, ticks)));
      producer.prev = sha256(body);
      const data = encodeEnvelope({ signature: key.sign(body), keyId: key.keyId, body });
      return { subject: subjects.usage(0, tenant, producer.source.id), data, samples: size.resourcesPerProducer * size.metrics * ticks };
    }), // prettier-ignore
    async publish(batches, rate, signal) {
      const pending = new Set<Promise<void>>();
      const startedMs = performance.now();
      let samples = 0;
      for (const batch of batches) {
        if (signal?.aborted === true) break;
        const earlyMs = startedMs + (samples / rate) * 1000 - performance.now();
        if (earlyMs > 1) await sleep(earlyMs, signal);
        const appended: Promise<void> = stored(gateway, batch.subject, batch.data).finally(() => pending.delete(appended));
        pending.add(appended);
        samples += batch.samples;
        if (pending.size >= windowMax) await Promise.race(pending);
      }
      await Promise.all(pending);
      return { perSecond: Math.round((samples / (performance.now() - startedMs)) * 1000), samples };
    },
    async settled(samples) {
      expected += samples;
      for (;;) {
        const now = await status();
        if (now !== undefined && now.totals.samples.refused > 0) throw new Error(`${now.totals.samples.refused} samples were refused`);
        if (now !== undefined && now.totals.samples.rated >= expected && loadedSeq >= now.outSeq) return;
        await sleep(100);
      }
    },
    cpu: () => ({ broker: cpuSeconds(server.pid), rater: cpuSeconds(rater.pid!), loader: cpuSeconds(loader.pid!) }),
    stopProduct: async () => void (await Promise.all([ended(rater), ended(loader)])),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }; // prettier-ignore
}

/** Publishes durably; whatever else comes of it ends the measurement, for the batches after it would be refused. */
async function stored(connection: NatsConnection, subject: string, data: Uint8Array): Promise<void> {
  const result = await append(connection, subject, data);
  if (result.kind !== 'stored') throw new Error(`the broker answered an append with "${result.kind}"`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

/** User and system time of a process of all its threads; ticks are hundredths of a second on Linux. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
