/** SPEC §2.2, 2.5, 2.11, 2.12: from bytes to a batch whose every part has the shape that the contract says. */
import { batchLimits, type BatchBody } from '../metering/batch.ts';

export interface Envelope {
  readonly signature: string;
  readonly keyId: string;
  readonly body: Uint8Array;
}

/** Three lines: a signature of 86 characters, a key id of at most 63, and the body. */
export function openEnvelope(bytes: Uint8Array): Envelope | undefined {
  const first = bytes.indexOf(10);
  const second = bytes.indexOf(10, first + 1);
  if (first !== 86 || second < 0 || second - first > 64) return undefined;
  const ascii = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  return { signature: ascii(0, first), keyId: ascii(first + 1, second), body: bytes.subarray(second + 1) };
}

/** The JSON value in UTF-8 bytes, or `undefined`; `readText` answers `undefined` for what is not UTF-8. */
export function readJson(readText: (bytes: Uint8Array) => string | undefined, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(readText(bytes) ?? '') as unknown;
  } catch {
    return undefined;
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
export const isNatural = (value: unknown): value is number => isWhole(value) && value >= 0;
export const isListOf = (value: unknown, fits: (entry: unknown) => boolean): value is readonly unknown[] =>
  Array.isArray(value) && value.every(fits);

/** 2.5: what identifies a batch. */
export function hasIdentity(
  value: unknown,
): value is Pick<BatchBody, 'v' | 'tenant' | 'producer' | 'epoch' | 'seq' | 'prev'> {
  if (!isObject(value) || value['v'] !== 1) return false;
  const { tenant, producer, epoch, seq, prev } = value;
  if (!isText(tenant) || !isText(producer) || !isText(prev) || !isWhole(seq) || seq < 1) return false;
  return (
    isObject(epoch) &&
    isNatural(epoch['startedAtMs']) &&
    isText(epoch['nonce']) &&
    /^[0-9a-f]{16}$/.test(epoch['nonce'])
  );
}

/** 2.11: dictionaries and columns. */
export function hasShape(value: object): value is BatchBody {
  const body = value as Fields;
  return (
    isText(body['trace']) && isNatural(body['baseMs']) && hasDictionaries(body) && hasColumns(body) && hasExtras(body)
  );
}

function hasDictionaries({ resources, metrics, dims, ticks, series }: Fields): boolean {
  if (!isListOf(resources, isText) || !isListOf(metrics, isMetric) || !isListOf(dims, isDimensions)) return false;
  const isTriple = (entry: unknown): entry is readonly number[] => isListOf(entry, isWhole) && entry.length === 3;
  const isSeries = (entry: unknown) =>
    isTriple(entry) &&
    isBetween(0, entry[0]!, resources.length) &&
    isBetween(0, entry[1]!, metrics.length) &&
    isBetween(-1, entry[2]!, dims.length);
  return isListOf(ticks, isTriple) && isListOf(series, isSeries);
}

const isBetween = (least: number, value: number, beyond: number) => least <= value && value < beyond;
const isDimensions = (value: unknown) => isObject(value) && Object.values(value).every(isText);

function isMetric(value: unknown): boolean {
  if (!isObject(value) || !isText(value['name']) || !isText(value['unit'])) return false;
  if (value['unit'].length > batchLimits.unitTextMax) return false;
  return isNatural(value['scale']) && value['scale'] <= 12 && (value['kind'] === 'delta' || value['kind'] === 'level');
}

function hasColumns({ s, k, q, raw }: Fields): boolean {
  return [s, k, raw].every((column) => Array.isArray(column) && Array.isArray(q) && column.length === q.length);
}

/** 2.15. */
function isStretch(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { fromMs, toMs, readings, sliceMs } = value;
  return isNatural(fromMs) && isNatural(toMs) && isNatural(readings) && isNatural(sliceMs) && fromMs <= toMs;
}

const noteKinds: readonly unknown[] = ['reset', 'gap', 'lost', 'clock', 'coalesced'];

/** The year 2286. */
const instantMax = 9_999_999_999_999;

function hasExtras({ notes, spool, completeUntilMs }: Fields): boolean {
  const isNote = (note: unknown) =>
    isObject(note) &&
    noteKinds.includes(note['kind']) &&
    isText(note['detail']) &&
    (note['kind'] !== 'coalesced' || isStretch(note['coalesced']));
  const isSpool = isObject(spool) && isWhole(spool['batches']) && isWhole(spool['bytes']);
  const isWord = completeUntilMs === undefined || (isNatural(completeUntilMs) && completeUntilMs <= instantMax);
  return isWord && (notes === undefined || isListOf(notes, isNote)) && (spool === undefined || isSpool);
}

/** 2.12. */
export function isWithinLimits(body: BatchBody): boolean {
  return (
    body.q.length <= batchLimits.samplesMax &&
    body.series.length <= batchLimits.seriesMax &&
    body.ticks.length <= batchLimits.ticksMax &&
    body.resources.length <= batchLimits.resourcesMax &&
    body.metrics.length <= batchLimits.metricsMax &&
    body.dims.length <= batchLimits.dimsMax &&
    (body.notes?.length ?? 0) <= batchLimits.notesMax
  );
}

/** 2.13: how many samples a body that was read claims to hold. */
export function samplesIn(body: object | undefined): number {
  const q = (body as Fields | undefined)?.['q'];
  return Array.isArray(q) ? q.length : 0;
}
