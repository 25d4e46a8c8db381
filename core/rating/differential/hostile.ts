/** What a producer may sign out of error or malice: a sound batch of which anything is replaced, added, left out or cut up. */
import fc from 'fast-check';
import type { BatchBody } from '../../metering/batch.ts';
import { hour, metrics, monthsMs, resources } from '../testing/ground.ts';
import { joined, type Encoding } from './batches.ts';

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
export const hostile = fc.record({
  producer: fc.constantFrom('agent', 'agent', 'gateway'),
  edits: fc.array(edit, { maxLength: 3 }),
  damage: rarely(damage, 8),
  noise: rarely(fc.uint8Array({ maxLength: 300 }), 30),
  quantities: fc.array(fc.nat(20_000_000), { minLength: 1, maxLength: 4 }),
});
export type Hostile = typeof hostile extends fc.Arbitrary<infer Value> ? Value : never;

/** Where the producer stands by the rater's own word. */
export type Place = Pick<BatchBody, 'epoch' | 'seq' | 'prev'>;

export const soundBody = (producer: string, place: Place, quantities: readonly number[]): BatchBody => ({
  v: 1, tenant: 't', producer, ...place, trace: 'tr', resources, metrics: metrics.slice(0, 4), dims: [{ mode: 'user' }, { mode: 'idle', core: '1' }],
  // Slices of one counter follow on from batch to batch, so that those of the agent do not overlap.
  baseMs: monthsMs[0]! - hour, ticks: quantities.map((_, i) => [place.seq * 4000 + i * 1000, 1000, 0]),
  series: [[0, 0, 0], [1, 1, -1], [2, 2, 1], [3, 3, -1]], s: quantities.map((_, i) => i), k: quantities.map((_, i) => i),
  q: quantities, raw: quantities.map(() => null), notes: [{ kind: 'gap', series: -1, detail: 'd' }], spool: { batches: 1, bytes: 2 },
}); // prettier-ignore

/** The message as sent. */
export function messageOf(
  encoding: Encoding,
  body: BatchBody,
  { edits, damage: harm, noise }: Partial<Hostile> = {},
): Uint8Array {
  if (noise != null) return noise;
  const text = (edits ?? []).reduce((json, one) => edited(json, one), JSON.stringify(body));
  const bytes = encoding.bytes(`${'good'.padEnd(86, '-')}\nkey\n${text}`);
  if (harm == null) return bytes;
  const from = harm.from % bytes.length;
  return joined(joined(bytes.subarray(0, from), harm.bytes), bytes.subarray(from + harm.cut));
}

type Holder = Record<string, unknown>;

/** The text with one place changed; a piece goes in as it is, whatever JSON.stringify would make of it. */
function edited(text: string, { how, at, piece: json }: Hostile['edits'][number]): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  const places = placesIn(body);
  if (places.length === 0) return text;
  const [holder, key] = places[at % places.length]!;
  const marker = '\u0001here\u0001';
  if (how === 'remove' && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (how === 'remove') delete holder[key];
  else if (how === 'repeat' && Array.isArray(holder)) holder.push(...(holder as unknown[]).slice(0, 5000));
  else if (how === 'add' && Array.isArray(holder)) holder.splice(Number(key), 0, marker);
  else holder[how === 'add' ? '__added__' : key] = marker;
  return JSON.stringify(body).replace(JSON.stringify(marker), () => json);
}

/** Every place of a JSON value, those near the top first. */
function placesIn(value: unknown): (readonly [Holder, string])[] {
  const places: (readonly [Holder, string])[] = [];
  const waiting = [value];
  for (let holder = waiting.shift(); holder !== undefined && places.length < 400; holder = waiting.shift()) {
    for (const [key, inner] of Object.entries(holder as Holder)) {
      places.push([holder as Holder, key]);
      if (typeof inner === 'object' && inner !== null) waiting.push(inner);
    }
  }
  return places;
}
