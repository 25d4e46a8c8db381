/**
 * What the partitions of a new generation inherit when an instance is partitioned anew (SPEC §13): the state of their tenants, as
 * messages of `RATED_<p>` that are applied like any commit. Dense ids are given anew, in the order of the old ones; those of resources,
 * which stored rows name, begin beyond all that were ever given to the tenants.
 */
import type { ControlChange, ControlMessage } from '../messages/control.ts';
import type { ChainLink, CommitHeader, TallyEntry } from '../messages/rated.ts';
import { compareText } from './attribution.ts';
import { bytesOf } from './byteText.ts';
import { allCredits } from './credits/values.ts';
import { levelsOf, rolloversOf, seriesEntry, tallyValue } from './commit.ts';
import type { Values } from './replay.ts';
import { lateCharge } from './repricing.ts';
import {
  balancesOf,
  budgetsOf,
  holdsOf,
  budgetSumsOf,
  masterChanges,
  producersOf,
  tallyNotesOf,
  writtenSettlements,
} from './snapshot.ts';
import { noCounts, type PartitionState, type Tenant } from './state.ts';

/** Bytes of one message of it, about; one entry of a tally alone may be larger. */
const messageBytesMax = 1 << 20;

/** Why a partition cannot retire yet: work that inputs or ticks to come go on with; undefined when it can. */
export function workLeft(state: PartitionState): string | undefined {
  if (state.feesTo !== undefined) return 'fees that are due';
  if (state.closings.length > 0) return 'the work of a close';
  if (state.tenants.values().some(({ master }) => master.correction !== undefined)) return 'a correction';
  if (state.budgetsWaiting.length > 0) return 'budgets that wait to be looked at';
  const isLate = state.repriced.some((tally) => lateCharge(state.tenants.get(tally.entry.tenant)!, tally) !== 0n);
  return isLate ? 'tallies that a new point of a series charges anew' : undefined;
}

type Lists = { -readonly [Key in keyof Values]?: unknown[] } & { control?: ControlMessage[] };

/**
 * The first messages of partition `to`: its tenants are those of `sources`, retired at one log time, that `tenants` names. At least one
 * message, also for none.
 */
export function inheritance(
  sources: readonly PartitionState[],
  to: number,
  tenants: ReadonlySet<string>,
  hash: (bytes: Uint8Array) => string,
): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let prev: ChainLink = { seq: 0, hash: '' };
  const from = sources.map(({ partition, outSeq, outHash }) => ({ partition, seq: outSeq, hash: outHash }));
  const logTimeMs = Math.max(...sources.map((source) => source.logTimeMs));
  let part: Lists = {};
  let bytes = 0;
  const flush = (): void => {
    const header: CommitHeader = {
      ...empty, kind: 'inherit', partition: to, n: messages.length, prev, from, logTimeMs, ...(part as Partial<CommitHeader>),
    }; // prettier-ignore
    const message = bytesOf(`${JSON.stringify(header)}\n`);
    messages.push(message);
    prev = { seq: messages.length, hash: hash(message) };
    part = {};
    bytes = 0;
  };
  const ids = {
    resources: Math.max(...sources.map(({ resources }) => resources.length)),
    series: 0,
    tallies: 0,
    levels: 0,
  };
  for (const { state, tenant } of heirsOf(sources, tenants)) {
    for (const [list, entry] of entriesOf(state, tenant, ids)) {
      (part[list] ??= []).push(entry as never);
      bytes += JSON.stringify(entry).length;
      if (bytes >= messageBytesMax) flush();
    }
  }
  if (bytes > 0 || messages.length === 0) flush();
  return messages;
}

const empty = {
  v: 1, incarnation: 0, nonce: '',
  inputs: { taken: [], usage: { seq: 0, hash: '' }, control: { seq: 0, hash: '' }, controlMark: 0 },
  producers: [], resources: [], tallies: [], tallyValues: [], series: [], ends: [], balances: [], control: [], budgets: [], alerts: [], refusals: [],
  totals: { samples: noCounts(), batches: noCounts(), alerts: 0, blocks: 0 }, blocks: 0,
} as const; // prettier-ignore

function heirsOf(sources: readonly PartitionState[], tenants: ReadonlySet<string>) {
  return sources
    .flatMap((state) => [...state.tenants.values()].map((tenant) => ({ state, tenant })))
    .filter(({ tenant }) => tenants.has(tenant.id))
    .sort((a, b) => compareText(a.tenant.id, b.tenant.id));
}

type Entry = readonly [list: keyof Lists, entry: unknown];

/** All of one tenant, each entry after those that it needs; `next`: the last ids given. */
function* entriesOf(
  state: PartitionState,
  tenant: Tenant,
  next: Record<'resources' | 'series' | 'tallies' | 'levels', number>,
): Generator<Entry> {
  const renumber = (list: keyof typeof next, entries: Iterable<{ readonly id: number }>) =>
    new Map(Array.from(entries, ({ id }) => [id, (next[list] += 1)] as const));
  for (const changes of chunked(masterChanges(tenant.master)))
    yield ['control', { v: 1, tenant: tenant.id, seq: 0, auditId: '', trace: '', changes } satisfies ControlMessage];
  for (const producer of producersOf([tenant])) yield ['producers', producer];

  const resources = state.resources.flatMap((resource) => (resource?.tenant === tenant.id ? [resource] : []));
  const resourceIds = renumber('resources', resources);
  const resourceOf = (id: number) => resourceIds.get(id) ?? 0;
  for (const resource of resources) yield ['resources', { ...resource, id: resourceOf(resource.id) }];

  const series = state.series.filter(({ resource }) => resource.tenant === tenant.id);
  const seriesIds = renumber('series', series);
  for (const one of series)
    yield ['series', { ...seriesEntry(one), id: seriesIds.get(one.id)!, resource: resourceOf(one.resource.id) }];
  for (const { id, endMs } of series) if (endMs > 0) yield ['ends', [seriesIds.get(id)!, endMs]];

  const tallies = state.tallies.filter(({ entry }) => entry.tenant === tenant.id);
  const tallyIds = renumber(
    'tallies',
    tallies.map(({ entry }) => entry),
  );
  const tallyOf = (id: number) => tallyIds.get(id)!;
  for (const { entry } of tallies)
    yield [
      'tallies',
      { ...entry, id: tallyOf(entry.id), resource: resourceOf(entry.resource), ...inheritedFrom(entry, tallyOf) },
    ];
  for (const [id, left] of rolloversOf(tallies.filter(({ rolled }) => rolled.length > 0)).rollovers ?? [])
    yield ['rollovers', [tallyOf(id), left]];
  for (const tally of tallies) {
    const [id, ...figures] = tallyValue(tally);
    yield ['tallyValues', [tallyOf(id), ...figures]];
  }
  for (const note of tallyNotesOf(tallies)) yield ['tallyNotes', { ...note, id: tallyOf(note.id) }];

  const levels = levelsOf(state.levels.filter((level) => level.tenant === tenant.id)).levels ?? [];
  const levelIds = renumber('levels', levels);
  for (const level of levels)
    yield ['levels', { ...level, id: levelIds.get(level.id)!, resource: resourceOf(level.resource) }];
  for (const balance of balancesOf([tenant])) yield ['balances', balance];
  for (const settlement of writtenSettlements([tenant])) yield ['settlements', settlement];
  for (const budget of budgetsOf([tenant])) yield ['budgets', budget];
  for (const hold of holdsOf([tenant])) yield ['holds', hold];
  for (const [list, entries] of Object.entries(allCredits(tenant)))
    for (const entry of entries) yield [list as keyof Lists, entry];
  for (const sums of budgetSumsOf([tenant])) yield ['budgetSums', sums];
}

/** What comes from now on came after all that was taken over. */
const inheritedFrom = ({ from }: TallyEntry, tallyOf: (id: number) => number) =>
  from && { from: [tallyOf(from[0]), 0, 0] as const };

/** Each change is applied to a copy of the master data: many at a time. */
function* chunked(changes: readonly ControlChange[]): Generator<ControlChange[]> {
  let chunk: ControlChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    chunk.push(change);
    bytes += JSON.stringify(change).length;
    if (bytes < messageBytesMax) continue;
    yield chunk;
    [chunk, bytes] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}
