/** The whole state as text, in one canonical order: equal states give equal bytes. */
import type { ControlChange, ControlMessage } from '../messages/control.ts';
import type { CommitHeader, FeePlace } from '../messages/rated.ts';
import { compareText } from './attribution.ts';
import { inOrder, isWritten, settlementEntry } from './agreements/settlement.ts';
import {
  balanceEntry,
  budgetState,
  everything,
  levelsOf,
  notesOf,
  producerState,
  rolloversOf,
  seriesEntry,
  settlementsOf,
  tallyValue,
  totalsOf,
} from './commit.ts';
import { applyMaster } from './master.ts';
import { lateCharge } from './repricing.ts';
import { seriesLimits } from '../pricing/limits.ts';
import { applyValues, type Values } from './replay.ts';
import { emptyState, type Master, type PartitionState } from './state.ts';

interface SnapshotRecord extends Values {
  readonly v: 1;
  readonly partition: number;
  readonly incarnation: number;
  readonly outSeq: number;
  readonly outHash: string;
  readonly logTimeMs: number;
  readonly feesTo?: FeePlace;
  readonly inputs: Omit<CommitHeader['inputs'], 'taken'>;
  readonly totals: CommitHeader['totals'];
  /** Ids of tallies that are still to be charged by a new point; absent for none. */
  readonly repriced?: readonly number[];
  /** Master data as the changes that make it, per tenant. */
  readonly masters: readonly { readonly tenant: string; readonly changes: readonly ControlChange[] }[];
}

export function encodeState(state: PartitionState): string {
  const tenants = [...state.tenants.values()].sort((a, b) => compareText(a.id, b.id));
  const record: SnapshotRecord = {
    v: 1,
    partition: state.partition,
    incarnation: state.incarnation,
    outSeq: state.outSeq,
    outHash: state.outHash,
    logTimeMs: state.logTimeMs,
    ...(state.feesTo === undefined ? {} : { feesTo: state.feesTo }),
    inputs: { usage: state.usage, control: state.control, controlMark: state.controlMark },
    totals: totalsOf(state),
    masters: tenants.map(({ id, master }) => ({ tenant: id, changes: masterChanges(master) })),
    producers: tenants.flatMap((tenant) =>
      sorted(tenant.producers).map((producer) => producerState(tenant.id, producer, producer.hashes.length)),
    ),
    resources: state.resources,
    series: state.series.map(seriesEntry),
    ends: state.series.filter(({ endMs }) => endMs > 0).map(({ id, endMs }) => [id, endMs]),
    tallies: state.tallies.map(({ entry }) => entry),
    tallyValues: state.tallies.map(tallyValue),
    ...repricedOf(state),
    ...notesOf(state.tallies, everything),
    ...rolloversOf(state.tallies.filter(({ rolled }) => rolled.length > 0)),
    ...(state.closings.length === 0 ? {} : { closings: state.closings }),
    ...levelsOf(state.levels),
    balances: tenants.flatMap((tenant) =>
      sorted(tenant.balancesByKey)
        .filter(({ written }) => written)
        .map(balanceEntry),
    ),
    ...settlementsOf(
      tenants.flatMap(({ settlements }) =>
        sorted(settlements).flatMap((periods) =>
          inOrder(periods)
            .filter(isWritten)
            .map((one) => settlementEntry(one, true)),
        ),
      ),
    ),
    budgets: tenants.flatMap((tenant) => sorted(tenant.budgetStates).map((budget) => budgetState(tenant.id, budget))),
  };
  return JSON.stringify(record);
}

/** Reads what `encodeState` wrote. */
export function decodeState(text: string): PartitionState {
  const record = JSON.parse(text) as SnapshotRecord;
  const state = emptyState(record.partition);
  // What has not ended yet cannot be closed.
  state.logTimeMs = record.logTimeMs;
  for (const { tenant, changes } of record.masters) {
    applyMaster(state, { v: 1, tenant, seq: 0, auditId: '', trace: '', changes } satisfies ControlMessage);
  }
  applyValues(state, record);
  state.repriced = (record.repriced ?? []).map((id) => state.tallies[id - 1]!);
  const { incarnation, outSeq, outHash, logTimeMs, inputs, totals } = record;
  Object.assign(state, { incarnation, outSeq, outHash, logTimeMs, feesTo: record.feesTo, ...inputs });
  Object.assign(state.totals.samples, totals.samples);
  Object.assign(state.totals.batches, totals.batches);
  Object.assign(state.totals, { alerts: totals.alerts, blocks: totals.blocks });
  return state;
}

/** The list itself may hold more: what was charged with a sample meanwhile. */
function repricedOf({ repriced, tenants }: PartitionState): Pick<SnapshotRecord, 'repriced'> {
  const late = repriced.filter((tally) => lateCharge(tenants.get(tally.entry.tenant)!, tally) !== 0n);
  return late.length === 0 ? {} : { repriced: late.map(({ entry }) => entry.id) };
}

function sorted<Value>(map: ReadonlyMap<string, Value>): Value[] {
  return [...map.entries()].sort(([a], [b]) => compareText(a, b)).map(([, value]) => value);
}

function masterChanges(master: Master): ControlChange[] {
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
    ...[...master.closes]
      .toSorted(([a], [b]) => a - b)
      .map(([account, untilMs]) => ({ kind: 'close' as const, account, untilMs, reason: '' })),
  ];
}

const chunksOf = <Value>(values: readonly Value[], size: number): Value[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size));
