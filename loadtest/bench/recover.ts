/** RECOVER: from killing the rater under load, a million resources in its state, until it is one commit behind again. */
import { Objm } from '@nats-io/obj';
import type { BalanceReply } from '#core/messages/balances.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { buckets, streams } from '#core/messages/names.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import { raterLimits } from '#rater/limits.ts';
import { parseHeader } from '#rater/replay.ts';
import { catchUp, restore } from '#rater/restore.ts';
import { drawApart } from '#rater/snapshotProcess.ts';
import { openSnapshots } from '#rater/snapshots.ts';
import type { WorkloadSize } from '../workload.ts';
import { median, type Figure } from './figure.ts';
import { startPipeline, tenantOf, type Pipeline } from './pipeline.ts';
import { residentMiB } from './processes.ts';
import { samplesStored } from './stored.ts';

const size: WorkloadSize = { producers: 1000, resourcesPerProducer: 1000, metrics: 1 };
const ticks = 2;
const batchSamples = size.resourcesPerProducer * size.metrics * ticks;
const rate = 100_000;
const killCount = 3;
/** What comes before each kill is replayed, what comes after it has to be caught up with. */
const shareBefore = 0.4;
const cpuWatchMs = 50;
/** Samples that are not in ClickHouse yet, while the state is filled. */
const fillWindowSamples = 200_000;

export async function benchRecover({ seconds }: { seconds: number }): Promise<Figure> {
  await using pipeline = await startPipeline({ size });
  const log = await jetstreamLog(pipeline.admin);
  await pipeline.sign(size.producers, 1);
  await pipeline.publish({ rate: 0, windowSamples: fillWindowSamples });
  await pipeline.settled();
  const drawnAt = performance.now();
  const drawn = (await drawApart(pipeline.nats, new AbortController().signal)(0))!;
  const snapshotMs = Math.round(performance.now() - drawnAt);
  const kills: Kill[] = [];
  for (let kill = 0; kill < killCount; kill++) kills.push(await killOnce(pipeline, log, seconds));
  const warmKills: Kill[] = [];
  for (let kill = 0; kill < killCount; kill++) {
    await pipeline.addStandby();
    warmKills.push(await killOnce(pipeline, log, seconds));
  }
  const lost = await verified(pipeline);
  await pipeline.stopProduct();
  const stored = await samplesStored(pipeline);
  const bare = await bareReads(pipeline, log);
  const runs = kills.map(({ recoverMs }) => recoverMs);
  const value = median(runs);
  const limit = raterLimits.leaseTtlMs + bare.snapshotReadMs + bare.ratedReadMs;
  return {
    id: 'RECOVER', value, unit: 'ms', goal: 5000, better: 'lower', runs, background: median(kills.map(({ perSecond }) => perSecond)),
    limit: { what: 'the lease runs out, then the snapshot and the commits after it are read and nothing is done with them', value: limit, unit: 'ms' },
    ratioToLimit: value / limit,
    withStandby: { value: median(warmKills.map(({ recoverMs }) => recoverMs)), goal: 3000, ...told(warmKills) }, lost: lost.lost, twice: lost.twice, inClickHouse: stored,
    settings: {
      ...size, resources: size.producers * size.resourcesPerProducer, batchSamples, asked: rate, kills: killCount, partitions: 1, prices: 200,
      snapshotBytes: drawn.bytes, snapshotMs, snapshotCpuMs: Math.round(drawn.cpuMs), snapshotResidentMiB: Math.round(drawn.residentBytes / 2 ** 20),
      ...told(kills), ...bare,
      broker: 'one nats-server, sync always', until: 'a commit holds nothing that came before the second last one was stored',
    },
  }; // prettier-ignore
}

interface Kill {
  /** From the signal until the first commit that is only one commit behind, and until the take-over is stored. */
  readonly recoverMs: number;
  readonly takeoverMs: number;
  /** Of the new process, from the kill until then. */
  readonly cpuMs: number;
  /** Samples that waited when the take-over was stored. */
  readonly behind: number;
  /** Of the rater that was killed and of the one after it, when all was caught up with. */
  readonly residentMiB: readonly [number, number];
  readonly perSecond: number;
}

const told = (kills: readonly Kill[]) => ({
  runs: kills.map(({ recoverMs }) => recoverMs),
  takeoverMs: kills.map(({ takeoverMs }) => takeoverMs),
  recoverCpuMs: kills.map(({ cpuMs }) => cpuMs),
  behindAtTakeover: kills.map(({ behind }) => behind),
  residentMiB: kills.map((kill) => kill.residentMiB),
});

async function killOnce(pipeline: Pipeline, log: Log, seconds: number): Promise<Kill> {
  await pipeline.sign(Math.ceil((seconds * rate) / batchSamples), ticks);
  const rated = (await log.info(streams.rated(0))).lastSeq;
  const usage = (await log.info(streams.usage(0))).lastSeq;
  const publishing = pipeline.publish({ rate });
  await sleep(seconds * 1000 * shareBefore);
  const before = residentMiB(pipeline.raterPid);
  const killedMs = pipeline.replaceRater();
  const startedWith = pipeline.cpu().rater;
  const spent: { readonly atMs: number; readonly seconds: number }[] = [];
  const watch = setInterval(() => spent.push({ atMs: Date.now(), seconds: pipeline.cpu().rater }), cpuWatchMs);
  const { samples, seconds: took } = await publishing;
  await pipeline.settled();
  clearInterval(watch);
  const { levelMs, ...times } = await recovery(log, rated + 1, usage + 1, killedMs);
  return {
    ...times,
    cpuMs: Math.round(((spent.find(({ atMs }) => atMs >= levelMs)?.seconds ?? NaN) - startedWith) * 1000),
    residentMiB: [before, residentMiB(pipeline.raterPid)],
    perSecond: Math.round(samples / took),
  };
}

/** By the broker's times: its clock is this machine's. */
async function recovery(log: Log, ratedFrom: number, usageFrom: number, killedMs: number) {
  const usageMs = (await messages(log, streams.usage(0), usageFrom)).map(({ timeMs }) => timeMs);
  const commits = (await messages(log, streams.rated(0), ratedFrom)).map(({ timeMs, data }) => ({
    timeMs,
    header: parseHeader(data),
  }));
  const at = commits.findIndex(({ header, timeMs }) => header.kind === 'takeover' && timeMs >= killedMs);
  const takeover = commits[at]!;
  /** When the oldest input came; a commit of time alone has none. */
  const arrivedMs = ({ inputs: { taken } }: CommitHeader): number =>
    taken.length === 0 ? 0 : usageMs[taken[0]!.from - usageFrom]!;
  const isLevel = (index: number): boolean => arrivedMs(commits[index]!.header) >= commits[index - 2]!.timeMs;
  // Where it never came to that while there was load, all of the load is what it caught up with.
  const level = commits.find((_, index) => index > at + 1 && isLevel(index)) ?? commits.at(-1)!;
  const waiting =
    usageMs.filter((ms) => ms <= takeover.timeMs).length - (takeover.header.inputs.usage.seq - usageFrom + 1);
  return {
    levelMs: level.timeMs,
    recoverMs: level.timeMs - killedMs,
    takeoverMs: takeover.timeMs - killedMs,
    behind: waiting * batchSamples,
  };
}

async function messages(log: Log, stream: string, from: number): Promise<{ timeMs: number; data: Uint8Array }[]> {
  const { lastSeq } = await log.info(stream);
  const reading = new AbortController();
  const all = [];
  for await (const { seq, timeMs, data } of log.follow(stream, from, reading.signal)) {
    all.push({ timeMs, data });
    if (seq >= lastSeq) break;
  }
  reading.abort();
  return all;
}

/** Every producer's samples against what was sent: as its batches are chained, its mark says how many there were. */
async function verified({ admin }: Pipeline): Promise<{ lost: number; twice: number }> {
  const reply = await admin.request('balance.get.0', JSON.stringify({ tenant: tenantOf(0) }), { timeout: 10_000 });
  const perTick = size.resourcesPerProducer * size.metrics;
  let [lost, twice] = [0, 0];
  for (const { mark, samples } of reply.json<BalanceReply>().producers) {
    const sent = perTick * (1 + (mark - 1) * ticks);
    lost += Math.max(0, sent - samples.rated);
    twice += Math.max(0, samples.rated - sent) + samples.duplicates;
  }
  return { lost, twice };
}

/** On a broker that does nothing else: reading alone, and what a take-over makes of it. */
async function bareReads({ admin }: Pipeline, log: Log) {
  const timed = async (work: () => Promise<unknown>) => {
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(cpu);
    return { ms: Math.round(performance.now() - startedAt), cpuMs: Math.round((user + system) / 1000) };
  };
  const snapshots = await openSnapshots(admin, log, 1);
  const blobs = await new Objm(admin).open(buckets.snapshots);
  const [newest] = (await blobs.list()).map(({ name }) => name).sort().reverse(); // prettier-ignore
  const outSeq = Number(newest!.split('/')[1]);
  const snapshotRead = await timed(() => blobs.getBlob(newest!));
  const ratedRead = await timed(() => messages(log, streams.rated(0), outSeq + 1));
  const restored = await restore(0, snapshots);
  const loaded = await timed(() => restore(0, snapshots));
  const { lastSeq, bytes } = await log.info(streams.rated(0));
  const replayed = await timed(() => catchUp(restored, log, () => undefined));
  return {
    snapshotReadMs: snapshotRead.ms, ratedReadMs: ratedRead.ms, snapshotLoadMs: loaded.ms, snapshotLoadCpuMs: loaded.cpuMs,
    replayMs: replayed.ms, replayCpuMs: replayed.cpuMs, replayCommits: lastSeq - outSeq, ratedBytes: bytes,
  }; // prettier-ignore
}
