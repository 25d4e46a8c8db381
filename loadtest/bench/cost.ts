/** COST: CPU-seconds of broker, rater and loader for a million samples, from signed batch to row in ClickHouse. */
import { streams } from '#core/messages/names.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import type { WorkloadSize } from '../workload.ts';
import { median, type Figure } from './figure.ts';
import { startPipeline, type CpuSeconds, type Pipeline } from './pipeline.ts';
import { insertRaw } from './stored.ts';

const size = { producers: 48, resourcesPerProducer: 10, metrics: 20 };
const rate = 100_000;
/** Parts of the load that are measured apart; their median is the figure. */
const runCount = 3;
/** The same load on so many partitions, each with its share of the producers; and on so many resources, whose names fill a batch. */
const partitionCounts = [1, 4, 16];
const resourceCounts = [1000, 1_000_000];
const wide = { resourcesPerProducer: 1000, metrics: 2 };
const flatGoal = 1.1;
const round = (value: number): number => Math.round(value * 1000) / 1000;

export async function benchCost({ seconds }: { seconds: number }): Promise<Figure> {
  const { large, small, runs, samples, limit } = await costOf(seconds);
  const onPartitions: Spent[] = [];
  const told = (run: Spent, what: string) => process.stderr.write(`  ${what}: ${run.total}\n`);
  for (const partitions of partitionCounts) {
    onPartitions.push(await steady({ ...size, producers: size.producers / partitions }, partitions, 10, seconds / 2));
    told(onPartitions.at(-1)!, `${partitions} partitions`);
  }
  const onResources: Spent[] = [];
  for (const resources of resourceCounts) {
    onResources.push(await steady({ ...wide, producers: resources / wide.resourcesPerProducer }, 1, 1, seconds / 2));
    told(onResources.at(-1)!, `${resources} resources`);
  }
  return {
    id: 'COST', value: large.total, unit: 'CPU-s per million samples', goal: 3.5, better: 'lower', runs,
    limit: { what: 'inserting the same rated blocks into an empty ClickHouse, nothing else', value: limit, unit: 'CPU-s per million samples' },
    ratioToLimit: large.total / limit,
    flat: {
      goal: flatGoal,
      partitions: { ratio: apart(onPartitions), runs: onPartitions.map((run, i) => ({ partitions: partitionCounts[i], ...run })) },
      resources: { ratio: apart(onResources), runs: onResources.map((run, i) => ({ resources: resourceCounts[i], ...run })) },
    },
    settings: {
      ...size, batchSamples: 2000, samples, asked: rate, samplesPerSecond: large.samplesPerSecond, perProcess: large.perProcess,
      batchesOf200: small, partitions: 1, prices: 200, broker: 'one nats-server, sync always', generator: 'not counted',
      wide: { ...wide, batchSamples: wide.resourcesPerProducer * wide.metrics },
    },
  }; // prettier-ignore
}

/** How much more the dearest costs than the cheapest. */
const apart = (runs: readonly Spent[]): number => {
  const totals = runs.map(({ total }) => total);
  return round(Math.max(...totals) / Math.min(...totals));
};

async function costOf(seconds: number) {
  await using pipeline = await startPipeline({ size });
  const log = await jetstreamLog(pipeline.admin);
  await spend(pipeline, size.producers, 1); // resolves every series once, before the clock starts
  const { lastSeq } = await log.info(streams.rated(0));
  const parts: Spent[] = [];
  const partBatches = batchesFor(size, 10, seconds / runCount);
  for (let run = 0; run < runCount; run++) parts.push(await spend(pipeline, partBatches, 10));
  const end = await log.info(streams.rated(0));
  const runs = parts.map(({ total }) => total);
  const samples = parts.reduce((sum, part) => sum + part.samples, 0);
  const small = await spend(pipeline, batchesFor(size, 1, Math.min(seconds, 5)), 1);
  const raw = await insertRaw(pipeline, lastSeq + 1, end.lastSeq);
  const large = parts.find(({ total }) => total === median(runs))!;
  return { large, small, runs, samples, limit: round((raw.cpuSeconds / samples) * 1e6) };
}

async function steady(each: WorkloadSize, partitions: number, ticks: number, seconds: number): Promise<Spent> {
  await using pipeline = await startPipeline({ size: each, partitions });
  await spend(pipeline, each.producers * partitions, 1);
  // The first part settles what a start leaves to do.
  await spend(pipeline, batchesFor(each, ticks, 2), ticks);
  return await spend(pipeline, batchesFor(each, ticks, seconds), ticks);
}

const batchesFor = ({ resourcesPerProducer, metrics }: WorkloadSize, ticks: number, seconds: number): number =>
  Math.ceil((seconds * rate) / (resourcesPerProducer * metrics * ticks));

type Spent = Awaited<ReturnType<typeof spend>>;

/** Publishes, waits until all is in ClickHouse, and gives what that cost each process per million samples. */
async function spend(pipeline: Pipeline, count: number, ticks: number) {
  await pipeline.sign(count, ticks);
  const before = pipeline.cpu();
  const { samples, seconds } = await pipeline.publish({ rate });
  await pipeline.settled();
  const after = pipeline.cpu();
  const names = Object.keys(after) as (keyof CpuSeconds)[];
  const perProcess = Object.fromEntries(
    names.map((name) => [name, round(((after[name] - before[name]) / samples) * 1e6)]),
  );
  const total = round(Object.values(perProcess).reduce((sum, value) => sum + value, 0));
  return { samples, samplesPerSecond: Math.round(samples / seconds), perProcess, total };
}
