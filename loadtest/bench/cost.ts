/** COST: CPU-seconds of broker, rater and loader for a million samples, from signed batch to row in ClickHouse. */
import { streams } from '#core/messages/names.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import { median, type Figure } from './figure.ts';
import { startPipeline, type CpuSeconds, type Pipeline } from './pipeline.ts';
import { insertRaw } from './stored.ts';

const size = { producers: 50, resourcesPerProducer: 10, metrics: 20 };
const samplesPerTick = size.resourcesPerProducer * size.metrics;
const rate = 100_000;
/** Parts of the load that are measured apart; their median is the figure. */
const runCount = 3;
const round = (value: number): number => Math.round(value * 1000) / 1000;

export async function benchCost({ seconds }: { seconds: number }): Promise<Figure> {
  await using pipeline = await startPipeline({ size });
  const log = await jetstreamLog(pipeline.admin);
  await spend(pipeline, size.producers, 1); // resolves every series once, before the clock starts
  const { lastSeq } = await log.info(streams.rated(0));
  const parts: Spent[] = [];
  const partBatches = Math.ceil((seconds * rate) / (samplesPerTick * 10) / runCount);
  for (let run = 0; run < runCount; run++) parts.push(await spend(pipeline, partBatches, 10));
  const end = await log.info(streams.rated(0));
  const runs = parts.map(({ total }) => total);
  const value = median(runs);
  const large = parts.find(({ total }) => total === value)!;
  const samples = parts.reduce((sum, part) => sum + part.samples, 0);
  const raw = (await insertRaw(pipeline, lastSeq + 1, end.lastSeq)).cpuSeconds;
  const small = await spend(pipeline, Math.ceil((Math.min(seconds, 5) * rate) / samplesPerTick), 1);
  const limit = (raw / samples) * 1e6;
  return {
    id: 'COST', value, unit: 'CPU-s per million samples', goal: 3.5, better: 'lower', runs,
    limit: { what: 'inserting the same rated blocks into an empty ClickHouse, nothing else', value: round(limit), unit: 'CPU-s per million samples' },
    ratioToLimit: value / limit,
    settings: {
      ...size, batchSamples: 2000, samples, asked: rate, samplesPerSecond: large.perSecond, perProcess: large.perProcess,
      batchesOf200: { total: small.total, samples: small.samples, samplesPerSecond: small.perSecond, perProcess: small.perProcess },
      partitions: 1, prices: 200, broker: 'one nats-server, sync always', generator: 'not counted',
    },
  }; // prettier-ignore
}

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
  const total = round(Object.values(perProcess).reduce((sum, each) => sum + each, 0));
  return { samples, perSecond: Math.round(samples / seconds), perProcess, total };
}
