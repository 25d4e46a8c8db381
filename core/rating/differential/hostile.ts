/** What a producer may sign out of error or malice: a sound batch of which anything is replaced, added, left out or cut up. */
import type { BatchBody } from '../../metering/batch.ts';
import { hour, metrics, monthsMs, resources } from '../testing/ground.ts';
import { joined, type Encoding } from './batches.ts';

/** A change of a body: a piece of JSON text put in some place, counted round. */
export interface Edit {
  readonly how: 'replace' | 'remove' | 'add' | 'repeat';
  readonly at: number;
  readonly piece: string;
}

/** Either the body is edited and signed anew, or bytes of the signed message are changed, or there is no message at all. */
export interface Attack {
  readonly edits?: readonly Edit[];
  readonly damage?: { readonly from: number; readonly bytes: Uint8Array; readonly cut: number } | null;
  readonly noise?: Uint8Array | null;
}

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
export function messageOf(encoding: Encoding, body: BatchBody, { edits = [], damage, noise }: Attack = {}): Uint8Array {
  if (noise != null) return noise;
  const text = edits.reduce((json, one) => edited(json, one), JSON.stringify(body));
  const bytes = encoding.bytes(`${'good'.padEnd(86, '-')}\nkey\n${text}`);
  if (damage == null) return bytes;
  const from = damage.from % bytes.length;
  return joined(joined(bytes.subarray(0, from), damage.bytes), bytes.subarray(from + damage.cut));
}

type Holder = Record<string, unknown>;

/** The text with one place changed; a piece goes in as it is, whatever JSON.stringify would make of it. */
function edited(text: string, { how, at, piece: json }: Edit): string {
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
