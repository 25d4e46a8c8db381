/** Rebuilds the state from commits, without rating anything again: every value in a header is absolute. */
import { eachEnd } from '../messages/ends.ts';
import type { MeterRecord } from '../messages/control.ts';
import { parseAmount } from '../money/fixed.ts';
import type { CommitHeader, ProducerState, LevelEntry, SeriesEntry, TallyEntry } from '../messages/rated.ts';
import { applyBudget, applySums } from '../budgets/entries.ts';
import { applySettlement } from './agreements/settlement.ts';
import { applyCredits, type CreditValues } from './credits/values.ts';
import { applyMaster } from './master.ts';
import { balanceOf } from './plan.ts';
import { dropRepriced } from './repricing.ts';
import { metricName, seriesKey } from './metricNames.ts';
import {
  dedupHashesMax,
  newProducer,
  tallyKey,
  type PartitionState,
  type Resource,
  type Series,
  type Tally,
  type Tenant,
} from './state.ts';
import { applyNotes } from './notes.ts';
import { applyShadow } from './corrections/shadows.ts';
import { levelKey } from './levels.ts';
import { spotTalliesWith } from './spotTallies.ts';
import { cellOf, enlist } from './rollover.ts';
import { carryAnew, countCell, newTally, setCarried } from './tally.ts';

/** Applies the commit stored at `seq` with the given hash. */
export function applyCommit(state: PartitionState, header: CommitHeader, seq: number, hash: string): void {
  state.incarnation = header.incarnation;
  state.outSeq = seq;
  state.outHash = hash;
  state.logTimeMs = header.logTimeMs;
  state.feesTo = header.feesTo;
  state.usage = header.inputs.usage;
  state.control = header.inputs.control;
  state.controlMark = header.inputs.controlMark;
  for (const message of header.control) applyMaster(state, message);
  applyValues(state, header);
  state.holds.pass(state.logTimeMs);
  for (const recorded of header.requests ?? []) state.holds.apply(tenantOf(state, recorded.request.tenant), recorded);
  dropRepriced(state);
  Object.assign(state.totals.samples, header.totals.samples);
  Object.assign(state.totals.batches, header.totals.batches);
  state.totals.alerts = header.totals.alerts;
  state.totals.blocks = header.totals.blocks;
}

export type Values = Pick<
  CommitHeader,
  | 'producers'
  | 'resources'
  | 'series'
  | 'ends'
  | 'tallies'
  | 'tallyValues'
  | 'tallyNotes'
  | 'shadows'
  | 'rollovers'
  | 'carried'
  | 'closings'
  | 'levels'
  | 'balances'
  | 'settlements'
  | 'budgets'
  | 'budgetSums'
  | 'budgetsWaiting'
  | 'holds'
> &
  CreditValues;

/** Applies the part that a snapshot and a commit have in common. */
export function applyValues(state: PartitionState, values: Values): void {
  for (const record of values.producers) applyProducer(tenantOf(state, record.tenant), record);
  for (const resource of values.resources) applyResource(state, resource);
  for (const entry of values.series) applySeries(state, entry);
  for (const { id, endMs } of eachEnd(values.ends)) state.series[id - 1]!.endMs = endMs;
  for (const entry of values.tallies) applyTally(state, entry);
  for (const [id, rolled] of values.rollovers ?? []) {
    const tally = state.tallies[id - 1]!;
    tally.rolled = rolled.map(([age, left]) => [age, parseAmount(left)!]);
    tally.cursor = undefined;
    setCarried(tally, cellOf(tenantOf(state, tally.entry.tenant).master, tally), tally.carried);
  }
  for (const [id, quantity, events, value] of values.carried ?? [])
    carryAnew(tenantOf(state, state.tallies[id - 1]!.entry.tenant), state.tallies[id - 1]!, {
      quantity: BigInt(quantity),
      events: BigInt(events),
      value: BigInt(value),
    });
  for (const [id, quantity, charge, events = '0', value = '0'] of values.tallyValues) {
    const tally = state.tallies[id - 1]!;
    tally.quantity = BigInt(quantity);
    tally.charge = BigInt(charge);
    tally.events = BigInt(events);
    tally.value = BigInt(value);
    tally.cursor = undefined;
  }
  applyNotes(state.tallies, ({ entry }) => meterOf(state, entry), values.tallyNotes ?? []);
  for (const note of values.shadows ?? []) {
    const tally = state.tallies[note.id - 1]!;
    applyShadow(tenantOf(state, tally.entry.tenant), tally, note);
  }
  if (values.closings !== undefined) state.closings = values.closings;
  for (const entry of values.levels ?? []) applyLevel(state, entry);
  for (const entry of values.balances) {
    const tenant = tenantOf(state, entry.tenant);
    const balance = balanceOf(tenant, tenant.master.accounts.get(entry.account)!, entry.periodStartMs, entry.currency);
    balance.own = parseAmount(entry.own)!;
    balance.total = parseAmount(entry.total)!;
    balance.written = true;
  }
  for (const entry of values.settlements ?? []) applySettlement(tenantOf(state, entry.tenant), entry);
  applyCredits((id) => tenantOf(state, id), values);
  for (const entry of values.budgets) applyBudget(tenantOf(state, entry.tenant), entry);
  for (const sums of values.budgetSums ?? []) applySums(tenantOf(state, sums.tenant), sums);
  if (values.budgetsWaiting !== undefined) state.budgetsWaiting = values.budgetsWaiting;
  for (const entry of values.holds ?? [])
    for (const recorded of entry) state.holds.apply(tenantOf(state, recorded.request.tenant), recorded);
}

const meterOf = (state: PartitionState, { tenant, meter }: TallyEntry): MeterRecord =>
  tenantOf(state, tenant).master.meters.get(meter)!;

function tenantOf(state: PartitionState, id: string): Tenant {
  const tenant = state.tenants.get(id);
  if (tenant === undefined) throw new Error(`the log names tenant ${id} before creating it`);
  return tenant;
}

function applyProducer(tenant: Tenant, record: ProducerState): void {
  const known = tenant.producers.get(record.producer) ?? newProducer(record.producer);
  tenant.producers.set(record.producer, known);
  const { tenant: _, producer: __, samples, batches, notes, hashes, ...rest } = record;
  const isSameEpoch = known.epoch?.startedAtMs === rest.epoch?.startedAtMs && known.epoch?.nonce === rest.epoch?.nonce;
  known.hashes = [...(isSameEpoch ? known.hashes : []), ...hashes].slice(-dedupHashesMax);
  Object.assign(known, rest);
  Object.assign(known.samples, samples);
  Object.assign(known.batches, batches);
  Object.assign(known.notes, notes);
}

export function applyResource(state: PartitionState, resource: Resource): void {
  while (state.resources.length < resource.id - 1) state.resources.push(undefined);
  state.resources[resource.id - 1] = resource;
  if (state.isIndexed) tenantOf(state, resource.tenant).resourcesByName.set(resource.name, resource);
}

export function applySeries(state: PartitionState, entry: SeriesEntry): Series {
  const resource = state.resources[entry.resource - 1]!;
  const tenant = tenantOf(state, entry.tenant);
  const metric = metricName(tenant, entry.metric);
  const { id, producer: producerId } = entry;
  const series: Series = {
    id,
    producer: producerId,
    metric: metric.text,
    resource,
    endMs: 0,
    dirty: false,
    plan: undefined,
  };
  state.series[entry.id - 1] = series;
  const producer = tenant.producers.get(entry.producer) ?? newProducer(entry.producer);
  tenant.producers.set(entry.producer, producer);
  if (state.isIndexed) producer.seriesByKey.set(seriesKey(resource, metric), series);
  return series;
}

function applyLevel(state: PartitionState, { resource, level, dueMs, ...entry }: LevelEntry): void {
  const known = state.levels[entry.id - 1];
  const now = { ...entry, level: BigInt(level), dueMs: dueMs ?? Infinity };
  const applied = Object.assign(known ?? { resource: state.resources[resource - 1]!, dirty: false }, now);
  state.levels[entry.id - 1] = applied;
  tenantOf(state, entry.tenant).levelsByKey.set(levelKey(entry.meter, applied.resource, entry.metric), applied);
  state.levelsDueMs = Math.min(state.levelsDueMs, applied.dueMs);
}

export function applyTally(state: PartitionState, entry: TallyEntry): Tally {
  const tenant = tenantOf(state, entry.tenant);
  const tally = newTally(entry);
  const { carried, carriedEvents = '0', carriedValue = '0' } = entry;
  setCarried(tally, cellOf(tenant.master, tally), {
    quantity: BigInt(carried),
    events: BigInt(carriedEvents),
    value: BigInt(carriedValue),
  });
  state.tallies[entry.id - 1] = tally;
  if (state.isIndexed) tenant.talliesByKey.set(tallyKey(entry), tally);
  countCell(tenant, entry, 1);
  spotTalliesWith(tenant, tally)?.push(tally);
  enlist(tenant, tally, 1);
  return tally;
}
