/** PIPE: how many samples a second go the whole path, from a published batch to a row in ClickHouse, all of it durable. */
import { streams } from '#core/messages/names.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import { standardSize } from '../workload.ts';
import type { Figure } from './figure.ts';
import { startPipeline, type CpuSeconds, type LoadedAt } from './pipeline.ts';
import { insertRaw, samplesStored } from './stored.ts';

const samplesPerTick = standardSize.resourcesPerProducer * standardSize.metrics;
/** What is signed ahead lasts at this speed; a faster path ends the run early, and says so. */
const signedPerSecond = { 10: 1_600_000, 1: 500_000 } as const;
/** A second of the goal on the way at once: what is published beyond would only wait in the streams. */
const windowSamples = 500_000;
const partCount = 6;
const round = (value: number): number => Math.round(value * 1000) / 1000;

export async function benchPipe({ seconds }: { seconds: number }): Promise<Figure> {
  const large = await sustain(10, seconds);
  const small = await sustain(1, seconds);
  const { perSecond, parts, raw, client, ...rest } = large;
  return {
    id: 'PIPE', value: perSecond, unit: 'samples/s', goal: 500_000, better: 'higher', runs: parts,
    limit: {
      what: 'inserting the same rated blocks into an empty ClickHouse with the engine’s own client, nothing else', value: client, unit: 'samples/s',
      asTheLoader: { what: 'the same the way the loader inserts, from a file', value: raw, ratio: round(perSecond / raw) },
    },
    ratioToLimit: perSecond / client, ratioGoal: 0.4, ...rest, batchesOf200: small,
    settings: {
      ...standardSize, seconds, batchSamples: samplesPerTick * 10, windowSamples, partitions: 1, prices: 200,
      durable: 'broker with sync always, ClickHouse with fsync of each part', runs: 'parts of the one run',
      generator: 'batches signed before the run, in a process of its own, whose CPU time is told apart',
    },
  }; // prettier-ignore
}

async function sustain(ticks: 1 | 10, seconds: number) {
  await using pipeline = await startPipeline({ size: standardSize });
  const log = await jetstreamLog(pipeline.admin);
  // Resolves every series once, before the clock starts.
  await pipeline.sign(standardSize.producers, 1);
  const warm = await pipeline.publish({ rate: 0, windowSamples });
  await pipeline.settled();
  await pipeline.sign(Math.ceil((seconds * signedPerSecond[ticks]) / (samplesPerTick * ticks)), ticks);
  const begin = await log.info(streams.rated(0));
  const [startedMs, before] = [performance.now(), pipeline.cpu()];
  const published = await pipeline.publish({ rate: 0, seconds, windowSamples });
  const publishedMs = performance.now();
  await pipeline.settled();
  const [endedMs, after] = [pipeline.steps.at(-1)!.atMs, pipeline.cpu()];
  const end = await log.info(streams.rated(0));
  await pipeline.stopProduct();
  const inClickHouse = (await samplesStored(pipeline)) - warm.samples;
  if (inClickHouse !== published.samples)
    throw new Error(`${published.samples} samples were published, ${inClickHouse} are in ClickHouse`);
  const raw = await insertRaw(pipeline, begin.lastSeq + 1, end.lastSeq);
  const { samples } = published;
  const perSecond = Math.round((samples / (endedMs - startedMs)) * 1000);
  const perMillion = (cpuSeconds: number): number => round((cpuSeconds / samples) * 1e6);
  const cpu = Object.fromEntries(
    (Object.keys(after) as (keyof CpuSeconds)[]).map((name) => [name, perMillion(after[name] - before[name])]),
  );
  const rawPerSecond = Math.round(samples / raw.seconds);
  return {
    perSecond, parts: partsOf(pipeline.steps, startedMs, publishedMs), raw: rawPerSecond, client: Math.round(samples / raw.client.seconds),
    samples, inClickHouse, seconds: round((endedMs - startedMs) / 1000), behindMs: Math.round(endedMs - publishedMs), behindGoalMs: 1000,
    ranOut: published.left === 0,
    cpuSecondsPerMillion: { ...cpu, total: round(Object.values(cpu).reduce((sum, each) => sum + each, 0)), generator: perMillion(published.cpuSeconds), rawInsert: perMillion(raw.cpuSeconds) },
    bytesPerSample: { batch: round(published.bytes / samples), rated: round((end.bytes - begin.bytes) / samples) },
    samplesPerCommit: Math.round(samples / (end.lastSeq - begin.lastSeq)),
  }; // prettier-ignore
}

/** Samples a second that came into ClickHouse in each part of the time in which batches were published. */
function partsOf(steps: readonly LoadedAt[], fromMs: number, toMs: number): number[] {
  const lengthMs = (toMs - fromMs) / partCount;
  const loadedAt = (atMs: number): number => steps.findLast((step) => step.atMs <= atMs)?.samples ?? 0;
  return Array.from({ length: partCount }, (_, part) => {
    const startMs = fromMs + part * lengthMs;
    return Math.round(((loadedAt(startMs + lengthMs) - loadedAt(startMs)) / lengthMs) * 1000);
  });
}
