/** RATE: the core alone on one core, no I/O: admission, deduplication, attribution, graduated price, four levels, budgets. */
import { encodeEnvelope } from '#core/metering/batch.ts';
import type { Input, Ports } from '#core/rating/admit.ts';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PartitionMachine } from '#core/rating/machine.ts';
import { emptyState } from '#core/rating/state.ts';
import { WorkloadProducer, standardSize, workloadOrganisation, type WorkloadSize } from '../workload.ts';
import { median, type Figure } from './figure.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

const key = { id: 'key', publicKey: 'key' };
const signature = 'x'.repeat(86);

/** Hashes and signatures are measured apart (COST); here they cost nothing, and the text is decoded for real. */
function freePorts(): Ports {
  const decoder = new TextDecoder();
  return { hash: (bytes) => String(bytes.length), verify: () => true, text: (bytes) => decoder.decode(bytes) };
}

export function controlInput(tenant: string, size: WorkloadSize, timeMs: number): Input {
  const message = {
    v: 1,
    tenant,
    seq: 1,
    auditId: 'load',
    trace: '',
    changes: workloadOrganisation(tenant, size, () => key),
  };
  return { subject: `control.0.${tenant}`, seq: 1, timeMs, data: Buffer.from(JSON.stringify(message)) };
}

export interface RateRun {
  readonly samplesPerSecond: number;
  readonly parsePerSecond: number;
  readonly encodePerSecond: number;
  /** What the machine's state holds of the heap per (resource, meter), after everything that can be collected is. */
  readonly stateBytesPerSeries: number;
}

/** Rates `batches` batches of `ticks` × series samples; the same batches are parsed alone as the limit. */
export function runRate(size: WorkloadSize, ticks: number, batches: number): RateRun {
  const startMs = Date.UTC(2026, 10, 2);
  const heapBefore = heapBytes();
  const machine = new PartitionMachine(emptyState(0), freePorts());
  machine.takeControl(controlInput('load', size, startMs));
  machine.drain({ kind: 'commit', incarnation: 1, nonce: '', n: 0, prev: { seq: 0, hash: '' } });
  const producers = Array.from({ length: size.producers }, (_, i) => new WorkloadProducer('load', i, size, startMs));
  const lengths = producers.map(() => '');
  let seq = 0;
  let n = 1;
  let samples = 0;
  const spent = { rate: 0, parse: 0, encode: 0 };
  const decoder = new TextDecoder();
  // The first batch of each producer resolves its series; what is measured is the steady state after it.
  for (let done = -producers.length; done < batches;) {
    const inputs: Input[] = [];
    const isMeasured = done >= 0;
    for (; done < batches && inputs.length < 50; done++) {
      const index = (done + producers.length) % producers.length;
      const body = Buffer.from(JSON.stringify(producers[index]!.next(lengths[index]!, ticks)));
      lengths[index] = String(body.length);
      inputs.push({
        subject: `usage.0.load.${producers[index]!.id}`,
        seq: ++seq,
        timeMs: startMs + 86_400_000,
        data: encodeEnvelope({ signature, keyId: key.id, body }),
      });
      samples += size.resourcesPerProducer * size.metrics * ticks;
    }
    let at = performance.now();
    for (const input of inputs) machine.takeUsage(input);
    if (isMeasured) spent.rate += performance.now() - at;
    at = performance.now();
    machine.drain({ kind: 'commit', incarnation: 1, nonce: '', n: n++, prev: { seq: n, hash: '' } });
    if (isMeasured) spent.encode += performance.now() - at;
    at = performance.now();
    for (const input of inputs) JSON.parse(decoder.decode(input.data.subarray(91)));
    if (isMeasured) spent.parse += performance.now() - at;
  }
  const { rated } = machine.state.totals.samples;
  if (rated !== samples) throw new Error(`rated ${rated} of ${samples} samples`);
  const measured = (samples * batches) / (batches + producers.length);
  const perSecond = (ms: number): number => Math.round((measured / ms) * 1000);
  return {
    samplesPerSecond: perSecond(spent.rate),
    parsePerSecond: perSecond(spent.parse),
    encodePerSecond: perSecond(spent.encode),
    stateBytesPerSeries: Math.round((heapBytes() - heapBefore) / machine.state.series.length),
  };
}

export function benchRate(): Figure {
  const size = standardSize;
  runRate(size, 1, 2000); // warm
  const large = Array.from({ length: 3 }, () => runRate(size, 10, 1500));
  const small = Array.from({ length: 3 }, () => runRate(size, 1, 6000));
  const parse = median(large.map((run) => run.parsePerSecond));
  const value = median(large.map((run) => run.samplesPerSecond));
  return {
    id: 'RATE', value, unit: 'samples/s', goal: 5_000_000, better: 'higher', runs: large.map((run) => run.samplesPerSecond),
    limit: { what: 'JSON.parse of the same batches, nothing else', value: parse, unit: 'samples/s' },
    ratioToLimit: value / parse,
    settings: {
      ...size, resources: size.producers * size.resourcesPerProducer, prices: 200, treeLevels: 4, batchSamples: 2000,
      batchesOf200: median(small.map((run) => run.samplesPerSecond)),
      encodeSamplesPerSecond: median(large.map((run) => run.encodePerSecond)),
      includes: 'decode and JSON.parse, admission, deduplication, attribution, charge, balances, budgets; without hash, signature and encoding',
    },
  }; // prettier-ignore
}
