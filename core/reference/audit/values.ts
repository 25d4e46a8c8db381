/** Compares the folded headers with the state of the reference: what a commit touched after each, everything at the end. */
import { eachEnd } from '../../messages/ends.ts';
import type { BalanceEntry, CommitHeader, ProducerState } from '../../messages/rated.ts';
import { powerOfTen, text, whole, zero } from '../number.ts';
import { balanceKey, type State, type Tally } from '../state.ts';
import { budgetEntry } from '../budgets/entry.ts';
import { sorted } from './decisions.ts';
import type { Faults } from './faults.ts';
import { nothingKept, type Fold } from './fold.ts';
import type { Names } from './names.ts';
import { numberIn } from './rowText.ts';

const pico = powerOfTen(12);

/** After each commit: the keys that its header names. */
export function compareTouched(
  header: CommitHeader,
  fold: Fold,
  names: Names,
  state: State,
  where: string,
  faults: Faults,
): void {
  const { samples, batches } = state;
  const log = { logTimeMs: header.logTimeMs, controlMark: header.inputs.controlMark };
  faults.same('RERATE', `${where}: log time and mark`, log, {
    logTimeMs: state.logTimeMs,
    controlMark: state.controlMark,
  });
  faults.same('RERATE', `${where}: fees booked up to`, header.feesTo ?? null, state.feesTo ?? null);
  faults.same('CONSERVE', `${where}: samples`, header.totals.samples, samples);
  faults.same('CONSERVE', `${where}: batches`, header.totals.batches, batches);
  faults.same('BLOCKS', `${where}: blocks so far`, header.totals.blocks, fold.blocks);
  for (const entry of header.tallies) compareOpening(names.keyOf(entry), fold, state, where, faults);
  for (const [id] of header.tallyValues) compareTally(names.tally(id), fold, state, where, faults);
  for (const [id] of header.rollovers ?? []) compareRolled(names.tally(id), fold, state, where, faults);
  for (const entry of header.levels ?? []) compareLevel(names.level(entry), fold, state, where, faults);
  if (header.closings !== undefined) {
    const closings = state.closings.map(({ keys: _, ...closing }) => closing);
    faults.same('RERATE', `${where}: closes that go on`, header.closings, closings);
  }
  if (header.budgetsWaiting !== undefined) {
    const waiting = [...state.waiting].map(([tenant, from]) => ({ tenant, ...from }));
    waiting.sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
    faults.same('CAP', `${where}: budgets that wait`, header.budgetsWaiting.map(sorted), waiting.map(sorted));
  }
  for (const entry of header.balances) {
    compareBalance(
      balanceKey(entry.tenant, entry.account, entry.periodStartMs, entry.currency),
      fold.balances,
      state,
      where,
      faults,
    );
  }
  for (const { tenant, producer } of header.producers)
    compareProducer(`${tenant} ${producer}`, fold, state, where, faults);
  for (const { tenant, budget } of header.budgets) compareBudget(`${tenant} ${budget}`, fold, state, where, faults);
  for (const { id } of eachEnd(header.ends)) compareEnd(names.counter(id), fold, state, where, faults);
}

/** At the end: nothing changed that no header told. */
export function compareAll(fold: Fold, state: State, where: string, faults: Faults): void {
  for (const key of keysOf(fold.tallies, state.tallies)) compareTally(key, fold, state, where, faults);
  for (const key of keysOf(fold.kept, state.tallies)) compareKept(key, fold, state, where, faults);
  for (const key of keysOf(fold.rolled, state.tallies)) compareRolled(key, fold, state, where, faults);
  for (const key of keysOf(fold.balances, state.balances)) compareBalance(key, fold.balances, state, where, faults);
  for (const key of keysOf(fold.producers, state.tracks)) compareProducer(key, fold, state, where, faults);
  for (const key of keysOf(fold.budgets, state.budgets)) compareBudget(key, fold, state, where, faults);
  for (const key of keysOf(fold.levels, state.held)) compareLevel(key, fold, state, where, faults);
  for (const key of keysOf(fold.ends, state.ends)) compareEnd(key, fold, state, where, faults);
}

const keysOf = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>) =>
  new Set([...a.keys(), ...b.keys()]);

function compareOpening(key: string, fold: Fold, state: State, where: string, faults: Faults): void {
  const tally = state.tallies.get(key);
  if (tally === undefined) return;
  const { quantity, events } = tally.carried;
  const carried = { carried: quantity.toString(), carriedEvents: events.toString() };
  const wanted = { ...carried, firstMs: tally.firstMs, periodEndMs: tally.period.endMs };
  faults.same('RERATE', `${where}: tally ${key} begins`, fold.openings.get(key), wanted);
}

/** A tally that one side has not is one at zero. */
function compareTally(key: string, fold: Fold, state: State, where: string, faults: Faults): void {
  const found = fold.tallies.get(key) ?? ['0', '0', '0'];
  faults.same('RERATE', `${where}: tally ${key}`, found, figuresOf(state.tallies.get(key)));
}

function figuresOf(tally: Tally | undefined): string[] {
  if (tally === undefined) return ['0', '0', '0'];
  const events = tally.noted.events - tally.carried.events;
  return [text(tally.quantity), text(tally.charged.times(pico)), events.toString()];
}

/**
 * What a tally keeps beyond its figures: the newest sample, distinct values or their hashes, slots that are not empty, samples, and
 * who shares it.
 */
function compareKept(key: string, fold: Fold, state: State, where: string, faults: Faults): void {
  const { newest, values, hashes, slots, samples, members } = fold.kept.get(key) ?? nothingKept;
  const tally = state.tallies.get(key);
  const smallest = [...new Set(hashes)].toSorted((a, b) => a - b).slice(0, tally?.hashes?.length ?? 0);
  const found = {
    newest: newest ?? null,
    values: hashes.length > 0 ? [] : values.toSorted(),
    hashes: smallest.map(String),
    slots: used(slots),
    samples: samples.toSorted(),
    members: [...members.entries()].map(([account, figures]) => `${account}: ${figures}`).toSorted(),
  };
  const wanted = {
    newest: tally?.newest ?? null,
    values: tally?.hashes === undefined ? [...(tally?.values ?? [])].toSorted() : [],
    hashes: (tally?.hashes ?? []).map(String),
    slots: used(tally?.slots ?? []),
    samples: (tally?.samples ?? []).map(String).toSorted(),
    members: [...(tally?.members ?? [])]
      .map(([account, { quantity, amount }]) => `${account}: ${text(quantity)} for ${text(amount.times(pico))}`)
      .toSorted(),
  };
  faults.same('RERATE', `${where}: what tally ${key} keeps`, found, wanted);
}

function compareRolled(key: string, fold: Fold, state: State, where: string, faults: Faults): void {
  const rolled = state.tallies.get(key)?.rolled ?? [];
  const wanted = rolled.map(({ age, left }) => `${age}: ${text(whole(left).div(pico))}`).join();
  faults.same('RERATE', `${where}: what is carried over into tally ${key}`, fold.rolled.get(key) ?? '', wanted);
}

/** A level that goes on: what it is, since when, up to where it is booked and when it is due. */
function compareLevel(key: string, fold: Fold, state: State, where: string, faults: Faults): void {
  const entry = fold.levels.get(key);
  const held = state.held.get(key);
  const found = entry && [entry.level, entry.saidMs, entry.sinceMs, entry.bookedMs, entry.dueMs];
  const wanted = held && [held.level.toString(), held.saidMs, held.sinceMs, held.bookedMs, held.dueMs === Infinity ? null : held.dueMs]; // prettier-ignore
  faults.same('RERATE', `${where}: level ${key}`, found ?? null, wanted ?? null);
}

const used = (slots: Iterable<readonly [number, bigint | string]>): string[] =>
  [...slots]
    .filter(([, sum]) => sum.toString() !== '0')
    .map(([slot, sum]) => `${slot}: ${sum}`)
    .toSorted();

export function compareBalance(
  key: string,
  found: ReadonlyMap<string, BalanceEntry>,
  state: State,
  where: string,
  faults: Faults,
): void {
  const entry = found.get(key) ?? { own: '0', total: '0' };
  const wanted = state.balances.get(key) ?? { own: zero, total: zero };
  if (entry.own === text(wanted.own) && entry.total === text(wanted.total)) return;
  const detail = `${where}: balance ${key} is ${entry.own} of ${entry.total}, should be ${text(wanted.own)} of ${text(wanted.total)}`;
  faults.add('BALANCES', detail, numberIn(entry.total).minus(wanted.total));
}

export function compareProducer(
  key: string,
  fold: Pick<Fold, 'producers'>,
  state: State,
  where: string,
  faults: Faults,
): void {
  const none = { received: 0, rated: 0, duplicates: 0, refused: 0 };
  const facts = ({
    epoch,
    mark,
    hashes,
    samples,
    batches,
  }: Pick<ProducerState, 'epoch' | 'mark' | 'hashes' | 'samples' | 'batches'>) => [
    epoch,
    mark,
    hashes,
    samples,
    batches,
  ];
  const blank = { epoch: null, mark: 0, hashes: [], samples: none, batches: none };
  const found = fold.producers.get(key) ?? blank;
  const [said, heard] = [fold.producers.get(key)?.completeUntilMs, state.tracks.get(key)?.word];
  faults.same('CONSERVE', `${where}: word of producer ${key}`, said, heard);
  faults.same('CONSERVE', `${where}: producer ${key}`, facts(found), facts(state.tracks.get(key) ?? blank));
}

function compareBudget(key: string, fold: Fold, state: State, where: string, faults: Faults): void {
  const found = fold.budgets.get(key);
  const track = state.budgets.get(key);
  const tenant = track && state.tenants.get(track.tenant);
  const budget = tenant?.budgets.get(track!.budget);
  faults.same(
    'CAP',
    `${where}: budget ${key}`,
    found && sorted(found),
    budget && sorted(budgetEntry(state, budget, track!)),
  );
}

function compareEnd(key: string, fold: Fold, state: State, where: string, faults: Faults): void {
  faults.same('ONCE', `${where}: end of ${key}`, fold.ends.get(key), state.ends.get(key));
}
