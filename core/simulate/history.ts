/** What billing has decided, from the control messages of one partition alone: which were taken, and what came of them. */
import type { ControlMessage, PriceRecord } from '../messages/control.ts';
import type { Input, Ports } from '../rating/admit.ts';
import { PartitionMachine } from '../rating/machine.ts';
import { applyMaster, ControlFault } from '../rating/master.ts';
import { emptyState, emptyTenant, type Master, type Tenant } from '../rating/state.ts';

export class History {
  readonly #machine: PartitionMachine;
  readonly #taken = new Set<number>();
  /** By tenant and price. */
  readonly #publishedMs = new Map<string, number>();

  constructor(partition: number, ports: Ports) {
    this.#machine = new PartitionMachine(emptyState(partition), ports);
  }

  /** The next message of `CONTROL_<p>`. Whether one is taken depends on nothing but those before it. */
  take(input: Input): void {
    const { changes } = this.#machine;
    const before = changes.control.length;
    this.#machine.takeControl(input);
    if (changes.control.length === before) return;
    this.#taken.add(input.seq);
    const message = changes.control.at(-1)!;
    for (const change of message.changes)
      if (change.kind === 'price')
        this.#publishedMs.set(`${message.tenant} ${change.id}`, this.#machine.state.logTimeMs);
  }

  /** Log time at which the control messages alone make the price known; other inputs may have moved it further. */
  publishedMs(tenant: string, price: number): number {
    return this.#publishedMs.get(`${tenant} ${price}`) ?? 0;
  }

  /** Whether the message at that sequence of the stream changed anything. */
  isTaken(seq: number): boolean {
    return this.#taken.has(seq);
  }

  get tenants(): string[] {
    return [...this.#machine.state.tenants.keys()];
  }

  /** Master data as of the last message; undefined for a tenant that is not on the partition. */
  master(tenant: string): Master | undefined {
    return this.#machine.state.tenants.get(tenant)?.master;
  }

  /** Greatest id of prices, fees and agreements, which are numbered together. */
  lastId(tenant: string): number {
    const { prices, fees, agreements } = this.master(tenant) ?? {};
    return [prices, fees, agreements].reduce((last, records) => Math.max(last, ...(records?.keys() ?? [])), 0);
  }

  prices(tenant: string): PriceRecord[] {
    return [...(this.master(tenant)?.prices.values() ?? [])].map(({ record }) => record);
  }

  /** The tenant as of the last message, with nothing tallied, under other prices: those that are kept, and fresh ones. */
  drafted(tenant: string, kept: ReadonlySet<number>, fresh: readonly PriceRecord[]): Tenant {
    const known = this.#machine.state.tenants.get(tenant)!;
    const prices = new Map([...known.master.prices].filter(([id]) => kept.has(id)));
    const state = emptyState(0);
    state.tenants.set(tenant, {
      ...emptyTenant(known.master.record),
      master: { ...known.master, prices, agreementsByUnit: new Map() },
    });
    const changes = fresh.map((record) => ({ kind: 'price' as const, ...record }));
    return applyMaster(state, { v: 1, tenant, seq: 0, auditId: '', trace: '', changes });
  }

  /** Why a rater would not take these prices, or undefined. Changes nothing. */
  refusal(tenant: string, prices: readonly PriceRecord[]): string | undefined {
    const { state } = this.#machine;
    const known = state.tenants.get(tenant);
    if (known === undefined) return `tenant ${tenant} is not known`;
    const { master } = known;
    const changes = prices.map((record) => ({ kind: 'price' as const, ...record }));
    const message: ControlMessage = { v: 1, tenant, seq: 0, auditId: '', trace: '', changes };
    try {
      applyMaster(state, message);
      return undefined;
    } catch (error) {
      if (error instanceof ControlFault) return error.message;
      throw error;
    } finally {
      known.master = master;
    }
  }
}
