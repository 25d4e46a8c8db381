/** Writes what has changed as one RATED message, and reads one back. */
import { formatAmount, formatDecimal } from '../money/fixed.ts';
import { endEntries } from '../messages/ends.ts';
import type { BudgetSums } from '../messages/budget.ts';
import type {
  BalanceEntry,
  CarriedEntry,
  ChainLink,
  CommitHeader,
  LevelEntry,
  ProducerState,
  RolloverEntry,
  SeriesEntry,
  SettlementEntry,
  ShadowNote,
  TallyValue,
  Totals,
} from '../messages/rated.ts';
import { settlementEntry } from './agreements/settlement.ts';
import { ByteText } from './byteText.ts';
import type { Changes } from './changes.ts';
import { creditsOf } from './credits/values.ts';
import { levelEntry, type Level } from './levels.ts';
import { fresh, notesOf } from './notes.ts';
import { shadowNote } from './corrections/shadows.ts';
import { budgetState, budgetSums } from '../budgets/entries.ts';
import type { Balance, PartitionState, Producer, Series, Tally } from './state.ts';

/** Whose commit it is and where it stands in the chain. */
export interface CommitPlace {
  readonly kind: CommitHeader['kind'];
  readonly incarnation: number;
  readonly nonce: string;
  readonly n: number;
  readonly prev: ChainLink;
  readonly base?: NonNullable<CommitHeader['base']>;
  readonly heirs?: NonNullable<CommitHeader['heirs']>;
}

export interface EncodedCommit {
  /** Values as of the commit; nothing in it changes afterwards. */
  readonly header: CommitHeader;
  readonly bytes: Uint8Array;
}

/** The message that is to become sequence `place.prev.seq + 1`; forgets the changes it has written. */
export function encodeCommit(state: PartitionState, changes: Changes, place: CommitPlace): EncodedCommit {
  // The narrow path notes tallies when its batch ends, the wide one at once: the order must not tell which it was.
  changes.tallies.sort((a, b) => a.entry.id - b.entry.id);
  state.holds.pass(state.logTimeMs);
  const header: CommitHeader = {
    v: 1,
    ...place,
    partition: state.partition,
    logTimeMs: state.logTimeMs,
    inputs: { taken: changes.taken, usage: state.usage, control: state.control, controlMark: state.controlMark },
    producers: changes.producers.map(({ tenant, producer }) => producerState(tenant, producer, producer.freshHashes)),
    resources: changes.resources,
    tallies: changes.opened.map((tally) => tally.entry),
    tallyValues: changes.tallies.map(tallyValue),
    ...notesOf(changes.tallies, fresh),
    ...shadowsOf(changes.shadows),
    ...rolloversOf(new Set(changes.rolled)),
    ...carriedOf(changes.carried),
    ...(changes.closed ? { closings: state.closings } : {}),
    ...levelsOf(changes.levels),
    series: changes.series.map(seriesEntry),
    ends: endEntries(changes.ended),
    balances: changes.balances.map(balanceEntry),
    ...settlementsOf(changes.settlements.map((settlement) => settlementEntry(settlement, false))),
    ...creditsOf(changes),
    control: changes.control,
    budgets: changes.budgets.map(({ tenant, budget }) => budgetState(tenant, budget)),
    ...sumsOf(changes.budgets.map(({ tenant, budget }) => budgetSums(tenant.id, budget, false))),
    ...(changes.waited ? { budgetsWaiting: state.budgetsWaiting } : {}),
    alerts: changes.alerts,
    ...(changes.requests.length === 0 ? {} : { requests: changes.requests }),
    refusals: changes.refusals,
    ...(state.feesTo === undefined ? {} : { feesTo: state.feesTo }),
    totals: totalsOf(state),
    blocks: changes.lineEnds.length,
  };
  changes.clean();
  const out = scratch.clear();
  out.text(JSON.stringify(header));
  out.character(newline);
  const lead = `${state.partition}\t${place.incarnation}\t${place.prev.seq + 1}\t`;
  let from = 0;
  changes.lineEnds.forEach((end, block) => {
    out.text(lead);
    out.integer(block);
    out.character(tab);
    out.append(changes.text.view(from, end));
    out.character(newline);
    from = end;
  });
  return { header, bytes: out.slice(0) };
}

/** Used again by each call, which copies what it returns. */
const scratch = new ByteText();
const tab = 9;
const newline = 10;

/** Absent where nothing of them changed. */
function shadowsOf(changed: Changes['shadows']): { shadows?: ShadowNote[] } {
  const notes = [...changed].map(([id, shadows]) => shadowNote(id, shadows.get(id), fresh));
  return notes.length === 0 ? {} : { shadows: notes.toSorted((a, b) => a.id - b.id) };
}

/** What is carried over into these tallies; nothing at all where there are none. */
export function rolloversOf(tallies: Iterable<Tally>): { rollovers?: RolloverEntry[] } {
  const rollovers = [...tallies].map(({ entry, rolled }): RolloverEntry => [
    entry.id,
    rolled.map(([age, left]) => [age, formatDecimal(left, 12)]),
  ]);
  return rollovers.length === 0 ? {} : { rollovers: rollovers.toSorted(([a], [b]) => a - b) };
}

function carriedOf(tallies: ReadonlySet<Tally>): { carried?: CarriedEntry[] } {
  const entries = [...tallies].map(({ entry, carried: { quantity, events, value } }): CarriedEntry => [
    entry.id,
    ...([String(quantity), String(events), String(value)] as const),
  ]);
  return entries.length === 0 ? {} : { carried: entries.toSorted(([a], [b]) => a - b) };
}

/** Absent where there are none. */
function sumsOf(all: readonly (BudgetSums | undefined)[]): { budgetSums?: BudgetSums[] } {
  const some = all.filter((sums) => sums !== undefined);
  return some.length === 0 ? {} : { budgetSums: some };
}
/** Absent where there are none. */
export const settlementsOf = (settlements: readonly SettlementEntry[]): { settlements?: readonly SettlementEntry[] } =>
  settlements.length === 0 ? {} : { settlements };
/** Nothing at all where there are none. */
export const levelsOf = (levels: readonly Level[]): { levels?: LevelEntry[] } =>
  levels.length === 0 ? {} : { levels: levels.map(levelEntry).sort((a, b) => a.id - b.id) };

export const totalsOf = ({ totals }: PartitionState): Totals => ({
  ...totals,
  samples: { ...totals.samples },
  batches: { ...totals.batches },
});

export const tallyValue = ({ entry, quantity, charge, events, value }: Tally): TallyValue =>
  events === 0n && value === 0n
    ? [entry.id, quantity.toString(), charge.toString()]
    : [entry.id, quantity.toString(), charge.toString(), events.toString(), value.toString()];

export const seriesEntry = ({ id, producer, resource, metric }: Series): SeriesEntry => ({
  id,
  tenant: resource.tenant,
  producer,
  resource: resource.id,
  metric,
});

export const balanceEntry = (balance: Balance): BalanceEntry => ({
  tenant: balance.tenant,
  account: balance.account.record.id,
  periodStartMs: balance.period.startMs,
  periodEndMs: balance.period.endMs,
  currency: balance.currency,
  own: formatAmount(balance.own),
  total: formatAmount(balance.total),
});

/** With the newest `hashCount` hashes. */
export const producerState = (tenant: string, producer: Producer, hashCount: number): ProducerState => ({
  tenant,
  producer: producer.id,
  epoch: producer.epoch,
  mark: producer.mark,
  hashes: hashCount === 0 ? [] : producer.hashes.slice(-hashCount),
  samples: { ...producer.samples },
  batches: { ...producer.batches },
  lastSeenMs: producer.lastSeenMs,
  lastSampleMs: producer.lastSampleMs,
  notes: { ...producer.notes },
  spool: producer.spool,
  ...(producer.coalesced === undefined ? {} : { coalesced: producer.coalesced }),
  ...(producer.completeUntilMs === undefined ? {} : { completeUntilMs: producer.completeUntilMs }),
});
