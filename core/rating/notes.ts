/** What the aggregations of tallies keep beyond a number, as commits and snapshots say it, and back. */
import type { MeterRecord } from '../messages/control.ts';
import type { TallyNote } from '../messages/rated.ts';
import { forget } from './aggregate.ts';
import { noValues, takeHashes } from './distinct.ts';
import { emptyPool, type Pool } from './pool.ts';
import { allOf, insert, noSamples } from './ranked.ts';
import { emptySlots, rank, usedSlots, type Slots } from './slots.ts';
import type { Tally } from './state.ts';

type Lists = Omit<TallyNote, 'id' | 'cleared' | 'newest'>;

/** Nothing at all where none keeps anything. */
export function notesOf(tallies: readonly Tally[], lists: (tally: Tally) => Lists): { tallyNotes?: TallyNote[] } {
  const notes = tallies.flatMap((tally): TallyNote[] => {
    const note = noteOf(tally, lists);
    return Object.keys(note).length === 0 ? [] : [{ id: tally.entry.id, ...note }];
  });
  return notes.length === 0 ? {} : { tallyNotes: notes };
}

/** Without what it has nothing of. */
export function noteOf(tally: Tally, lists: (tally: Tally) => Lists): Omit<TallyNote, 'id'> {
  const { newest, isCleared } = tally;
  const some = Object.entries(lists(tally)).filter(([, list]) => list !== undefined && list.length > 0);
  return { ...(isCleared ? { cleared: true as const } : {}), ...(newest && { newest }), ...Object.fromEntries(some) };
}

/** What came since the last commit. */
export const fresh = ({ distinct, slots, samples, pool }: Tally): Lists => ({
  ...(distinct?.from && { from: distinct.from }),
  ...(distinct && { values: distinct.fresh, hashes: distinct.freshHashes }),
  ...(slots && { slots: slotNotes(slots, slots.fresh) }),
  ...(samples && { samples: samples.fresh.map(String) }),
  ...(pool && { members: memberNotes(pool, pool.fresh) }),
});

/** All of it. */
export const everything: typeof fresh = ({ distinct, slots, samples, pool }) => ({
  ...(distinct && { values: [...distinct.values], hashes: distinct.hashes ?? [] }),
  ...(slots && { slots: slotNotes(slots, usedSlots(slots)) }),
  ...(samples && { samples: [...allOf(samples)].map(String) }),
  ...(pool && { members: memberNotes(pool, pool.members.keys()) }),
});

/** The next commit is to carry all that the tally keeps, for it is another than commits before said. */
export function toldAnew({ distinct, slots, samples }: Tally): void {
  if (distinct !== undefined)
    Object.assign(distinct, {
      from: undefined,
      fresh: [...distinct.values],
      freshHashes: [...(distinct.hashes ?? [])],
    });
  if (slots !== undefined) for (const index of usedSlots(slots)) slots.fresh.add(index);
  samples?.fresh.splice(0, Infinity, ...allOf(samples));
}

const slotNotes = ({ sums }: Slots, indexes: Iterable<number>): [number, string][] =>
  [...indexes].toSorted((a, b) => a - b).map((index) => [index, sums[index]!.toString()]);

const memberNotes = ({ members }: Pool, accounts: Iterable<number>): [number, string, string][] =>
  [...accounts]
    .toSorted((a, b) => a - b)
    .map((account) => {
      const { quantity, amount } = members.get(account)!;
      return [account, quantity.toString(), amount.toString()];
    });

/** By id, and a tally carries over from older ones only. */
export function applyNotes(
  tallies: readonly Tally[],
  meterOf: (tally: Tally) => MeterRecord,
  notes: readonly TallyNote[],
): void {
  for (const note of notes) {
    const tally = tallies[note.id - 1]!;
    const from = note.from && [...(tallies[note.from[0] - 1]!.distinct?.values ?? [])].slice(0, note.from[1]);
    takeNote(tally, meterOf(tally), note, from);
  }
  // Last, for tallies may have been carried over from those whose values become hashes in this commit.
  for (const { id, hashes = [] } of notes) takeHashNote(tallies[id - 1]!, meterOf(tallies[id - 1]!), hashes);
}

/** Adds what a note of a single tally says to what it keeps. */
export function noteInto(tally: Tally, meter: MeterRecord, note: Omit<TallyNote, 'id' | 'from'>): void {
  takeNote(tally, meter, note);
  takeHashNote(tally, meter, note.hashes ?? []);
}

function takeNote(tally: Tally, meter: MeterRecord, note: Omit<TallyNote, 'id'>, from?: readonly string[]): void {
  const { cleared, newest, values = [], slots = [], samples = [], members = [] } = note;
  if (cleared === true) forget(tally);
  tally.newest = newest ?? tally.newest;
  if (from !== undefined || values.length > 0) {
    tally.distinct ??= noValues();
    tally.distinct.values = new Set([...(from ?? tally.distinct.values), ...values]);
  }
  if (slots.length > 0) tally.slots ??= emptySlots(meter, tally.entry);
  for (const [index, sum] of slots) tally.slots!.sums[index] = BigInt(sum);
  if (slots.length > 0) rank(tally.slots!);
  if (samples.length > 0) tally.samples ??= noSamples();
  for (const sample of samples) insert(tally.samples!, BigInt(sample));
  if (samples.length > 0) tally.samples!.fresh.length = 0;
  if (members.length > 0) tally.pool ??= emptyPool();
  for (const [account, quantity, amount] of members)
    tally.pool!.members.set(account, { quantity: BigInt(quantity), amount: BigInt(amount) });
}

function takeHashNote(tally: Tally, meter: MeterRecord, hashes: readonly number[]): void {
  if (hashes.length > 0) takeHashes((tally.distinct ??= noValues()), meter, hashes);
}
