/**
 * What is committed of a partition, for whoever asks: balances, budgets, credits and holds in the shape that the core decides on,
 * fed with the headers of stored commits. Master data is shared with the machine: a version of it is never changed. Balances
 * stand as commits say them, and are read when somebody asks: whoever has no caps pays for nothing but the entry.
 */
import type { BalanceEntry, CommitHeader } from '#core/messages/rated.ts';
import type { Watermark } from '#core/messages/checks.ts';
import { parseAmount } from '#core/money/fixed.ts';
import { balanceEntry } from '#core/rating/commit.ts';
import { newTenantCredits } from '#core/rating/credits/tenantCredits.ts';
import { allCredits } from '#core/rating/credits/values.ts';
import { applyValues, type Values } from '#core/rating/replay.ts';
import { budgetsOf, budgetSumsOf, holdsOf } from '#core/rating/snapshot.ts';
import {
  balanceKey,
  emptyState,
  emptyTenant,
  type Balance,
  type Master,
  type PartitionState,
  type Tenant,
} from '#core/rating/state.ts';

/** Master data that a commit brought, as it was when the commit was written. */
export type Masters = ReadonlyMap<string, Master>;

export class Books {
  readonly #state: PartitionState;

  /** From the state of a partition whose every change is committed. */
  constructor(state: PartitionState) {
    this.#state = emptyState(state.partition);
    const tenants = [...state.tenants.values()];
    for (const { id, master, balancesByKey } of tenants) {
      this.#setMaster(id, master);
      for (const balance of balancesByKey.values()) if (balance.written) this.#balance(balanceEntry(balance));
    }
    const credits = tenants.map(allCredits);
    applyValues(this.#state, {
      ...nothing,
      budgets: [...budgetsOf(tenants)],
      budgetSums: [...budgetSumsOf(tenants)],
      creditGrants: credits.flatMap(({ creditGrants }) => creditGrants),
      creditLines: credits.flatMap(({ creditLines }) => creditLines),
      wallets: credits.flatMap(({ wallets }) => wallets),
      holds: [...holdsOf(tenants)],
    });
    this.#pass(state);
  }

  /** A commit that is stored. */
  take(header: CommitHeader, seq: number, masters: Masters): void {
    for (const [id, master] of masters) this.#setMaster(id, master);
    for (const entry of header.balances) this.#balance(entry);
    const { budgets, budgetSums = [], creditGrants = [], creditLines = [], wallets = [] } = header;
    applyValues(this.#state, { ...nothing, budgets, budgetSums, creditGrants, creditLines, wallets });
    const { incarnation, logTimeMs } = header;
    this.#pass({ incarnation, outSeq: seq, logTimeMs });
    for (const recorded of header.requests ?? [])
      this.#state.holds.apply(this.#state.tenants.get(recorded.request.tenant)!, recorded);
  }

  tenant(id: string): Tenant | undefined {
    return this.#state.tenants.get(id);
  }

  /** All balances of a tenant. */
  balancesOf(id: string): BalanceEntry[] {
    return [...this.#entriesOf(id).values()];
  }

  get watermark(): Watermark {
    const { partition, incarnation, outSeq, logTimeMs } = this.#state;
    return { partition, incarnation, outSeq, logTimeMs };
  }

  #pass({ incarnation, outSeq, logTimeMs }: Pick<PartitionState, 'incarnation' | 'outSeq' | 'logTimeMs'>): void {
    Object.assign(this.#state, { incarnation, outSeq, logTimeMs });
    this.#state.holds.pass(logTimeMs);
  }

  #balance(entry: BalanceEntry): void {
    this.#entriesOf(entry.tenant).set(balanceKey(entry.account, entry.periodStartMs, entry.currency), entry);
  }

  #entriesOf(id: string): Map<string, BalanceEntry> {
    return (this.#state.tenants.get(id)?.balancesByKey as CommittedBalances | undefined)?.told ?? new Map();
  }

  #setMaster(id: string, master: Master): void {
    const { tenants } = this.#state;
    let known = tenants.get(id);
    if (known === undefined) {
      const tenant: Tenant = { ...emptyTenant(master.record), id, balancesByKey: new CommittedBalances(() => tenant) };
      tenants.set(id, (known = tenant));
    }
    known.master = master;
    if (master.credits.units.size > 0) known.credits ??= newTenantCredits();
  }
}

/** Reads a balance when it is asked for: of most that a commit changes nobody ever asks. */
class CommittedBalances extends Map<string, Balance> {
  readonly told = new Map<string, BalanceEntry>();
  readonly #tenant: () => Tenant;

  constructor(tenant: () => Tenant) {
    super();
    this.#tenant = tenant;
  }

  override get(key: string): Balance | undefined {
    const entry = this.told.get(key);
    if (entry === undefined) return undefined;
    const { tenant, currency, periodStartMs: startMs, periodEndMs: endMs } = entry;
    const account = this.#tenant().master.accounts.get(entry.account)!;
    const [own, total] = [parseAmount(entry.own)!, parseAmount(entry.total)!];
    return { tenant, account, period: { startMs, endMs }, currency, own, total, dirty: false, written: true };
  }
}

const nothing: Values = {
  producers: [], resources: [], series: [], ends: [], tallies: [], tallyValues: [], balances: [], budgets: [],
}; // prettier-ignore
