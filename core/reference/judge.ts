/** SPEC §2.1–2.12: whether a message is a batch that is taken, a duplicate, or refused, checked in the order there. */
import { batchLimits, type BatchBody } from '../metering/batch.ts';
import type { RefusalReason } from '../messages/rated.ts';
import { hasIdentity, hasShape, isWithinLimits, openEnvelope, readJson } from './body.ts';
import type { Input, Ports } from './engine.ts';
import { noCounts, type State, type Tenant, type Track } from './state.ts';

/** How many of an epoch's hashes are remembered (2.14). */
const rememberedMax = 64;

/** `body` is there once 2.5 holds. */
export type Verdict =
  | { readonly kind: 'taken'; readonly tenant: Tenant; readonly body: BatchBody }
  | { readonly kind: 'duplicate'; readonly body: BatchBody }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly body?: BatchBody };

export function judge(state: State, ports: Ports, input: Input, tenantId: string, producerId: string): Verdict {
  if (input.data.length > batchLimits.bytesMax) return { kind: 'refused', reason: 'oversized' };
  const envelope = openEnvelope(input.data);
  if (envelope === undefined) return { kind: 'refused', reason: 'malformed' };
  const tenant = state.tenants.get(tenantId);
  if (tenant === undefined) return { kind: 'refused', reason: 'misplaced' };
  const producer = tenant.producers.get(producerId);
  const key = producer?.keys.find((candidate) => candidate.id === envelope.keyId);
  const isGenuine =
    producer?.enabled === true &&
    key !== undefined &&
    ports.verifySignature(key.publicKey, envelope.body, envelope.signature);
  if (!isGenuine) return { kind: 'refused', reason: 'unauthentic' };
  const body = readJson(ports.readText, envelope.body);
  if (!hasIdentity(body)) return { kind: 'refused', reason: 'malformed' };
  if (body.tenant !== tenantId || body.producer !== producerId) return refused('subject_mismatch', body);
  return judgeOrder(tenant, trackOf(state, tenantId, producerId)!, body as BatchBody, ports.sha256(envelope.body));
}

/** From 2.7 on; moves the mark where the table says so. */
function judgeOrder(tenant: Tenant, track: Track, body: BatchBody, hash: string): Verdict {
  const order = track.epoch === null ? 1 : compareEpochs(body.epoch, track.epoch);
  if (order < 0) return refused('stale_epoch', body);
  if (order > 0 && body.seq !== 1) return refused('ahead', body);
  if (order === 0 && body.seq <= track.mark) {
    const known = hashOf(track, body.seq);
    return known !== undefined && known !== hash ? refused('seq_reuse', body) : { kind: 'duplicate', body };
  }
  if (order === 0 && body.seq !== track.mark + 1) return refused('ahead', body);
  const predecessor = order === 0 ? hashOf(track, track.mark) : body.prev;
  moveMark(track, order, body, hash);
  if (body.prev !== predecessor) return refused('broken_chain', body);
  if (!hasShape(body)) return refused('malformed', body);
  if (!isWithinLimits(body)) return refused('oversized', body);
  return { kind: 'taken', tenant, body };
}

const refused = (reason: RefusalReason, body: object): Verdict => ({
  kind: 'refused',
  reason,
  body: body as BatchBody,
});

const hashOf = (track: Track, seq: number) => track.hashes.find(([known]) => known === seq)?.[1];

function moveMark(track: Track, order: number, body: BatchBody, hash: string): void {
  if (order > 0) track.hashes = [];
  track.epoch = { startedAtMs: body.epoch.startedAtMs, nonce: body.epoch.nonce };
  track.mark = body.seq;
  track.hashes = [...track.hashes, [body.seq, hash] as [number, string]].slice(-rememberedMax);
}

function compareEpochs(a: BatchBody['epoch'], b: BatchBody['epoch']): number {
  if (a.startedAtMs !== b.startedAtMs) return a.startedAtMs - b.startedAtMs;
  return a.nonce < b.nonce ? -1 : a.nonce > b.nonce ? 1 : 0;
}

/** The producer's track, or `undefined` for one that its tenant has not registered: strangers leave no state. */
export function trackOf(state: State, tenant: string, producer: string): Track | undefined {
  if (state.tenants.get(tenant)?.producers.has(producer) !== true) return undefined;
  const key = `${tenant} ${producer}`;
  const found = state.tracks.get(key);
  if (found !== undefined) return found;
  const track: Track = { tenant, producer, epoch: null, mark: 0, hashes: [], samples: noCounts(), batches: noCounts() };
  state.tracks.set(key, track);
  return track;
}
