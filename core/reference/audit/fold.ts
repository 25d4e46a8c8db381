/** The state as the headers alone give it: every value in them is absolute, so that the last one said holds. */
import type { BalanceEntry, BudgetState, CommitHeader, ProducerState } from '../../messages/rated.ts';
import { balanceKey } from '../state.ts';
import type { Names } from './names.ts';

/** [quantity in base units, charge in 10⁻¹² of the currency], as the log writes them. */
type TallyValue = readonly [quantity: string, charge: string];

export interface TallyOpening {
  readonly carried: string;
  readonly firstMs: number;
  readonly periodEndMs: number;
}

export class Fold {
  readonly openings = new Map<string, TallyOpening>();
  readonly tallies = new Map<string, TallyValue>();
  readonly ends = new Map<string, number>();
  readonly balances = new Map<string, BalanceEntry>();
  readonly producers = new Map<string, ProducerState>();
  readonly budgets = new Map<string, BudgetState>();
  blocks = 0;

  /** `names` has learned the header's dictionary before. */
  take(header: CommitHeader, names: Names): void {
    for (const entry of header.tallies) {
      const { carried, firstMs, periodEndMs } = entry;
      this.openings.set(names.keyOf(entry), { carried, firstMs, periodEndMs });
    }
    for (const [id, quantity, charge] of header.tallyValues) this.tallies.set(names.tally(id), [quantity, charge]);
    for (const [id, endMs] of header.ends) this.ends.set(names.counter(id), endMs);
    for (const entry of header.balances) {
      this.balances.set(balanceKey(entry.tenant, entry.account, entry.periodStartMs, entry.currency), entry);
    }
    for (const record of header.producers) this.#takeProducer(record);
    for (const budget of header.budgets) this.budgets.set(`${budget.tenant} ${budget.budget}`, budget);
    this.blocks += header.blocks;
  }

  /** A commit tells only the hashes that it took; of one epoch the last 64 count. */
  #takeProducer(record: ProducerState): void {
    const key = `${record.tenant} ${record.producer}`;
    const known = this.producers.get(key);
    const isSameEpoch = JSON.stringify(known?.epoch) === JSON.stringify(record.epoch);
    const hashes = [...(isSameEpoch ? (known?.hashes ?? []) : []), ...record.hashes].slice(-64);
    this.producers.set(key, { ...record, hashes });
  }
}
