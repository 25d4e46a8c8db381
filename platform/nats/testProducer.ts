/** A producer for tests: signs, chains and publishes batches as an agent does, and can misbehave on demand. */
import { encodeEnvelope, type BatchBody } from '#core/metering/batch.ts';
import { subjects } from '#core/messages/names.ts';
import type { ControlChange, ControlMessage } from '#core/messages/control.ts';
import { newSigningSeed, sha256, signingKey } from '../crypto.ts';
import { append } from './jetstreamLog.ts';
import type { NatsConnection } from './connect.ts';

export const testZone = 'Europe/Berlin';

/** CPU at €36 per vCPU·h: one second of one core is one cent. Host `h1` belongs to account 3, others to suspense (2). */
export function testOrganisation(tenant: string, producers: readonly TestProducer[]): ControlChange[] {
  const account = (id: number, parent: number, type: 'organisation' | 'suspense' | 'project') =>
    ({ kind: 'account', id, slug: `a${id}`, name: `Account ${id}`, parent, type, timeZone: testZone }) as const;
  return [
    { kind: 'tenant', id: tenant, name: tenant, currency: 'EUR', timeZone: testZone },
    account(1, 0, 'organisation'),
    account(2, 1, 'suspense'),
    account(3, 1, 'project'),
    { kind: 'ownership', resource: 'h1', account: 3, fromMs: 0 },
    ...producers.map((producer) => producer.enrolment()),
    { kind: 'meter', id: 'cpu', metric: 'host.cpu.time', unit: 'us', scale: 0, aggregation: 'sum', filter: {} },
    {
      kind: 'price', id: 1, key: 'cpu', version: 1, service: 'compute', component: 'cpu', meter: 'cpu', currency: 'EUR', account: 0,
      effectiveFromMs: 0, tallyScope: 'account', unit: { name: 'vCPU·h', numerator: '1', denominator: '3600000000' },
      allowance: '0', model: { kind: 'perUnit', unitPrice: '36' },
    },
  ]; // prettier-ignore
}

/** Publishes change sets with a gapless seq, as billing's outbox does. */
export class TestBilling {
  readonly #connection: NatsConnection;
  readonly #partition: number;
  #seq = 0;

  constructor(connection: NatsConnection, partition = 0) {
    this.#connection = connection;
    this.#partition = partition;
  }

  async publish(tenant: string, changes: readonly ControlChange[]): Promise<void> {
    const message: ControlMessage = {
      v: 1,
      tenant,
      seq: ++this.#seq,
      auditId: `audit-${this.#seq}`,
      trace: '',
      changes,
    };
    await append(this.#connection, subjects.control(this.#partition, tenant), Buffer.from(JSON.stringify(message)));
  }
}

export class TestProducer {
  readonly id: string;
  readonly tenant: string;
  readonly key = signingKey(newSigningSeed());
  readonly epoch = { startedAtMs: 1_790_000_000_000, nonce: '0123456789abcdef' };
  seq = 0;
  #prev = '';
  readonly #baseMs: number;

  constructor(tenant: string, id: string, baseMs: number) {
    this.tenant = tenant;
    this.id = id;
    this.#baseMs = baseMs;
  }

  enrolment(): ControlChange {
    const keys = [{ id: this.key.keyId, publicKey: this.key.publicKey }];
    return { kind: 'producer', id: this.id, type: 'agent', simulated: false, enabled: true, keys };
  }

  /** The next batch: one second of `quantity` µs of CPU on each resource. */
  next(quantity: number, resources: readonly string[] = ['h1'], change: Partial<BatchBody> = {}): Uint8Array {
    this.seq += 1;
    const body: BatchBody = {
      v: 1, tenant: this.tenant, producer: this.id, epoch: this.epoch, seq: this.seq, prev: this.#prev, trace: '',
      resources, metrics: [{ name: 'host.cpu.time', unit: 'us', scale: 0, kind: 'delta' }], dims: [],
      baseMs: this.#baseMs, ticks: [[this.seq * 1000, 1000, 1_000_000]], series: resources.map((_, i) => [i, 0, -1] as const),
      s: resources.map((_, i) => i), k: resources.map(() => 0), q: resources.map(() => quantity), raw: resources.map(() => null),
      ...change,
    }; // prettier-ignore
    const bytes = Buffer.from(JSON.stringify(body));
    this.#prev = sha256(bytes);
    return encodeEnvelope({ signature: this.key.sign(bytes), keyId: this.key.keyId, body: bytes });
  }

  async publish(connection: NatsConnection, message: Uint8Array, partition = 0): Promise<void> {
    const subject = subjects.usage(partition, this.tenant, this.id);
    for (;;) {
      const result = await append(connection, subject, message);
      if (result.kind === 'stored') return;
    }
  }
}
