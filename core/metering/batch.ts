/**
 * What a producer sends: one signed batch of samples, columnar and dictionary-coded, so that names, times and
 * ownership are resolved once per batch and a sample costs a few integers.
 *
 * On the wire a batch is three lines of text, `signature \n key id \n body`:
 * - signature: base64url (86 characters) of Ed25519 over `signedBytes(body)`;
 * - key id: base64url of the first 12 bytes of SHA-256 of the raw public key;
 * - body: the JSON of `BatchBody`, kept byte for byte; its SHA-256 is the batch's hash, which the next batch names as
 *   `prev` and which deduplication compares.
 */
export interface BatchBody {
  readonly v: 1;
  readonly tenant: string;
  readonly producer: string;
  readonly epoch: Epoch;
  /** Gapless from 1 within an epoch. */
  readonly seq: number;
  /** Hash (base64url SHA-256) of the previous batch of this epoch; of the last batch of the previous epoch when
   * `seq` is 1 and there was one, else "". */
  readonly prev: string;
  /** W3C `traceparent` of the producer's tick, or "". */
  readonly trace: string;
  /** Marks a simulated producer everywhere it is shown. */
  readonly simulated?: true;
  /** Names of resources, e.g. "web-1", "web-1/ctr-3f2a". */
  readonly resources: readonly string[];
  readonly metrics: readonly BatchMetric[];
  /** Dimension sets, e.g. {"mode":"user"}. */
  readonly dims: readonly Readonly<Record<string, string>>[];
  /** Time slices: [start offset in ms from `baseMs`, duration in ms, monotonic duration in µs or 0 when unknown]. */
  readonly ticks: readonly (readonly [number, number, number])[];
  /** UTC ms that tick offsets count from. */
  readonly baseMs: number;
  /** [resource, metric, dims or -1] by index into the dictionaries above. */
  readonly series: readonly (readonly [number, number, number])[];
  /** One entry a sample, all of one length: index into `series`, index into `ticks`, quantity, raw counter or null. */
  readonly s: readonly number[];
  readonly k: readonly number[];
  /** Integer in 10⁻ˢᶜᵃˡᵉ metric units: a JSON number up to 2⁵³−1, beyond it decimal text. Never negative. */
  readonly q: readonly (number | string)[];
  /** The kernel's or device's cumulative counter at the end of the slice, as evidence; null for levels. */
  readonly raw: readonly (number | string | null)[];
  /** What the producer wants known: resets, gaps, losses. Signed with the rest. */
  readonly notes?: readonly BatchNote[];
  /** Size of the producer's unacknowledged spool when this was written, for the fleet page. */
  readonly spool?: { readonly batches: number; readonly bytes: number };
  /** Up to where the producer has sent all that it will ever send, by event time, UTC ms: what closes go by where it has no samples. */
  readonly completeUntilMs?: number;
}

export interface Epoch {
  readonly startedAtMs: number;
  /** 16 hexadecimal digits. */
  readonly nonce: string;
}

export interface BatchMetric {
  readonly name: string;
  /** UCUM unit of the quantity, e.g. "us", "By", "1". */
  readonly unit: string;
  readonly scale: number;
  /** `delta`: what was consumed in the slice. `level`: what was held throughout it. */
  readonly kind: 'delta' | 'level';
}

export interface BatchNote {
  readonly kind: 'reset' | 'gap' | 'lost' | 'clock' | 'coalesced';
  /** Index into `series`, or -1 for the whole producer. */
  readonly series: number;
  readonly detail: string;
  /** Of `coalesced`, and there alone. */
  readonly coalesced?: Coalescing;
}

/** A loss of resolution: so many readings of that time are in slices of this length, or twice as long ones. Nothing of the totals is lost. */
export interface Coalescing {
  readonly fromMs: number;
  readonly toMs: number;
  readonly readings: number;
  readonly sliceMs: number;
}

/** Named limits of one batch; the rater refuses what exceeds them, the collector never makes it. */
export const batchLimits = {
  bytesMax: 512 * 1024,
  samplesMax: 4000,
  seriesMax: 4000,
  ticksMax: 4000,
  resourcesMax: 4000,
  metricsMax: 500,
  dimsMax: 4000,
  notesMax: 100,
  /** Characters of a metric's unit; and of one set of dimensions as a JSON list of [name, value], for a commit names each series. */
  unitTextMax: 100,
  dimsTextMax: 600,
  /** A sample may not lie further in the future of log time than this. */
  aheadMsMax: 24 * 3600 * 1000,
  /** A slice may not be longer than this. */
  durationMsMax: 7 * 24 * 3600 * 1000,
  /** Quantity of one sample, in 10⁻ˢᶜᵃˡᵉ metric units: the sum of a block of `samplesMax` of them stays below 10²⁶. */
  quantityMax: 10n ** 22n,
} as const;

const signingDomain = 'meterline-batch-v1\n';

/** What the Ed25519 signature covers: a domain tag and the body, so that no other protocol's signature fits. */
export function signedBytes(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(signingDomain.length + body.length);
  for (let i = 0; i < signingDomain.length; i++) bytes[i] = signingDomain.charCodeAt(i);
  bytes.set(body, signingDomain.length);
  return bytes;
}

export interface BatchEnvelope {
  /** 86 base64url characters. */
  readonly signature: string;
  readonly keyId: string;
  readonly body: Uint8Array;
}

/** Joins the three lines of a batch message. */
export function encodeEnvelope(envelope: BatchEnvelope): Uint8Array {
  const head = `${envelope.signature}\n${envelope.keyId}\n`;
  const bytes = new Uint8Array(head.length + envelope.body.length);
  for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
  bytes.set(envelope.body, head.length);
  return bytes;
}

/** Splits a batch message without copying the body; `undefined` when it has no such shape. */
export function decodeEnvelope(bytes: Uint8Array): BatchEnvelope | undefined {
  const first = bytes.indexOf(10);
  if (first !== 86) return undefined;
  const second = bytes.indexOf(10, first + 1);
  if (second < 0 || second - first > 64) return undefined;
  return {
    signature: ascii(bytes, 0, first),
    keyId: ascii(bytes, first + 1, second),
    body: bytes.subarray(second + 1),
  };
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
