/** What is committed of closes: which periods are closed, and which close still works. */
import type { PeriodsReply } from '#core/messages/balances.ts';
import type { ClosingState, CommitHeader } from '#core/messages/rated.ts';
import type { PartitionState } from '#core/rating/state.ts';

export class ClosedPeriods {
  /** By tenant, then by root account: the end of what is closed. */
  readonly #closed = new Map<string, Map<number, number>>();
  #closings: readonly ClosingState[];

  constructor({ tenants, closings }: PartitionState) {
    this.#closings = closings;
    for (const { id, master } of tenants.values())
      if (master.closes.size > 0) this.#closed.set(id, new Map(master.closes));
  }

  apply({ control, closings }: CommitHeader): void {
    if (closings !== undefined) this.#closings = closings;
    for (const { tenant, changes } of control) {
      for (const change of changes) {
        if (change.kind === 'close') this.#borders(tenant).set(change.account, change.untilMs);
        else if (change.kind === 'reopen') this.#borders(tenant).set(change.account, change.fromMs);
      }
    }
  }

  of(tenant: string): Omit<PeriodsReply, 'repriced'> {
    return {
      closed: [...(this.#closed.get(tenant) ?? [])].filter(([, untilMs]) => untilMs > 0),
      closings: this.#closings.filter((closing) => closing.tenant === tenant),
    };
  }

  #borders(tenant: string): Map<number, number> {
    let borders = this.#closed.get(tenant);
    if (borders === undefined) this.#closed.set(tenant, (borders = new Map()));
    return borders;
  }
}
