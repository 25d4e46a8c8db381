import type { RatedRow, Why } from '#core/messages/api.ts';
import type { ProducerRecord } from '#core/messages/control.ts';
import { decodeEnvelope, type BatchBody, type BatchEnvelope } from '#core/metering/batch.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { sha256, verifyBatch, verifyingKey } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import { apiLimits } from '../../limits.ts';

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
  checkSignature(evidence),
  checkHash(evidence),
  await checkChain(evidence),
];

function checkSignature({ batch: { envelope }, producer }: BatchEvidence): Check {
  const name = 'signature';
  const key = producer?.keys.find((known) => known.id === envelope.keyId);
  const publicKey = key === undefined ? undefined : verifyingKey(key.publicKey);
  if (publicKey === undefined) {
    return { name, ok: false, detail: `Key ${envelope.keyId} is not (or no longer) registered for the producer.` };
  }
  const ok = verifyBatch(publicKey, envelope.body, envelope.signature);
  return { name, ok, detail: `Ed25519 by key ${envelope.keyId}${ok ? '' : ' does not fit the body'}.` };
}

function checkHash(evidence: BatchEvidence): Check {
  const { hash, body } = evidence.batch;
  const committed = committedHash(evidence, body.seq);
  if (committed === undefined) {
    return {
      name: 'hash',
      ok: true,
      detail: `SHA-256 ${hash}; the commit no longer lists it among the producer's newest.`,
    };
  }
  const ok = committed === hash;
  return {
    name: 'hash',
    ok,
    detail: ok
      ? `SHA-256 ${hash}, as the commit recorded it.`
      : `The log holds ${hash}, the commit recorded ${committed}.`,
  };
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
  const hash = found?.hash ?? committedHash(evidence, body.seq - 1);
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

function committedHash({ commit, tenant, row }: BatchEvidence, seq: number): string | undefined {
  const producer = commit.producers.find((state) => state.tenant === tenant && state.producer === row.producer);
  return producer?.hashes.find(([known]) => known === seq)?.[1];
}
