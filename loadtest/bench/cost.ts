/** COST: CPU-seconds of broker, rater and loader for a million samples, from signed batch to row in ClickHouse. */
import { streams } from '#core/messages/names.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import type { WorkloadSize } from '../workload.ts';
import { median, type Figure } from './figure.ts';
import { startPipeline, type CpuSeconds, type Pipeline } from './pipeline.ts';
import { insertRaw, samplesStored } from './stored.ts';

const size = { producers: 48, resourcesPerProducer: 10, metrics: 20 };
const rate = 100_000;
/** Parts of the load that are measured apart; their median is the figure. */
const runCount = 3;
/** The same load on so many partitions, each with its share of the producers; and on so many resources, whose names fill a batch. */
const partitionCounts = [1, 4, 16];
const resourceCounts = [1000, 1_000_000];
const wide = { resourcesPerProducer: 1000, metrics: 2 };
const flatGoal = 1.1;
/** A million resources take as long, at this rate, to be named for the first time. */
const warmSeconds = 20;
const fullSpeed = 0;
const windowSamples = 500_000;
const round = (value: number): number => Math.round(value * 1000) / 1000;

export async function benchCost({ seconds }: { seconds: number }): Promise<Figure> {
  const { large, small, runs, samples, limit } = await costOf(seconds);
  const onPartitions: Steady[] = [];
  const told = (run: Steady, what: string) =>
    process.stderr.write(`  ${what}: ${run.total}, at full speed ${run.full.total}\n`);
  for (const partitions of partitionCounts) {
    onPartitions.push(await steady({ ...size, producers: size.producers / partitions }, partitions, 10, seconds / 2));
    told(onPartitions.at(-1)!, `${partitions} partitions`);
  }
  const onResources: Steady[] = [];
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
      partitions: { ...growths(onPartitions), runs: onPartitions.map((run, i) => ({ partitions: partitionCounts[i], ...run })) },
      resources: { ...growths(onResources), runs: onResources.map((run, i) => ({ resources: resourceCounts[i], ...run })) },
    },
    settings: {
      ...size, batchSamples: 2000, samples, asked: rate, samplesPerSecond: large.samplesPerSecond, perProcess: large.perProcess,
      batchesOf200: small, partitions: 1, prices: 200, broker: 'one nats-server, sync always', generator: 'not counted',
      wide: { ...wide, batchSamples: wide.resourcesPerProducer * wide.metrics },
    },
  }; // prettier-ignore
}

/** What the last costs against the first. */
const growth = (runs: readonly { readonly total: number }[]): number => round(runs.at(-1)!.total / runs[0]!.total);
const growths = (runs: readonly Steady[]) => ({
  ratio: growth(runs.map(({ full }) => full)),
  ratioAtRate: growth(runs),
});

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

/** At the asked rate, and beside it as fast as samples are taken, where what a second costs by itself is shared by more of them. */
async function steady(each: WorkloadSize, partitions: number, ticks: number, seconds: number) {
  await using pipeline = await startPipeline({ size: each, partitions });
  // What is compiled at run time is so for all alike.
  const first = await spend(pipeline, each.producers * partitions, 1, fullSpeed);
  const warm = await spend(pipeline, batchesFor(each, ticks, warmSeconds), ticks, fullSpeed);
  const atRate = await spend(pipeline, batchesFor(each, ticks, seconds), ticks);
  const full = await spend(pipeline, batchesFor(each, ticks, warmSeconds), ticks, fullSpeed);
  await pipeline.stopProduct();
  const published = first.samples + warm.samples + atRate.samples + full.samples;
  const inClickHouse = await samplesStored(pipeline);
  if (inClickHouse !== published)
    throw new Error(`${published} samples were published, ${inClickHouse} are in ClickHouse`);
  return { ...atRate, full };
}

const batchesFor = ({ resourcesPerProducer, metrics }: WorkloadSize, ticks: number, seconds: number): number =>
  Math.ceil((seconds * rate) / (resourcesPerProducer * metrics * ticks));

type Spent = Awaited<ReturnType<typeof spend>>;
type Steady = Awaited<ReturnType<typeof steady>>;

/** Publishes, waits until all is in ClickHouse, and gives what that cost each process per million samples. */
async function spend(pipeline: Pipeline, count: number, ticks: number, perSecond = rate) {
  await pipeline.sign(count, ticks);
  const before = pipeline.cpu();
  const { samples, seconds } = await pipeline.publish({ rate: perSecond, windowSamples });
  await pipeline.settled();
  const after = pipeline.cpu();
  const names = Object.keys(after) as (keyof CpuSeconds)[];
  const perProcess = Object.fromEntries(
    names.map((name) => [name, round(((after[name] - before[name]) / samples) * 1e6)]),
  );
  const total = round(Object.values(perProcess).reduce((sum, value) => sum + value, 0));
  return { samples, samplesPerSecond: Math.round(samples / seconds), perProcess, total };
}
