/** One run: an instance, its load, its troubles; then rest, and the proof. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { periodAt, periodKey } from '#core/time/period.ts';
import { ensureNatsVersion } from '#deploy/bootstrap/nats.mjs';
import { natsVersionOfClusters } from '#deploy/bootstrap/natsVersion.mjs';
import { verify } from '#deploy/verify.ts';
import type { VerifyReport } from '#deploy/verify/report.ts';
import { sleep } from '#platform/lifecycle.ts';
import { startTestCluster, type TestCluster } from '#platform/nats/testCluster.ts';
import { openStore } from '#platform/clickhouse/index.ts';
import { Random } from '../sim/random.ts';
import { diskKind } from './disks.ts';
import { faultsOf, type FaultName } from './faults.ts';
import { startInstance } from './instance.ts';
import { caughtUp, eventually } from './lag.ts';
import { Ledger } from './ledger.ts';
import { chaosLimits } from './limits.ts';
import { bytesMoved, Machine, use } from './load.ts';
import type { ChaosOptions } from './options.ts';
import { expectedAlerts, tenantIdOn, type Tenant } from './organisation.ts';
import { startReceiver } from './receiver.ts';
import { readLog, readStore } from './stored.ts';
import { Trouble } from './trouble.ts';
import { countSamples, judgeAlerts, unsent, wrongSums, type Counts } from './verdict.ts';

export interface ChaosReport extends Counts {
  readonly ok: boolean;
  readonly seed: number;
  readonly brokers: number;
  readonly faults: Trouble['counts'];
  /** From the end of a fault until all that was spooled by then was committed. */
  readonly recoverMs: Spread;
  readonly alertsExpected: number;
  readonly alertsFired: number;
  /** Webhooks that the receiver accepted: an alert may come more than once, under one id. */
  readonly deliveries: number;
  readonly takeovers: number;
  /** Appends of fenced owners that the log holds and no reader counts. */
  readonly ignored: number;
  readonly recoverMsByFault: Partial<Record<FaultName, Spread>>;
  /** The same, until ClickHouse held it. */
  readonly loadedMs: Spread;
  /** How disks were filled: a small file system each, or a limit on the size of the broker's files. */
  readonly fullDisk: ReturnType<typeof diskKind>;
  readonly verify: Pick<VerifyReport, 'ok' | 'difference' | 'commits' | 'seconds'>;
  /** What does not hold, in words. */
  readonly problems: readonly string[];
  /** Where the instance is kept when something does not hold. */
  readonly kept?: string;
}

interface Spread {
  readonly p50: number;
  readonly max: number;
}

type Say = (line: string) => void;

export async function runChaos(options: ChaosOptions, say: Say, signal: AbortSignal): Promise<ChaosReport> {
  const dir = mkdtempSync(join(tmpdir(), 'meterline-chaos-'));
  const report = await broken(options, dir, say, signal);
  if (report.ok) rmSync(dir, { recursive: true, force: true });
  return report;
}

async function broken(options: ChaosOptions, dir: string, say: Say, signal: AbortSignal): Promise<ChaosReport> {
  const { seed, seconds } = options;
  const random = new Random(seed);
  const ticks = Math.ceil((seconds * 1000) / chaosLimits.tickMs);
  const agents = new Map<string, number>();
  const tenants = Array.from({ length: chaosLimits.partitions }, (_, partition): Tenant => {
    const id = tenantIdOn(partition, chaosLimits.partitions);
    return {
      id, partition,
      agents: Array.from({ length: chaosLimits.agentsPerTenant }, (__, at) => {
        const producer = `machine-${partition * chaosLimits.agentsPerTenant + at + 1}`;
        const own = random.below(2 ** 31);
        agents.set(producer, own);
        return { tenant: id, producer, partition, bytes: bytesMoved(own, ticks) };
      }),
    };
  }); // prettier-ignore
  using stack = new DisposableStack();
  const machines = new Map([...agents].map(([producer, own]) => [producer, stack.use(new Machine(own))]));
  const receiver = stack.use(await startReceiver());
  const lines = createWriteStream(join(dir, 'chaos.log'));
  const onLogLine = (line: string) => void lines.write(`${line}\n`);
  const { timeZone, month } = calendar(seconds);

  say(`seed ${seed}: ${seconds} s of usage by ${machines.size} machines; log lines in ${join(dir, 'chaos.log')}`);
  const diskBytes = chaosLimits.diskBytes + seconds * chaosLimits.diskBytesPerSecond;
  await using cluster = options.cluster ? await startBrokers(tenants, diskBytes) : undefined;
  await using instance = await startInstance({
    cluster, diskBytes, dataDir: join(dir, 'data'), tenants, timeZone, webhookUrl: receiver.url, onLogLine,
    logger: pino({ base: { role: 'supervisor' } }, { write: (line: string) => onLogLine(line.trimEnd()) }),
  }); // prettier-ignore
  const ledger = new Ledger(instance.config.dataDir, tenants.flatMap((tenant) => tenant.agents)); // prettier-ignore
  await instance.startAgents(machines);
  await eventually('every counter has been read', chaosLimits.startMsMax, async () => {
    ledger.look();
    return ledger.hasRead('network');
  });
  say('usage begins');

  const failures: string[] = [];
  const failed = (error: unknown): void => {
    timed((error as Error).message);
    failures.push((error as Error).message);
  };
  const over = new AbortController();
  const names =
    options.faults.length > 0
      ? (options.faults as FaultName[])
      : (Object.keys(faultsOf(options.cluster)) as FaultName[]);
  const startedMs = performance.now();
  const timed: Say = (line) => say(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const trouble = new Trouble({ instance, receiver, random }, ledger, names, timed);
  await Promise.all([
    trouble.make(AbortSignal.any([over.signal, signal])).catch(failed),
    use([...machines.values()], ticks, signal).finally(() => over.abort()),
  ]);
  signal.throwIfAborted();

  timed('usage has ended, nothing is broken any more; what is under way arrives');
  await sleep(2 * chaosLimits.intervalMs);
  await caughtUp(instance, ledger, chaosLimits.drainMsMax).catch(failed);
  await instance.stopAgents();
  await caughtUp(instance, ledger, chaosLimits.drainMsMax).catch(failed);
  const wanted = new Set(tenants.flatMap((tenant) => expectedAlerts(tenant, month)));
  await eventually('every alert is delivered', chaosLimits.drainMsMax, async () =>
    [...wanted].every((id) => receiver.accepted.has(id)),
  ).catch(failed);
  const log = await readLog(instance.log, tenants.length);
  // The streams of a cluster are verified where they are, those of one broker after it has stopped.
  if (cluster !== undefined) timed('verify');
  const ofCluster = cluster === undefined ? undefined : await verify(instance.config.dataDir);
  await instance.stop();
  timed('stopped; counting');

  const store = await openStore(instance.config.clickhouse.url);
  const stored = await readStore(store, tenants.length, log.owners);
  await store[Symbol.asyncDispose]();
  const sent = ledger.sent();
  const counts = countSamples(sent, log, stored);
  const { wrong, ...alerts } = judgeAlerts(tenants, month, log.alerts, receiver.accepted);
  if (ofCluster === undefined) timed('verify');
  const verified = ofCluster ?? (await verify(instance.config.dataDir));
  const { ok: isVerified, checks, difference, commits, seconds: tookSeconds } = verified;
  const strangers = unsent(sent, log.holdings, stored.holdings);
  const problems = [
    ...failures,
    ...(['lost', 'twice', 'stale', 'refused'] as const).flatMap((name) => (counts[name] > 0 ? [`${counts[name]} samples ${name}`] : [])),
    ...Object.entries(log.refused).map(([reason, samples]) => `${samples} samples refused: ${reason}`),
    ...(strangers > 0 ? [`${strangers} samples that nobody has sent`] : []),
    ...wrongSums(tenants, stored),
    ...wrong,
    ...checks.filter(({ ok }) => !ok).map(({ name, detail }) => `verify: ${name}: ${detail}`),
  ]; // prettier-ignore
  const ok = problems.length === 0 && isVerified;
  if (!ok) await keep(instance.config.dataDir, join(dir, 'kept'));
  const { counts: faults, recoveries } = trouble;
  return {
    ok, seed, brokers: options.cluster ? 3 : 1, faults, ...counts, recoverMs: spread(recoveries.map(({ ratedMs }) => ratedMs)), ...alerts,
    deliveries: [...receiver.accepted.values()].reduce((sum, count) => sum + count, 0),
    takeovers: log.takeovers, ignored: log.ignored,
    recoverMsByFault: Object.fromEntries(
      names.filter((name) => faults[name] !== undefined)
        .map((name) => [name, spread(recoveries.filter(({ faults: some }) => some.includes(name)).map(({ ratedMs }) => ratedMs))]),
    ),
    loadedMs: spread(recoveries.map(({ loadedMs }) => loadedMs)), fullDisk: diskKind(), verify: { ok: isVerified, difference, commits, seconds: tookSeconds }, problems,
    ...(ok ? {} : { kept: dir }),
  }; // prettier-ignore
}

/** Three brokers of the version that clusters take. */
async function startBrokers(tenants: readonly Tenant[], diskBytes: number): Promise<TestCluster> {
  const binary = await ensureNatsVersion(natsVersionOfClusters);
  const agents = tenants.flatMap((tenant) => tenant.agents);
  return startTestCluster({ partitions: tenants.length, agents, diskBytes, binary });
}

/** A zone in which the month does not end during the run, and the month's name there. */
function calendar(seconds: number): { readonly timeZone: string; readonly month: string } {
  const nowMs = Date.now();
  const endMs = nowMs + seconds * 1000 + chaosLimits.drainMsMax + chaosLimits.startMsMax;
  const timeZone = periodAt(nowMs, 'UTC').endMs > endMs ? 'UTC' : 'Etc/GMT+12';
  return { timeZone, month: periodKey(periodAt(nowMs, timeZone), timeZone) };
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
}

/** Small file systems go with this process. */
const keep = (from: string, to: string): Promise<void> => cp(from, to, { recursive: true });
