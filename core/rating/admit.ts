/** Whether a message is a batch that we take, a duplicate, or refused and why (SPEC §2). Decides; changes nothing. */
import { batchLimits, decodeEnvelope, type BatchBody } from '../metering/batch.ts';
import type { RefusalReason } from '../messages/rated.ts';
import { checkBody } from './checkBody.ts';
import type { PartitionState, Producer, Tenant } from './state.ts';

/** One message of an input stream. */
export interface Input {
  readonly subject: string;
  readonly seq: number;
  /** Broker's timestamp, UTC ms. */
  readonly timeMs: number;
  readonly data: Uint8Array;
}

/** What the core cannot do itself. */
export interface Ports {
  /** Strict UTF-8, or undefined when the bytes are not. */
  text(bytes: Uint8Array): string | undefined;
  /** base64url SHA-256. */
  hash(bytes: Uint8Array): string;
  /** Whether `signature` (base64url Ed25519) over the batch body fits the raw public key (base64url). */
  verify(publicKey: string, body: Uint8Array, signature: string): boolean;
}

export interface BatchHead {
  readonly tenant: string;
  readonly producer: string;
  readonly epoch: { readonly startedAtMs: number; readonly nonce: string };
  readonly seq: number;
}

export type Admission =
  | { readonly kind: 'taken'; readonly tenant: Tenant; readonly body: BatchBody; readonly hash: string }
  | { readonly kind: 'duplicate'; readonly tenant: Tenant; readonly head: BatchHead; readonly samples: number }
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      readonly detail: string;
      readonly tenant: Tenant | undefined;
      readonly producer: string;
      readonly head: BatchHead | undefined;
      readonly samples: number;
      /** Hash when the refusal is final for this sequence number: the mark moves past it. */
      readonly hash?: string;
    };

export function admit(state: PartitionState, ports: Ports, input: Input): Admission {
  const [, , tenantId = '', producerId = ''] = input.subject.split('.');
  const tenant = state.tenants.get(tenantId);
  const refuse = (
    reason: RefusalReason,
    detail: string,
    rest: { head?: BatchHead; samples?: number; hash?: string } = {},
  ): Admission => ({
    kind: 'refused',
    reason,
    detail,
    tenant,
    producer: producerId,
    head: rest.head,
    samples: rest.samples ?? 0,
    ...(rest.hash === undefined ? {} : { hash: rest.hash }),
  });

  if (input.data.length > batchLimits.bytesMax)
    return refuse('oversized', `${input.data.length} bytes, at most ${batchLimits.bytesMax}`);
  const envelope = decodeEnvelope(input.data);
  if (envelope === undefined) return refuse('malformed', 'not a signature, a key id and a body on three lines');
  if (tenant === undefined)
    return refuse('misplaced', `tenant ${tenantId} is not placed on partition ${state.partition}`);

  const record = tenant.master.producers.get(producerId);
  if (record === undefined) return refuse('unauthentic', `producer ${producerId} is not enrolled`);
  if (!record.enabled) return refuse('unauthentic', `producer ${producerId} is disabled`);
  const key = record.keys.find((candidate) => candidate.id === envelope.keyId);
  if (key === undefined) return refuse('unauthentic', `key ${envelope.keyId} is not one of the producer's`);
  if (!ports.verify(key.publicKey, envelope.body, envelope.signature))
    return refuse('unauthentic', 'the signature does not fit the body');

  const body = parse(ports.text(envelope.body));
  if (body === undefined) return refuse('malformed', 'the body is not JSON');
  const head = headOf(body);
  if (typeof head === 'string') return refuse('malformed', head);
  const samples = Array.isArray(body.q) ? body.q.length : 0;
  if (head.tenant !== tenantId || head.producer !== producerId) {
    return refuse('subject_mismatch', `the body says ${head.tenant}/${head.producer}`, { head, samples });
  }
  const hash = ports.hash(envelope.body);
  const order = orderOf(tenant.producers.get(producerId), head, hash);
  if (order.kind === 'duplicate') return { kind: 'duplicate', tenant, head, samples };
  if (order.kind === 'refused') return refuse(order.reason, order.detail, { head, samples });
  if (order.previousHash !== undefined && order.previousHash !== body.prev) {
    return refuse('broken_chain', 'prev is not the hash of the batch before it', { head, samples, hash });
  }
  const fault = checkBody(body);
  if (fault !== undefined) return refuse(fault.reason, fault.detail, { head, samples, hash });
  return { kind: 'taken', tenant, body, hash };
}

function parse(text: string | undefined): BatchBody | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as BatchBody);
  } catch {
    return undefined;
  }
}

function headOf(body: unknown): BatchHead | string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'the body is not an object';
  const { v, tenant, producer, epoch, seq, prev } = body as Record<string, unknown>;
  if (v !== 1) return 'v is not 1';
  if (typeof tenant !== 'string' || typeof producer !== 'string') return 'tenant or producer is not text';
  if (!isNatural(seq) || seq < 1) return 'seq is not an integer from 1';
  if (typeof prev !== 'string') return 'prev is not text';
  const { startedAtMs, nonce } = (epoch ?? {}) as Record<string, unknown>;
  if (!isNatural(startedAtMs) || typeof nonce !== 'string' || !/^[0-9a-f]{16}$/.test(nonce))
    return 'epoch is not {startedAtMs, nonce}';
  return { tenant, producer, epoch: { startedAtMs, nonce }, seq };
}

const isNatural = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

type Order =
  | { readonly kind: 'next'; readonly previousHash: string | undefined }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'refused'; readonly reason: 'stale_epoch' | 'seq_reuse' | 'ahead'; readonly detail: string };

/** Where a sequence number stands to the producer's mark (SPEC §2.7–2.10). */
function orderOf(producer: Producer | undefined, { epoch, seq }: BatchHead, hash: string): Order {
  const current = producer?.epoch ?? null;
  const compared =
    current === null
      ? 1
      : epoch.startedAtMs - current.startedAtMs ||
        (epoch.nonce < current.nonce ? -1 : epoch.nonce > current.nonce ? 1 : 0);
  if (compared < 0)
    return {
      kind: 'refused',
      reason: 'stale_epoch',
      detail: `epoch ${epoch.startedAtMs} is older than ${current!.startedAtMs}`,
    };
  if (compared > 0 || producer === undefined) {
    return seq === 1
      ? { kind: 'next', previousHash: undefined }
      : { kind: 'refused', reason: 'ahead', detail: `a new epoch starts at 1, this is ${seq}` };
  }
  if (seq <= producer.mark) {
    const known = producer.hashes.find(([knownSeq]) => knownSeq === seq);
    return known === undefined || known[1] === hash
      ? { kind: 'duplicate' }
      : { kind: 'refused', reason: 'seq_reuse', detail: `seq ${seq} was taken with other content` };
  }
  if (seq > producer.mark + 1)
    return { kind: 'refused', reason: 'ahead', detail: `seq ${seq} after mark ${producer.mark}` };
  return { kind: 'next', previousHash: producer.hashes.at(-1)?.[1] };
}
