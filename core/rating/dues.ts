/** What time alone books (SPEC §1.1): fees that fall due, and agreements that are paid in advance. */
import { nextDueMs } from '../fees/dues.ts';
import { Agenda, type Entry } from './agenda.ts';
import type { SettleRun } from './agreements/settleUnit.ts';
import { nextPrepaidMs, unsettleAll } from './agreements/unsettle.ts';
import { compareText } from './attribution.ts';
import { bookDue, bookedUntil } from './fees.ts';
import type { Balance, PartitionState, Tenant } from './state.ts';

export class Dues {
  readonly #agenda = new Agenda();

  constructor(state: PartitionState) {
    for (const tenant of state.tenants.values()) {
      for (const key of tenant.master.feesByKey.keys()) this.setFee(tenant, key, bookedUntil(state, tenant.id, key));
      this.setAgreements(tenant, state.logTimeMs);
    }
  }

  /** Infinity when nothing is due. */
  get nextMs(): number {
    return this.#agenda.nextMs;
  }

  setFee({ id, master }: Tenant, key: string, afterMs: number): void {
    this.#agenda.set('fee', id, key, nextDueMs(master.feesByKey.get(key)!, afterMs));
  }

  setAgreements({ id, master }: Tenant, afterMs: number): void {
    this.#agenda.set('agreement', id, '', nextPrepaidMs(master, afterMs));
  }

  /**
   * Books what is due, instant by instant, fees until so many rows are written (SPEC §9.1.11); agreements are settled by whoever called.
   * Returns the balances moved, by tenant.
   */
  act(state: PartitionState, runOf: (tenant: Tenant) => SettleRun, most: number): [Tenant, Set<Balance>][] {
    const moved = new Map<Tenant, Set<Balance>>();
    const waiting: Entry[] = [];
    let left = most;
    while (this.nextMs <= state.logTimeMs) {
      for (const entry of this.#agenda.take(this.nextMs)) {
        const { atMs, tenant: name, kind, id } = entry;
        const tenant = state.tenants.get(name)!;
        let balances = new Set<Balance>();
        if (kind === 'agreement') {
          unsettleAll(runOf(tenant), tenant.master.agreementsByUnit.keys());
          this.setAgreements(tenant, atMs);
        } else if (left > 0) {
          const booked = bookDue(runOf(tenant), tenant.master.feesByKey.get(id)!, atMs);
          balances = booked.balances;
          left -= booked.rows;
          state.feesTo = { atMs, tenant: name, key: id };
          this.setFee(tenant, id, atMs);
        } else {
          waiting.push(entry);
          continue;
        }
        moved.set(tenant, moved.get(tenant)?.union(balances) ?? balances);
      }
    }
    for (const { atMs, tenant, id } of waiting) this.#agenda.set('fee', tenant, id, atMs);
    if (waiting.length === 0) state.feesTo = undefined;
    return [...moved].sort(([a], [b]) => compareText(a.id, b.id));
  }
}
