/** The state as the headers alone give it: every value in them is absolute, so that the last one said holds. */
import { eachEnd } from '../../messages/ends.ts';
import type { BudgetState } from '../../messages/budget.ts';
import type {
  BalanceEntry,
  CommitHeader,
  LevelEntry,
  ProducerState,
  SamplePlace,
  TallyNote,
} from '../../messages/rated.ts';
import { balanceKey } from '../state.ts';
import type { Names } from './names.ts';

/** [quantity in base units, charge in 10⁻¹² of the currency, events], as the log writes them. */
type TallyValue = readonly [quantity: string, charge: string, events: string];

/** What a tally keeps beyond its figures. */
export interface Kept {
  readonly newest: SamplePlace | undefined;
  readonly values: readonly string[];
  readonly hashes: readonly number[];
  readonly slots: ReadonlyMap<number, string>;
  readonly samples: readonly string[];
  /** By account: quantity and amount. */
  readonly members: ReadonlyMap<number, string>;
}

export const nothingKept: Kept = {
  newest: undefined,
  values: [],
  hashes: [],
  slots: new Map(),
  samples: [],
  members: new Map(),
};

export interface TallyOpening {
  readonly carried: string;
  readonly carriedEvents: string;
  readonly firstMs: number;
  readonly periodEndMs: number;
}

export class Fold {
  readonly openings = new Map<string, TallyOpening>();
  readonly tallies = new Map<string, TallyValue>();
  readonly kept = new Map<string, Kept>();
  /** What is carried over, in words; none where there is nothing. */
  readonly rolled = new Map<string, string>();
  readonly ends = new Map<string, number>();
  readonly levels = new Map<string, LevelEntry>();
  readonly balances = new Map<string, BalanceEntry>();
  readonly producers = new Map<string, ProducerState>();
  readonly budgets = new Map<string, BudgetState>();
  blocks = 0;

  /** `names` has learned the header's dictionary before. */
  take(header: CommitHeader, names: Names): void {
    for (const entry of header.tallies) {
      const { carried, carriedEvents = '0', firstMs, periodEndMs } = entry;
      this.openings.set(names.keyOf(entry), { carried, carriedEvents, firstMs, periodEndMs });
    }
    for (const [id, quantity, charge, events = '0'] of header.tallyValues)
      this.tallies.set(names.tally(id), [quantity, charge, events]);
    for (const [id, left] of header.rollovers ?? [])
      this.rolled.set(names.tally(id), left.map((entry) => entry.join(': ')).join());
    for (const note of header.tallyNotes ?? []) this.#takeNote(note, names);
    for (const { id, endMs } of eachEnd(header.ends)) this.ends.set(names.counter(id), endMs);
    for (const entry of header.levels ?? []) this.levels.set(names.level(entry), entry);
    for (const entry of header.balances) {
      this.balances.set(balanceKey(entry.tenant, entry.account, entry.periodStartMs, entry.currency), entry);
    }
    for (const record of header.producers) this.#takeProducer(record);
    for (const budget of header.budgets) this.budgets.set(`${budget.tenant} ${budget.budget}`, budget);
    this.blocks += header.blocks;
  }

  /** By id: a tally carries over from older ones only. */
  #takeNote(
    { id, cleared, from, newest, values = [], hashes = [], slots = [], samples = [], members = [] }: TallyNote,
    names: Names,
  ): void {
    const key = names.tally(id);
    const known = cleared === true ? nothingKept : (this.kept.get(key) ?? nothingKept);
    const carried = from && this.kept.get(names.tally(from[0]))?.values.slice(0, from[1]);
    const before = cleared === true ? [] : (carried ?? known.values);
    this.kept.set(key, {
      newest: newest ?? known.newest,
      values: [...before, ...values],
      hashes: [...known.hashes, ...hashes],
      slots: new Map([...known.slots, ...slots]),
      samples: [...known.samples, ...samples],
      members: new Map([
        ...(this.kept.get(key)?.members ?? []),
        ...members.map(([account, quantity, amount]) => [account, `${quantity} for ${amount}`] as const),
      ]),
    });
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
