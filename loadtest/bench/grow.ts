/** GROW: what RATE costs per sample with a thousand times the resources, and what the state takes of memory. */
import { runRate } from './rate.ts';
import { median, type Figure } from './figure.ts';

const resourcesPerProducer = 1000;
const metrics = 2;
const runs = 3;

export function benchGrow(): Figure {
  const small = { producers: 1, resourcesPerProducer, metrics };
  const large = { producers: 1000, resourcesPerProducer, metrics };
  runRate(small, 1, 300); // warm
  const pairs = Array.from({ length: runs }, () => [runRate(small, 1, 1000), runRate(large, 1, 1000)] as const);
  const ratios = pairs.map(([few, many]) => few.samplesPerSecond / many.samplesPerSecond);
  const stateBytes = median(pairs.map(([, many]) => many.stateBytesPerSeries));
  return {
    id: 'GROW', value: median(ratios), unit: '× the cost of 1,000 resources', goal: 1.3, better: 'lower', runs: ratios,
    limit: { what: 'JSON.parse of the same batches, 1,000,000 resources against 1,000', value: median(pairs.map(([few, many]) => few.parsePerSecond / many.parsePerSecond)), unit: '×' },
    ratioToLimit: median(pairs.map(([few, many], i) => ratios[i]! / (few.parsePerSecond / many.parsePerSecond))),
    stateBytesPerResourceAndMeter: stateBytes, stateBytesGoal: 300,
    settings: {
      resources: [resourcesPerProducer, large.producers * resourcesPerProducer], metrics, batchSamples: resourcesPerProducer * metrics, prices: 200,
      samplesPerSecond: [median(pairs.map(([few]) => few.samplesPerSecond)), median(pairs.map(([, many]) => many.samplesPerSecond))],
      includes: 'as RATE; each batch names its 1,000 resources, as after a start of the producer',
    },
  }; // prettier-ignore
}
