/** One run: an instance is used and broken at the same time; then it rests, and the proof is made. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { ensureNatsVersion } from '#deploy/bootstrap/nats.mjs';
import { natsVersionOfClusters } from '#deploy/bootstrap/natsVersion.mjs';
import { sleep } from '#platform/lifecycle.ts';
import { startTestCluster, type TestCluster } from '#platform/nats/testCluster.ts';
import { Random } from '../sim/random.ts';
import { calendar, drawCast, type Cast } from './cast.ts';
import { diskKind } from './disks.ts';
import { faultsOf, type FaultName } from './faults.ts';
import { Holds, type HoldsReport } from './holds.ts';
import { startInstance, type Instance } from './instance.ts';
import { caughtUp, eventually } from './lag.ts';
import { Ledger } from './ledger.ts';
import { chaosLimits } from './limits.ts';
import { use } from './load.ts';
import type { ChaosOptions } from './options.ts';
import { expectedAlerts, type Tenant } from './organisation.ts';
import { prove, type Proof } from './proof.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { Trouble } from './trouble.ts';

export interface ChaosReport extends Proof {
  readonly ok: boolean;
  readonly seed: number;
  readonly brokers: number;
  /** How often each fault struck. */
  readonly faults: Trouble['counts'];
  /** From the end of a fault until all that was spooled by then was committed. */
  readonly recoverMs: Spread;
  readonly recoverMsByFault: Partial<Record<FaultName, Spread>>;
  /** The same, until ClickHouse held it. */
  readonly loadedMs: Spread;
  /** What services asked for meanwhile; what was wrong with the answers is among the problems. */
  readonly holds: HoldsReport;
  /** How disks were filled: a small file system each, or a limit on the size of the broker's files. */
  readonly fullDisk: ReturnType<typeof diskKind>;
  /** Where the instance is kept when something does not hold. */
  readonly kept?: string;
}

interface Spread {
  readonly p50: number;
  readonly max: number;
}

type Say = (line: string) => void;

export async function runChaos(options: ChaosOptions, say: Say, signal: AbortSignal): Promise<ChaosReport> {
  const { seed, seconds } = options;
  using directory = madeDirectory();
  const dir = directory.path;
  const lines = createWriteStream(join(dir, 'chaos.log'));
  const onLogLine = (line: string) => void lines.write(`${line}\n`);
  const random = new Random(seed);
  const ticks = Math.ceil((seconds * 1000) / chaosLimits.tickMs);
  const { timeZone, month } = calendar(seconds);
  using cast = drawCast(random, ticks);
  using receiver = await startReceiver();
  const { tenants, machines } = cast;
  say(`seed ${seed}: ${seconds} s of usage by ${machines.size} machines; log lines in ${join(dir, 'chaos.log')}`);

  const diskBytes = chaosLimits.diskBytes + seconds * chaosLimits.diskBytesPerSecond;
  await using cluster = options.cluster ? await startBrokers(tenants, diskBytes) : undefined;
  await using instance = await startInstance({
    cluster, diskBytes, dataDir: join(dir, 'data'), tenants, timeZone, webhookUrl: receiver.url, onLogLine,
    logger: pino({ base: { role: 'supervisor' } }, { write: (line: string) => onLogLine(line.trimEnd()) }),
  }); // prettier-ignore
  const all = tenants.flatMap((tenant) => tenant.agents);
  const ledger = new Ledger(instance.config.dataDir, all);
  await instance.startAgents(machines);
  await eventually('every counter has been read', chaosLimits.startMsMax, async () => {
    ledger.look();
    return ledger.hasRead('network');
  });

  const names = options.faults.length > 0 ? options.faults : Object.keys(faultsOf(options.cluster));
  const timed = clocked(say);
  const trouble = new Trouble({ instance, receiver, random }, ledger, names as FaultName[], timed);
  timed('usage begins');
  const holds = new Holds(instance.connection, tenants, seed + 1);
  const failures = await useAndBreak(trouble, holds, cast, ticks, signal);
  signal.throwIfAborted();
  timed('usage has ended, nothing is broken any more; what is under way arrives');
  failures.push(...(await rest(instance, ledger, receiver, month)));
  await holds.settle();
  failures.push(...holds.problems);
  for (const failure of failures) timed(failure);
  timed('counting, and verify');
  const proof = await prove(instance, ledger, receiver, month);

  const problems = [...failures, ...proof.problems];
  const ok = problems.length === 0;
  directory.isKept = !ok;
  // Small file systems go with this process.
  if (!ok) await cp(instance.config.dataDir, join(dir, 'kept'), { recursive: true });
  const brokers = cluster === undefined ? 1 : 3;
  return { ok, seed, brokers, ...recoveries(trouble), ...proof, holds: holds.report, fullDisk: diskKind(), problems, ...(ok ? {} : { kept: dir }) }; // prettier-ignore
}

/** A directory for one run, which stays when the run did not end well. */
function madeDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'meterline-chaos-'));
  return {
    path,
    isKept: true,
    [Symbol.dispose]() {
      if (!this.isKept) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Says each line with the time since now. */
function clocked(say: Say): Say {
  const startedMs = performance.now();
  return (line) => say(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
}

/** What was not recovered from, in words; usage goes on to its end in any case. */
async function useAndBreak(
  trouble: Trouble,
  holds: Holds,
  cast: Cast,
  ticks: number,
  signal: AbortSignal,
): Promise<string[]> {
  const over = new AbortController();
  const failures: string[] = [];
  await Promise.all([
    holds.ask(AbortSignal.any([over.signal, signal])),
    trouble
      .make(AbortSignal.any([over.signal, signal]))
      .catch((error: unknown) => failures.push((error as Error).message)),
    use([...cast.machines.values()], ticks, signal).finally(() => over.abort()),
  ]);
  return failures;
}

/** Waits until all that was used is rated and loaded and every alert delivered, agents stopped; answers what does not happen. */
async function rest(instance: Instance, ledger: Ledger, receiver: Receiver, month: string): Promise<string[]> {
  const failures: string[] = [];
  const failed = (error: unknown): void => void failures.push((error as Error).message);
  await sleep(2 * chaosLimits.intervalMs);
  await caughtUp(instance, ledger, chaosLimits.drainMsMax).catch(failed);
  await instance.stopAgents();
  await caughtUp(instance, ledger, chaosLimits.drainMsMax).catch(failed);
  const wanted = instance.tenants.flatMap((tenant) => expectedAlerts(tenant, month));
  await eventually('every alert is delivered', chaosLimits.drainMsMax, async () =>
    wanted.every((id) => receiver.accepted.has(id)),
  ).catch(failed);
  return failures;
}

/** Three brokers of the version that clusters take. */
async function startBrokers(tenants: readonly Tenant[], diskBytes: number): Promise<TestCluster> {
  const binary = await ensureNatsVersion(natsVersionOfClusters);
  const agents = tenants.flatMap((tenant) => tenant.agents);
  return startTestCluster({ partitions: tenants.length, agents, diskBytes, binary });
}

function recoveries({ counts, recoveries: all }: Trouble) {
  const rated = (some: Trouble['recoveries']) => spread(some.map(({ ratedMs }) => ratedMs));
  const names = Object.keys(counts) as FaultName[];
  const byFault = names.map((name) => [name, rated(all.filter(({ faults }) => faults.includes(name)))] as const);
  return {
    faults: counts,
    recoverMs: rated(all),
    recoverMsByFault: Object.fromEntries(byFault) as Partial<Record<FaultName, Spread>>,
    loadedMs: spread(all.map(({ loadedMs }) => loadedMs)),
  };
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
}
