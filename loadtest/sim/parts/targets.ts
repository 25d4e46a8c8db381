/** Who is to hear of alerts: two targets of each tenant, which people change, and turn on again when a receiver has turned them off. */
import { buckets } from '#core/messages/names.ts';
import type { TargetRecord } from '#core/messages/delivery.ts';
import { seal } from '#platform/sealing.ts';
import type { NotifierPorts } from '#rater/notifier/ports.ts';
import { retryForMs, targetNames } from '../deliveries.ts';
import type { Random } from '../random.ts';
import type { Process } from '../schedule.ts';
import { Buckets } from './buckets.ts';
import { Receivers, type ReceiversWatcher } from './receivers.ts';
import type { Wire } from './wire.ts';

const sealingKey = Buffer.alloc(32, 7);
const secret = seal(sealingKey, `whsec_${Buffer.alloc(24, 7).toString('base64')}`);
const webhooks = { allowLoopback: false } as NotifierPorts['webhooks'];

export class Targets {
  readonly #buckets: Buckets;
  readonly #receivers: Receivers;
  readonly #keys: readonly string[];

  constructor(wire: Wire, watcher: ReceiversWatcher, tenants: readonly string[]) {
    this.#buckets = new Buckets(wire);
    this.#receivers = new Receivers(wire, watcher);
    this.#keys = tenants.flatMap((tenant) => targetNames.map((name) => `${tenant}.${name}`));
    for (const key of this.#keys) this.#put(key, key.endsWith('pager') ? { order: 'target', groupAfter: 2 } : {});
  }

  portsFor(process: Process): NotifierPorts {
    return {
      openBucket: async (name) => this.#buckets.for(process, name),
      sealingKey: () => sealingKey,
      webhooks,
      createSender: this.#receivers.senderFor(process),
    };
  }

  /** Somebody turns a target off, or on again, with other limits. */
  change(random: Random): void {
    const limits = { concurrency: random.between(1, 3), groupAfter: random.pick([1, 3, 200]) };
    const off = this.#keys.filter((key) => !this.#get(key).enabled);
    if (off.length > 0) this.#put(random.pick(off), { ...limits, order: random.pick(['source', 'target']) });
    else this.#put(random.pick(this.#keys), limits, random.chance(0.5));
  }

  /** All of them may be sent alerts. */
  turnOn(): void {
    for (const key of this.#keys) if (!this.#get(key).enabled) this.#put(key, this.#get(key).limits);
  }

  #get(key: string): TargetRecord {
    return this.#buckets.get<TargetRecord>(buckets.targets, key)!;
  }

  #put(key: string, limits: TargetRecord['limits'] = {}, enabled = true): void {
    const tried = { ...limits, retryHours: retryForMs / 3_600_000 };
    const record: TargetRecord = { url: `https://${key}/`, secret, enabled, limits: tried };
    this.#buckets.put(buckets.targets, key, JSON.stringify(record));
  }
}
