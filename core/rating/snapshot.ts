/** The whole state as text, in one canonical order: equal states give equal bytes. */
import { holdEntry } from '../holds/holds.ts';
import type { HoldEntry } from '../messages/checks.ts';
import type { ControlChange, ControlMessage } from '../messages/control.ts';
import type { BudgetState, BudgetSums, BudgetsWaiting } from '../messages/budget.ts';
import type {
  BalanceEntry,
  ClosingState,
  CommitHeader,
  FeePlace,
  ProducerState,
  SettlementEntry,
  ShadowNote,
  TallyNote,
} from '../messages/rated.ts';
import { compareText } from './attribution.ts';
import { inOrder, isWritten, settlementEntry } from './agreements/settlement.ts';
import { balanceEntry, levelsOf, producerState, rolloversOf, totalsOf } from './commit.ts';
import { everything, notesOf } from './notes.ts';
import { shadowNote } from './corrections/shadows.ts';
import { budgetState, budgetSums } from '../budgets/entries.ts';
import { allCredits } from './credits/values.ts';
import { applyMaster } from './master.ts';
import { lateCharge } from './repricing.ts';
import { seriesLimits } from '../pricing/limits.ts';
import { applyValues, type Values } from './replay.ts';
import { applyTables, tablesOf, type Tables } from './snapshotTables.ts';
import { emptyState, type Master, type PartitionState, type Tally, type Tenant } from './state.ts';

/** Texts of this length make a piece; one record may be longer. */
const pieceCharacters = 256 * 1024;

interface Head {
  readonly v: 2;
  readonly partition: number;
  readonly incarnation: number;
  readonly outSeq: number;
  readonly outHash: string;
  readonly logTimeMs: number;
  readonly feesTo?: FeePlace;
  readonly closings?: readonly ClosingState[];
  readonly budgetsWaiting?: readonly BudgetsWaiting[];
  readonly inputs: Omit<CommitHeader['inputs'], 'taken'>;
  readonly totals: CommitHeader['totals'];
}

/** What follows the head, in this order: master data as the changes that make it, tables, and what is not as many. */
interface Piece extends Tables, Partial<Omit<Values, keyof Tables>> {
  readonly tenant?: string;
  readonly changes?: readonly ControlChange[];
  /** Ids of tallies that are still to be charged by a new point. */
  readonly repriced?: readonly number[];
}

/** The snapshot as lines of JSON, each some milliseconds of work, so that whoever writes or reads it can do something else in between. */
export function* snapshotPieces(state: PartitionState): Generator<string> {
  const tenants = [...state.tenants.values()].sort((a, b) => compareText(a.id, b.id));
  yield JSON.stringify(headOf(state));
  for (const { id, master } of tenants)
    yield* listed('changes', masterChanges(master), `"tenant":${JSON.stringify(id)},`);
  yield* listed('producers', producersOf(tenants));
  for (const table of tablesOf(state)) yield JSON.stringify(table);
  yield* listed('rollovers', rolloversOf(state.tallies.filter(({ rolled }) => rolled.length > 0)).rollovers ?? []);
  yield* listed('tallyNotes', tallyNotesOf(state.tallies));
  yield* listed('shadows', shadowsOf(tenants));
  yield* listed('levels', levelsOf(state.levels).levels ?? []);
  yield* listed('balances', balancesOf(tenants));
  yield* listed('settlements', writtenSettlements(tenants));
  yield* listed('budgets', budgetsOf(tenants));
  yield* listed('budgetSums', budgetSumsOf(tenants));
  yield* listed('holds', holdsOf(tenants));
  for (const tenant of tenants)
    for (const [name, list] of Object.entries(allCredits(tenant))) yield* listed(name as keyof Piece, list);
  yield* listed('repriced', repricedOf(state));
}

/** Reads what `snapshotPieces` wrote, piece by piece. */
export class SnapshotReader {
  readonly #isIndexed: boolean;
  #state: PartitionState | undefined;
  /** Master data of a tenant, until all of its changes are there. */
  #master: { readonly tenant: string; readonly changes: ControlChange[] } | undefined;
  readonly #repriced: number[] = [];

  constructor(isIndexed = true) {
    this.#isIndexed = isIndexed;
  }

  /** Throws at what is not a snapshot of this version. */
  take(text: string): void {
    if (this.#state === undefined) this.#state = begun(JSON.parse(text) as Head, this.#isIndexed);
    else this.#add(this.#state, JSON.parse(text) as Piece);
  }

  /** The state, once all pieces are taken. */
  end(): PartitionState {
    const state = this.#state;
    if (state === undefined) throw new Error('a snapshot without a head');
    this.#closeMaster(state);
    state.holds.pass(state.logTimeMs);
    state.repriced = this.#repriced.map((id) => state.tallies[id - 1]!);
    return state;
  }

  #add(state: PartitionState, { tenant, changes, resources, series, tallies, repriced, ...values }: Piece): void {
    if (tenant !== this.#master?.tenant) this.#closeMaster(state);
    if (tenant !== undefined && changes !== undefined) {
      this.#master ??= { tenant, changes: [] };
      for (const change of changes) this.#master.changes.push(change);
    }
    applyTables(state, { ...(resources && { resources }), ...(series && { series }), ...(tallies && { tallies }) });
    applyValues(state, { ...nothing, ...values });
    this.#repriced.push(...(repriced ?? []));
  }

  #closeMaster(state: PartitionState): void {
    if (this.#master === undefined) return;
    applyMaster(state, { v: 1, seq: 0, auditId: '', trace: '', ...this.#master } satisfies ControlMessage);
    this.#master = undefined;
  }
}

/** All pieces as one text. */
export const encodeState = (state: PartitionState): string => [...snapshotPieces(state)].join('\n');

/** Reads what `encodeState` wrote. */
export function decodeState(text: string, isIndexed = true): PartitionState {
  const reader = new SnapshotReader(isIndexed);
  for (const piece of text.split('\n')) reader.take(piece);
  return reader.end();
}

const nothing: Values = {
  producers: [], resources: [], series: [], ends: [], tallies: [], tallyValues: [], balances: [], budgets: [],
}; // prettier-ignore

const headOf = (state: PartitionState): Head => ({
  v: 2,
  partition: state.partition,
  incarnation: state.incarnation,
  outSeq: state.outSeq,
  outHash: state.outHash,
  logTimeMs: state.logTimeMs,
  ...(state.feesTo === undefined ? {} : { feesTo: state.feesTo }),
  ...(state.closings.length === 0 ? {} : { closings: state.closings }),
  ...(state.budgetsWaiting.length === 0 ? {} : { budgetsWaiting: state.budgetsWaiting }),
  inputs: { usage: state.usage, control: state.control, controlMark: state.controlMark },
  totals: totalsOf(state),
});

/** Log time is there before master data: what has not ended yet cannot be closed. */
function begun({ v, partition, inputs, totals, ...rest }: Head, isIndexed: boolean): PartitionState {
  if (v !== 2) throw new Error(`a snapshot of version ${String(v)}`);
  const state = emptyState(partition, isIndexed);
  Object.assign(state, rest, inputs);
  Object.assign(state.totals.samples, totals.samples);
  Object.assign(state.totals.batches, totals.batches);
  Object.assign(state.totals, { alerts: totals.alerts, blocks: totals.blocks });
  return state;
}

/** Records under a name, as pieces; none where there are none. `lead` comes first in each. */
function* listed(name: keyof Piece, records: Iterable<unknown>, lead = ''): Generator<string> {
  let texts: string[] = [];
  let length = 0;
  for (const record of records) {
    const text = JSON.stringify(record);
    texts.push(text);
    length += text.length;
    if (length < pieceCharacters) continue;
    yield `{${lead}"${name}":[${texts.join(',')}]}`;
    texts = [];
    length = 0;
  }
  if (length > 0) yield `{${lead}"${name}":[${texts.join(',')}]}`;
}

export function* producersOf(tenants: readonly Tenant[]): Generator<ProducerState> {
  for (const { id, producers } of tenants)
    for (const producer of sorted(producers)) yield producerState(id, producer, producer.hashes.length);
}

export function* tallyNotesOf(tallies: readonly Tally[]): Generator<TallyNote> {
  for (const tally of tallies) yield* notesOf([tally], everything).tallyNotes ?? [];
}

function* shadowsOf(tenants: readonly Tenant[]): Generator<ShadowNote> {
  for (const { shadows } of tenants)
    for (const [id, shadow] of [...shadows].sort(([a], [b]) => a - b)) yield shadowNote(id, shadow, everything);
}

export function* balancesOf(tenants: readonly Tenant[]): Generator<BalanceEntry> {
  for (const { balancesByKey } of tenants)
    for (const balance of sorted(balancesByKey)) if (balance.written) yield balanceEntry(balance);
}

export function* writtenSettlements(tenants: readonly Tenant[]): Generator<SettlementEntry> {
  for (const { settlements } of tenants)
    for (const periods of sorted(settlements))
      for (const one of inOrder(periods)) if (isWritten(one)) yield settlementEntry(one, true);
}

export function* budgetsOf(tenants: readonly Tenant[]): Generator<BudgetState> {
  for (const tenant of tenants) for (const budget of sorted(tenant.budgetStates)) yield budgetState(tenant, budget);
}

export function* budgetSumsOf(tenants: readonly Tenant[]): Generator<BudgetSums> {
  for (const { id, budgetStates } of tenants)
    for (const budget of sorted(budgetStates)) {
      const sums = budgetSums(id, budget, true);
      if (sums !== undefined) yield sums;
    }
}

export function* holdsOf(tenants: readonly Tenant[]): Generator<HoldEntry> {
  for (const { holds } of tenants) for (const hold of sorted(holds.byKey)) yield holdEntry(hold);
}

/** The list itself may hold more: what was charged with a sample meanwhile. */
const repricedOf = ({ repriced, tenants }: PartitionState): number[] =>
  repriced.flatMap((tally) => (lateCharge(tenants.get(tally.entry.tenant)!, tally) === 0n ? [] : [tally.entry.id]));

function sorted<Value>(map: ReadonlyMap<string, Value>): Value[] {
  return [...map.entries()].sort(([a], [b]) => compareText(a, b)).map(([, value]) => value);
}

/** What makes the master data from nothing, in this order. */
export function masterChanges(master: Master): ControlChange[] {
  return [
    { kind: 'tenant', ...master.record },
    ...[...master.accounts.values()].map(({ record }) => ({ kind: 'account' as const, ...record })),
    ...sorted(master.producers).map((record) => ({ kind: 'producer' as const, ...record })),
    ...[...master.ownership.entries()]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([resource, records]) => records.map((record) => ({ kind: 'ownership' as const, resource, ...record }))),
    ...sorted(master.meters).map((record) => ({ kind: 'meter' as const, ...record })),
    ...sorted(master.pricingUnits).map((record) => ({ kind: 'pricingUnit' as const, ...record })),
    ...sorted(master.priceSeries).flatMap(({ record, points }): ControlChange[] => [
      { kind: 'series', ...record },
      ...chunksOf(points, seriesLimits.pointsPerChangeMax).map((chunk): ControlChange => ({
        kind: 'seriesPoints',
        series: record.id,
        points: chunk,
      })),
    ]),
    ...[...master.prices.values()].map(({ record }) => ({ kind: 'price' as const, ...record })),
    ...[...master.fees.values()].map(({ record }) => ({ kind: 'fee' as const, ...record })),
    ...[...master.agreements.values()].map((record) => ({ kind: 'agreement' as const, ...record })),
    ...sorted(master.budgets).map((record) => ({ kind: 'budget' as const, ...record })),
    ...[...master.credits.grants.values()].map((grant) => ({ kind: 'creditGrant' as const, grant })),
    ...sorted(master.credits.wallets).map((record) => ({ kind: 'wallet' as const, ...record })),
    ...[...master.closes]
      .toSorted(([a], [b]) => a - b)
      .map(([account, untilMs]) => ({ kind: 'close' as const, account, untilMs, reason: '' })),
    ...(master.correction === undefined ? [] : [{ kind: 'correction' as const, ...master.correction }]),
  ];
}

const chunksOf = <Value>(values: readonly Value[], size: number): Value[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size));
