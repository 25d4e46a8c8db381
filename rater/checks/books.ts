/**
 * What checks are answered from: of each tenant that has caps or holds, the balances, budgets and holds as committed, in the
 * shape that the core decides on, fed with the headers of stored commits. Master data is shared with the machine: a version
 * of it is never changed. Tenants without caps or holds cost nothing.
 */
import type { BalanceEntry, CommitHeader } from '#core/messages/rated.ts';
import type { Watermark } from '#core/messages/checks.ts';
import { newTenantCredits } from '#core/rating/credits/tenantCredits.ts';
import { allCredits, type CreditValues } from '#core/rating/credits/values.ts';
import { applyValues, type Values } from '#core/rating/replay.ts';
import { balancesOf, budgetsOf, budgetSumsOf, holdsOf } from '#core/rating/snapshot.ts';
import { emptyState, emptyTenant, type Master, type PartitionState, type Tenant } from '#core/rating/state.ts';

/** Master data that a commit brought, as it was when the commit was written. */
export type Masters = ReadonlyMap<string, Master>;

export class Books {
  readonly #state: PartitionState;
  /** Those whose figures are kept. */
  readonly #kept = new Set<string>();
  readonly #balancesOf: (tenant: string) => Iterable<BalanceEntry>;

  /** From the state of a partition whose every change is committed; `balances`: all entries of a tenant as committed. */
  constructor(state: PartitionState, balances: (tenant: string) => Iterable<BalanceEntry>) {
    this.#state = emptyState(state.partition);
    this.#balancesOf = balances;
    for (const tenant of state.tenants.values()) this.#setMaster(tenant.id, tenant.master);
    const kept = [...state.tenants.values()].filter((tenant) => this.#keeps(tenant));
    for (const { id } of kept) this.#kept.add(id);
    applyValues(this.#state, {
      ...nothing,
      ...creditsOf(kept),
      balances: [...balancesOf(kept)],
      budgets: [...budgetsOf(kept)],
      budgetSums: [...budgetSumsOf(kept)],
      holds: [...holdsOf(kept)],
    });
    this.#pass(state);
  }

  /** A commit that is stored. */
  take(header: CommitHeader, seq: number, masters: Masters): void {
    for (const [id, master] of masters) this.#setMaster(id, master);
    const isKept = ({ tenant }: { readonly tenant: string }) => this.#kept.has(tenant);
    const balances = header.balances.filter(isKept);
    for (const id of [...masters.keys(), ...(header.requests ?? []).map(({ request }) => request.tenant)])
      if (!this.#kept.has(id) && this.#keeps(this.#state.tenants.get(id)!, header)) {
        this.#kept.add(id);
        balances.push(...this.#balancesOf(id));
      }
    const { creditGrants = [], wallets = [], budgetSums = [] } = header;
    applyValues(this.#state, {
      ...nothing,
      balances,
      budgets: header.budgets.filter(isKept),
      budgetSums: budgetSums.filter(isKept),
      creditGrants,
      wallets,
    });
    const { incarnation, logTimeMs } = header;
    this.#pass({ incarnation, outSeq: seq, logTimeMs });
    for (const recorded of header.requests ?? [])
      this.#state.holds.apply(this.#state.tenants.get(recorded.request.tenant)!, recorded);
  }

  tenant(id: string): Tenant | undefined {
    return this.#state.tenants.get(id);
  }

  get watermark(): Watermark {
    const { partition, incarnation, outSeq, logTimeMs } = this.#state;
    return { partition, incarnation, outSeq, logTimeMs };
  }

  #pass({ incarnation, outSeq, logTimeMs }: Pick<PartitionState, 'incarnation' | 'outSeq' | 'logTimeMs'>): void {
    Object.assign(this.#state, { incarnation, outSeq, logTimeMs });
    this.#state.holds.pass(logTimeMs);
  }

  #keeps({ id, master, holds }: Tenant, header?: CommitHeader): boolean {
    return (
      master.budgets.size > 0 ||
      master.credits.units.size > 0 ||
      holds.byKey.size > 0 ||
      header?.requests?.some(({ request }) => request.tenant === id) === true
    );
  }

  #setMaster(id: string, master: Master): void {
    const known = this.#state.tenants.get(id);
    if (known === undefined) this.#state.tenants.set(id, { ...emptyTenant(master.record), id, master });
    else known.master = master;
    if (master.credits.units.size > 0) this.#state.tenants.get(id)!.credits ??= newTenantCredits();
  }
}

/** What they have left and say; what they have paid is nothing that a check asks for. */
function creditsOf(tenants: readonly Tenant[]): Pick<Required<CreditValues>, 'creditGrants' | 'wallets'> {
  const all = tenants.map(allCredits);
  return {
    creditGrants: all.flatMap(({ creditGrants }) => creditGrants),
    wallets: all.flatMap(({ wallets }) => wallets),
  };
}

const nothing: Values = {
  producers: [], resources: [], series: [], ends: [], tallies: [], tallyValues: [], balances: [], budgets: [],
}; // prettier-ignore
