import type { ControlChange, ProducerRecord } from '#core/messages/control.ts';
import { keyIdOf, verifyingKey } from '#platform/crypto.ts';
import type { Selectable } from 'kysely';
import { change, type Author, type Done, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { billingLimits } from '../limits.ts';
import type { JsonValue, ProducerTable, Reader, Tx } from '../schema.ts';

export async function producersOf(db: Reader, tenant: string): Promise<ProducerRecord[]> {
  const rows = await db.selectFrom('producer').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map(toProducer);
}

const toProducer = (row: Selectable<ProducerTable>): ProducerRecord => {
  const { id, type, simulated, keys, enabled, complete_until_ms: completeUntilMs } = row;
  return { id, type, simulated, keys, enabled, ...(completeUntilMs === null ? {} : { completeUntilMs }) };
};

export interface Enrolment {
  readonly id: string;
  readonly type: ProducerRecord['type'];
  readonly simulated: boolean;
  /** Raw Ed25519 public key, base64url. */
  readonly publicKey: string;
}

/**
 * Enrols producers, or adds a key to ones that exist. The same id with the same key changes nothing, so a start-up
 * script may repeat it. All of them or none.
 */
export function enrol(
  office: Office,
  author: Author,
  enrolments: readonly Enrolment[],
): Promise<Done<ProducerRecord[]>> {
  return change(office, author, async (tx) => {
    const present = new Map((await producersOf(tx, author.tenant)).map((producer) => [producer.id, producer]));
    const next = new Map<string, ProducerRecord>();
    for (const enrolment of enrolments) {
      const current = next.get(enrolment.id) ?? present.get(enrolment.id);
      next.set(enrolment.id, withKey(current, enrolment));
    }
    const changed = [...next.values()].filter((producer) => producer !== present.get(producer.id));
    if (changed.length === 0) return { result: [...next.values()] };
    await saveProducers(tx, author.tenant, changed, office.now());
    const recorded = {
      action: 'producer.enrol',
      subject: changed.length === 1 ? `producer/${changed[0]!.id}` : `producers (${changed.length})`,
      before: asJson(changed.flatMap(({ id }) => present.get(id) ?? [])),
      after: asJson(changed),
      why: '',
      changes: changed.map((producer): ControlChange => ({ kind: 'producer', ...producer })),
    };
    return { result: [...next.values()], recorded };
  });
}

/** From this log position on, a disabled producer's batches are refused. */
export function setEnabled(
  office: Office,
  author: Author,
  id: string,
  to: { readonly enabled: boolean; readonly reason: string },
): Promise<Done<ProducerRecord>> {
  return changeProducer(
    office,
    author,
    id,
    { action: to.enabled ? 'producer.enable' : 'producer.disable', why: to.reason },
    (producer) => (producer.enabled === to.enabled ? producer : { ...producer, enabled: to.enabled }),
  );
}

/** From this log position on, batches signed with the key are refused. */
export function revokeKey(
  office: Office,
  author: Author,
  id: string,
  revocation: { readonly keyId: string; readonly reason: string },
): Promise<Done<ProducerRecord>> {
  return changeProducer(office, author, id, { action: 'producer.revoke', why: revocation.reason }, (producer) => {
    const keys = producer.keys.filter((key) => key.id !== revocation.keyId);
    if (keys.length === producer.keys.length) throw billingError('PRODUCER_KEY_UNKNOWN', `${id}: ${revocation.keyId}`);
    return { ...producer, keys };
  });
}

/**
 * Somebody vouches for a source that cannot say so itself: all of its usage up to an instant has come. The newest word counts, also
 * an earlier one. It closes nothing and refuses nothing: what comes all the same is rated. Throws besides COMPLETE_AHEAD.
 */
export function setComplete(
  office: Office,
  author: Author,
  id: string,
  { untilMs, reason }: { readonly untilMs: number; readonly reason: string },
): Promise<Done<ProducerRecord>> {
  const until = new Date(untilMs).toISOString();
  if (untilMs > office.now()) throw billingError('COMPLETE_AHEAD', until, { untilMs });
  return changeProducer(office, author, id, { action: 'producer.complete', why: reason }, (producer) =>
    producer.completeUntilMs === untilMs ? producer : { ...producer, completeUntilMs: untilMs },
  );
}

function changeProducer(
  office: Office,
  author: Author,
  id: string,
  said: { readonly action: string; readonly why: string },
  edit: (producer: ProducerRecord) => ProducerRecord,
): Promise<Done<ProducerRecord>> {
  return change(office, author, async (tx) => {
    const row = await tx
      .selectFrom('producer')
      .selectAll()
      .where('tenant', '=', author.tenant)
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw billingError('PRODUCER_UNKNOWN', id, { producer: id });
    const before = toProducer(row);
    const after = edit(before);
    if (after === before) return { result: before };
    await saveProducers(tx, author.tenant, [after], office.now());
    const recorded = {
      ...said,
      subject: `producer/${id}`,
      before: asJson(before),
      after: asJson(after),
      changes: [{ kind: 'producer' as const, ...after }],
    };
    return { result: after, recorded };
  });
}

/** Inserts or replaces. In chunks, for a statement takes 65,535 parameters at most. */
export async function saveProducers(
  tx: Tx,
  tenant: string,
  producers: readonly ProducerRecord[],
  nowMs: number,
): Promise<void> {
  for (let from = 0; from < producers.length; from += 1000) {
    const rows = producers.slice(from, from + 1000).map((producer) => ({
      tenant,
      id: producer.id,
      type: producer.type,
      simulated: producer.simulated,
      enabled: producer.enabled,
      keys: JSON.stringify(producer.keys),
      created_ms: nowMs,
      complete_until_ms: producer.completeUntilMs ?? null,
    }));
    await tx
      .insertInto('producer')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['tenant', 'id']).doUpdateSet((eb) => ({
          enabled: eb.ref('excluded.enabled'),
          keys: eb.ref('excluded.keys'),
          complete_until_ms: eb.ref('excluded.complete_until_ms'),
        })),
      )
      .execute();
  }
}

function withKey(current: ProducerRecord | undefined, enrolment: Enrolment): ProducerRecord {
  const { id, type, simulated } = enrolment;
  const key = producerKey(enrolment.publicKey);
  if (key === undefined) throw billingError('PRODUCER_KEY_INVALID', id, { producer: id });
  if (current === undefined) return { id, type, simulated, keys: [key], enabled: true };
  if (current.type !== type || current.simulated !== simulated)
    throw billingError('PRODUCER_CONFLICT', id, { producer: id });
  if (current.keys.some((known) => known.id === key.id)) return current;
  if (current.keys.length >= billingLimits.producerKeysMax) {
    throw billingError('PRODUCER_KEYS_FULL', `${id} has ${current.keys.length}.`, { producer: id });
  }
  return { ...current, keys: [...current.keys, key] };
}

/** The key with its id; undefined when the text is no raw Ed25519 public key. */
export function producerKey(publicKey: string): ProducerRecord['keys'][number] | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(publicKey) || verifyingKey(publicKey) === undefined) return undefined;
  return { id: keyIdOf(Buffer.from(publicKey, 'base64url')), publicKey };
}

const asJson = (value: unknown): JsonValue => value as JsonValue;
