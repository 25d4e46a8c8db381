import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ports } from '../../testing/differentialPorts.ts';
import { checkNames } from '../../reference/audit/faults.ts';
import { seed } from '../../testing/seed.ts';
import { monthsMs } from '../testing/ground.ts';
import { action, type Action } from './actions.ts';
import { messageOf, soundBody, type Place } from './hostile.ts';
import { World } from './world.ts';

const runs = Number(process.env['METERLINE_RUNS'] ?? 100);

/** Pieces of JSON text, most of which JSON.stringify would not write. */
const pieces = [
  'null', 'true', 'false', '0', '-0', '-1', '1.5', '1e3', '1e400', '-1e400', '5e-324', '9007199254740991', '9007199254740993', '-9007199254740991', '1e22',
  '9999999999999', '10000000000000', '4294967296', '4001', '""', '" "', '"x"', '"0"', '"-5"', '"1e3"', '"0x10"', '"٣"', '"NaN"', '"Infinity"', '"10000000000000000000000"',
  '"10000000000000000000001"', '"a\\u0000b"', '"\\ud800"', '"\\t\\n\\\\"', '"__proto__"', '"constructor"', '"a/b/../c"', '[]', '{}', '[[]]', '[null]', '[0,0]', '[0,0,0]', '[0,0,0,0]', '[-1,0,0]',
  '{"length":3}', '{"__proto__":{"name":"cpu"}}', '{"__proto__":"user"}', '{"constructor":"user","toString":"x"}', '{"toJSON":"x"}', '{"mode":"user","mode":"idle"}',
  '{"name":"cpu","unit":"us","scale":0,"kind":"delta"}', '{"name":"cpu","unit":"kg","scale":0,"kind":"delta"}', '{"name":"__proto__","unit":"1","scale":12,"kind":"level"}',
  '{"startedAtMs":9007199254740991,"nonce":"ffffffffffffffff"}', '{"startedAtMs":1e999,"nonce":"ffffffffffffffff"}', '{"kind":"lost","series":-1,"detail":""}',
  '"' + 'x'.repeat(700) + '"', '[' .repeat(5000) + ']'.repeat(5000), '{"a":'.repeat(3000) + '1' + '}'.repeat(3000), `[${'0,'.repeat(4000)}0]`,
] as const; // prettier-ignore

const piece = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...pieces) }, fc.json({ maxDepth: 3 }));
const edit = fc.record({
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'repeat'),
  /** Which place of the body, counted round; few so that most samples of a batch are left alone. */
  at: fc.nat(200),
  piece,
});
const damage = fc.record({
  from: fc.oneof(fc.nat(90), fc.nat(3000)),
  bytes: fc.uint8Array({ maxLength: 6 }),
  cut: fc.nat(5),
});

const rarely = <T>(what: fc.Arbitrary<T>, once: number) =>
  fc.oneof({ weight: once, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: what });

/** Either the body is edited and signed anew, or bytes of the signed message are changed, or there is no message at all. */
const hostile = fc.record({
  producer: fc.constantFrom('agent', 'agent', 'gateway'),
  edits: fc.array(edit, { maxLength: 3 }),
  damage: rarely(damage, 8),
  noise: rarely(fc.uint8Array({ maxLength: 300 }), 30),
  quantities: fc.array(fc.nat(20_000_000), { minLength: 1, maxLength: 4 }),
});
/** Prices, owners, closes and whatever else a partition may have seen. */
const ground = fc.array(action, { maxLength: 12, size: 'max' });

/** Where the rater says that a producer stands: what a liar would look up, too. */
function placeOf(world: World, id: string): Place {
  const known = world.state.tenants.get('t')?.producers.get(id);
  const epoch = known?.epoch ?? { startedAtMs: 1, nonce: '00000000000000ab' };
  return { epoch, seq: (known?.mark ?? 0) + 1, prev: known?.hashes.at(-1)?.[1] ?? '' };
}

test(`HOSTILE: whatever a producer signs, the partition goes on, counts it, and both engines say the same, seed ${seed}`, () => {
  const reasons = new Set<string>();
  fc.assert(
    fc.property(ground, fc.array(hostile, { minLength: 3, maxLength: 20, size: 'max' }), (before, attacks) => {
      const world = new World(ports);
      for (const one of before) world.act(one);
      for (const attack of attacks) {
        const { producer, quantities } = attack;
        world.take(
          `usage.0.t.${producer}`,
          messageOf(ports, soundBody(producer, placeOf(world, producer), quantities), attack),
        );
        if (quantities[0]! % 3 === 0) world.commit();
      }
      // A sound batch is taken as if nothing had happened: of another tenant, and of the same producers.
      const ratedBefore = world.state.totals.samples.rated;
      for (const producer of ['agent', 'gateway']) {
        const place = placeOf(world, producer);
        if (place.epoch.startedAtMs === Number.MAX_SAFE_INTEGER || place.seq > Number.MAX_SAFE_INTEGER) continue;
        world.take(`usage.0.t.${producer}`, messageOf(ports, soundBody(producer, place, [1, 2])));
        expect(placeOf(world, producer).seq).toBe(place.seq + 1);
      }
      world.commit();
      world.auditor.finish();
      for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
      const { received, rated, duplicates, refused } = world.state.totals.samples;
      expect(rated + duplicates + refused).toBe(received);
      expect(rated).toBeGreaterThanOrEqual(ratedBefore);
      for (const reason of world.reasons) reasons.add(reason);
    }),
    { seed, numRuns: runs },
  );
  expect(reasons.size).toBeGreaterThan(2);
}, 600_000);

test('rows that are late for one long period and lie months apart make a block each: offsets are 32 bits wide', () => {
  const world = new World(ports);
  const hours = 3_600_000;
  world.act({
    kind: 'prices', tenant: 't',
    prices: [{
      key: 'yearly', service: 's', component: 'c', meter: 'cpu.all', currency: 'EUR', account: 0, effectiveFromMs: 0, tallyScope: 'account',
      period: { kind: 'calendar', interval: 'year' }, unit: { name: 'u', numerator: '1', denominator: '1' }, allowance: '0', model: { kind: 'perUnit', unitPrice: '1' },
    }],
  } as unknown as Action); // prettier-ignore
  world.act({ kind: 'month', ticks: true });
  world.act({ kind: 'close', tenant: 't', account: 1, untilMs: monthsMs[0]! + hours, talliesPerStep: undefined });
  const at = (startMs: number) => ({
    resource: 0 as const,
    metric: 0,
    dims: -1 as const,
    startMs,
    durationMs: 0,
    quantity: 1,
  });
  world.act({
    kind: 'batch',
    tenant: 't',
    producer: 'gateway',
    month: 0,
    harm: null,
    samples: [at(-1440 * hours), at(0)],
  });
  world.commit();
  world.auditor.finish();
  expect(world.seen.late).toBe(2);
  for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
});
