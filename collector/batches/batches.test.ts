import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchLimits, decodeEnvelope, type BatchBody } from '#core/metering/batch.ts';
import { sha256, verifyBatch, verifyingKey } from '#platform/crypto.ts';
import type { MeterNote, Sample } from '../counters/measure.ts';
import { fleetHost, generateBody } from '../fleet/generate.ts';
import { metrics } from '../sources/metrics.ts';
import { SeriesTable } from '../sources/source.ts';
import { testProducer } from '../testing/spoolKit.ts';
import { encodeBatches } from './encode.ts';
import { sealAll } from './seal.ts';

const table = new SeriesTable();
const head = { epoch: { startedAtMs: 5, nonce: '0'.repeat(16) }, nextSeq: 1, prev: 'before' };

const sample = fc.record({
  resource: fc.integer({ min: 1, max: 3000 }).map((index) => `host/${'x'.repeat(index % 180)}${index}`),
  startMs: fc.integer({ min: 1.7e12, max: 1.8e12 }),
  durationMs: fc.integer({ min: 0, max: 7 * 24 * 3600_000 }),
  quantity: fc.bigInt(0n, 2n ** 64n),
});

/** A batch as the rater reads it, one object a sample. */
function decoded(body: BatchBody) {
  return body.s.map((series, index) => {
    const [resource, metric, dims] = body.series[series]!;
    const [offset, durationMs] = body.ticks[body.k[index]!]!;
    const [quantity, raw] = [body.q[index]!, body.raw[index]];
    return { resource: body.resources[resource], metric: body.metrics[metric]!.name, dims: body.dims[dims]?.['mode'], startMs: body.baseMs + offset, durationMs, quantity: BigInt(quantity), raw: BigInt(raw ?? -1) };
  });
} // prettier-ignore

test('samples come out of sealed batches as they went in, whole and in order, within every limit of the format', () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 60 }), fc.constantFrom(1, 5, 200), fc.integer({ min: 0, max: 150 }), (some, times, noteCount) => {
      const samples: Sample[] = Array.from({ length: times }, (_, round) =>
        some.map(({ resource, startMs, durationMs, quantity }) => ({
          series: table.get(`${resource}-${round % 40}`, metrics.hostCpuTime, { mode: round % 2 === 0 ? 'user' : 'idle' }),
          startMs: startMs + round,
          durationMs,
          monotonicUs: 0,
          quantity,
          raw: quantity,
        })),
      ).flat(); // prettier-ignore
      const notes: MeterNote[] = Array.from({ length: noteCount }, (_, index) => ({ kind: 'reset', series: samples[index % samples.length]!.series, detail: 'n'.repeat(index * 9) }));
      const sealed = sealAll(testProducer, head, encodeBatches(samples, notes), '');
      const bodies = sealed.map(({ envelope }) => JSON.parse(Buffer.from(decodeEnvelope(envelope)!.body).toString()) as BatchBody);
      expect(bodies.flatMap(decoded)).toEqual(
        samples.map(({ series, startMs, durationMs, quantity }) => ({ resource: series.resource, metric: 'host.cpu.time', dims: series.dims!['mode'], startMs, durationMs, quantity, raw: quantity })),
      );
      sealed.forEach(({ envelope }, index) => {
        const body = bodies[index]!;
        expect(envelope.length).toBeLessThanOrEqual(batchLimits.bytesMax);
        expect(body.s.length).toBeLessThanOrEqual(batchLimits.samplesMax);
        expect(body.notes?.length ?? 0).toBeLessThanOrEqual(batchLimits.notesMax);
        expect(body.seq).toBe(index + 1);
        expect(body.prev).toBe(index === 0 ? 'before' : sha256(decodeEnvelope(sealed[index - 1]!.envelope)!.body));
      });
    }),
    { numRuns: 40 },
  );
}); // prettier-ignore

test('the signature covers every byte of the body', () => {
  const [sealed] = sealAll(testProducer, head, encodeBatches([], [{ kind: 'lost', detail: 'x' }]), '');
  const { body, signature, keyId } = decodeEnvelope(sealed!.envelope)!;
  const key = verifyingKey(testProducer.key.publicKey)!;
  expect(keyId).toBe(testProducer.key.keyId);
  expect(verifyBatch(key, body, signature)).toBe(true);
  for (let index = 0; index < body.length; index++) {
    const changed = Uint8Array.from(body);
    changed[index]! ^= 1;
    expect(verifyBatch(key, changed, signature)).toBe(false);
  }
});

test('the generator gives the same bytes for the same seed, host and time, and CPU time that adds up', () => {
  const place = { tenant: 't', epoch: head.epoch, seq: 1, prev: '' };
  const slices = Array.from({ length: 24 }, (_, hour) => ({
    startMs: 1.795e12 + hour * 3.6e6,
    endMs: 1.795e12 + (hour + 1) * 3.6e6,
  }));
  for (let index = 1; index <= 40; index++) {
    const host = fleetHost(7, index);
    const body = generateBody(host, place, slices);
    expect(JSON.stringify(generateBody(fleetHost(7, index), place, slices))).toBe(JSON.stringify(body));
    const cpu = body.q.filter((_, at) => body.metrics[body.series[body.s[at]!]![1]]!.name === 'host.cpu.time');
    expect(cpu.reduce<number>((sum, value) => sum + Number(value), 0)).toBe(host.cores * 24 * 3.6e9);
    expect(body.q.every((value) => Number.isSafeInteger(value) && Number(value) >= 0)).toBe(true);
  }
});
