import type { RatedRow, Why } from '#core/messages/api.ts';
import type { ProducerRecord } from '#core/messages/control.ts';
import { decodeEnvelope, type BatchBody, type BatchEnvelope } from '#core/metering/batch.ts';
import { streams, subjects } from '#core/messages/names.ts';
import { epochText, type CommitHeader, type ProducerState } from '#core/messages/rated.ts';
import { dedupHashesMax } from '#core/rating/state.ts';
import { sha256, verifyBatch, verifyingKey } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import { apiLimits } from '../../limits.ts';
import { keyAt } from './keyAt.ts';

export type Check = Why['checks'][number];

export interface SignedBatch {
  readonly envelope: BatchEnvelope;
  readonly body: BatchBody;
  readonly hash: string;
}

/** The batch message that the row was rated from, as the log holds it. */
export async function readBatch(log: Log, tenant: string, row: RatedRow): Promise<SignedBatch> {
  const message = await log.get(streams.usage(row.partition), row.usageSeq);
  const envelope = message === undefined ? undefined : decodeEnvelope(message.data);
  if (message === undefined || envelope === undefined) {
    throw dashboardsError(
      'PROOF_UNAVAILABLE',
      `Batch ${row.usageSeq} of ${streams.usage(row.partition)} is not in the log.`,
    );
  }
  if (message.subject !== subjects.usage(row.partition, tenant, row.producer)) {
    throw dashboardsError('PROOF_UNAVAILABLE', `Batch ${row.usageSeq} was not sent by ${row.producer}.`);
  }
  return {
    envelope,
    body: JSON.parse(new TextDecoder().decode(envelope.body)) as BatchBody,
    hash: sha256(envelope.body),
  };
}

/** What the checks of a batch look at. */
export interface BatchEvidence {
  readonly log: Log;
  readonly tenant: string;
  readonly row: RatedRow;
  readonly batch: SignedBatch;
  readonly commit: CommitHeader;
  readonly producer: ProducerRecord | undefined;
}

/** Whether the batch is signed by the producer's key, is the one that was committed, and follows the one before. */
export const checkBatch = async (evidence: BatchEvidence): Promise<Check[]> => [
  await checkSignature(evidence),
  checkHash(evidence),
  await checkChain(evidence),
];

async function checkSignature({ log, tenant, row, batch, commit, producer }: BatchEvidence): Promise<Check> {
  const name = 'signature';
  const { envelope } = batch;
  const { keyId } = envelope;
  const registered = producer?.keys.find((known) => known.id === keyId)?.publicKey;
  const question = {
    partition: row.partition,
    tenant,
    producer: row.producer,
    keyId,
    controlSeq: commit.inputs.control.seq,
  };
  const publicKey = verifyingKey(registered ?? (await keyAt(log, question)) ?? '');
  if (publicKey === undefined) return { name, ok: false, detail: `Key ${keyId} was not registered for the producer.` };
  const ok = verifyBatch(publicKey, envelope.body, envelope.signature);
  const since = registered === undefined ? ', registered then and revoked since' : '';
  return { name, ok, detail: `Ed25519 by key ${keyId}${since}${ok ? '' : ', does not fit the body'}.` };
}

/** The commit lists the hash of each batch that it took, of a producer's newest 64; the row names the batch's number. */
function checkHash(evidence: BatchEvidence): Check {
  const name = 'hash';
  const { row, batch } = evidence;
  const { hash, body } = batch;
  if (body.seq !== row.seq || epochText(body.epoch) !== row.epoch) {
    return { name, ok: false, detail: `The log holds batch ${body.seq}, the row names batch ${row.seq}.` };
  }
  if (row.kind === 'rerated')
    return { name, ok: true, detail: `SHA-256 ${hash}; the commit that first rated the batch recorded it.` };
  const committed = hashOf(evidence, body.seq);
  if (committed === undefined && !listsAll(evidence)) {
    return { name, ok: true, detail: `SHA-256 ${hash}; the commit took more batches than it lists.` };
  }
  const ok = committed === hash;
  const detail = ok
    ? `SHA-256 ${hash}, as the commit recorded it.`
    : `The log holds ${hash}, the commit recorded ${committed ?? 'none'}.`;
  return { name, ok, detail };
}

async function checkChain(evidence: BatchEvidence): Promise<Check> {
  const name = 'chain';
  const { body } = evidence.batch;
  if (body.seq === 1) {
    return {
      name,
      ok: true,
      detail: body.prev === '' ? "The producer's first batch." : `First batch of its epoch, after ${body.prev}.`,
    };
  }
  const found = await previousInLog(evidence);
  const hash = found?.hash ?? hashOf(evidence, body.seq - 1);
  if (hash === undefined)
    return { name, ok: true, detail: `Names ${body.prev}; that batch lies further back than is looked here.` };
  const where = found === undefined ? 'as the commit recorded it' : `message ${found.usageSeq} of the log`;
  const ok = hash === body.prev;
  return {
    name,
    ok,
    detail: `Batch ${body.seq - 1}, ${where}, ${ok ? 'is' : 'is not'} the predecessor that it names.`,
  };
}

/** Walks back a bounded way to the batch before, of the same producer and epoch. */
async function previousInLog({
  log,
  tenant,
  row,
  batch: { body },
}: BatchEvidence): Promise<{ hash: string; usageSeq: number } | undefined> {
  const subject = subjects.usage(row.partition, tenant, row.producer);
  for (let seq = row.usageSeq - 1; seq > 0 && seq >= row.usageSeq - apiLimits.chainWalkMax; seq--) {
    const message = await log.get(streams.usage(row.partition), seq);
    const envelope = message?.subject === subject ? decodeEnvelope(message.data) : undefined;
    if (envelope === undefined) continue;
    const before = JSON.parse(new TextDecoder().decode(envelope.body)) as Partial<BatchBody>;
    // A resent or forged message may lie between; only the predecessor's number in the same epoch counts.
    if (before.seq !== body.seq - 1 || before.epoch?.nonce !== body.epoch.nonce) continue;
    const hash = sha256(envelope.body);
    if (hash === body.prev) return { hash, usageSeq: seq };
  }
  return undefined;
}

/** What the commit says of the producer. */
const stateIn = ({ commit, tenant, row }: BatchEvidence): ProducerState | undefined =>
  commit.producers.find((state) => state.tenant === tenant && state.producer === row.producer);

const hashOf = (evidence: BatchEvidence, seq: number): string | undefined =>
  stateIn(evidence)?.hashes.find(([known]) => known === seq)?.[1];

/** A commit lists no hashes of an epoch that ended in it, and of the last epoch no more than deduplication remembers. */
function listsAll(evidence: BatchEvidence): boolean {
  const state = stateIn(evidence);
  const isSameEpoch = state?.epoch?.nonce === evidence.batch.body.epoch.nonce;
  return state === undefined || (isSameEpoch && state.hashes.length < dedupHashesMax);
}
