/** What time alone books (SPEC §1.1): fees that fall due, and agreements that are paid in advance. */
import { nextDueMs } from '../fees/dues.ts';
import { Agenda } from './agenda.ts';
import type { SettleRun } from './agreements/settleUnit.ts';
import { nextPrepaidMs, unsettleAll } from './agreements/unsettle.ts';
import { compareText } from './attribution.ts';
import { bookDue } from './fees.ts';
import type { Balance, PartitionState, Tenant } from './state.ts';

export class Dues {
  readonly #agenda = new Agenda();

  constructor({ tenants, logTimeMs }: PartitionState) {
    for (const tenant of tenants.values()) {
      for (const key of tenant.master.feesByKey.keys()) this.setFee(tenant, key, logTimeMs);
      this.setAgreements(tenant, logTimeMs);
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

  /** Books what is due, instant by instant; agreements are settled by whoever called. Returns the balances moved, by tenant. */
  act(state: PartitionState, timeMs: number, runOf: (tenant: Tenant) => SettleRun): [Tenant, Set<Balance>][] {
    const moved = new Map<Tenant, Set<Balance>>();
    while (this.nextMs <= timeMs) {
      const atMs = this.nextMs;
      for (const { tenant: name, kind, id } of this.#agenda.take(atMs)) {
        const tenant = state.tenants.get(name)!;
        let balances = new Set<Balance>();
        if (kind === 'fee') {
          balances = bookDue(runOf(tenant), tenant.master.feesByKey.get(id)!, atMs - 1, atMs);
          this.setFee(tenant, id, atMs);
        } else {
          unsettleAll(runOf(tenant), tenant.master.agreementsByUnit.keys());
          this.setAgreements(tenant, atMs);
        }
        moved.set(tenant, moved.get(tenant)?.union(balances) ?? balances);
      }
    }
    return [...moved].sort(([a], [b]) => compareText(a.id, b.id));
  }
}
