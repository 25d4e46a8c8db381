import { streams } from '#core/messages/names.ts';
import type { TallyEntry } from '#core/messages/rated.ts';
import type { PriceRecord } from '#core/messages/price.ts';
import { nothing, type Cell, type CompiledPrice, type Measures } from '#core/pricing/compiled.ts';
import type { Log } from '#platform/log.ts';
import { apiLimits } from '../../limits.ts';
import type { TallyCommits } from '../../ports.ts';
import { readCommit } from '../why/commitBlocks.ts';
import { measuresOf } from '../why/tallyEntry.ts';

/**
 * `empty`: nothing was rated by the price there. `found`: as of the newest commit that names the tally. `notFound`: rows were
 * rated, but none of the commits looked at opened this tally; it is taken as empty, and said so.
 */
export interface TallyNow {
  readonly standing: 'empty' | 'found' | 'notFound';
  /** What was carried over included, which the charge counts on from. */
  readonly measures: Measures;
  readonly carried: Measures;
}

export interface TallyPlace {
  readonly tenant: string;
  readonly partition: number;
  readonly account: number;
  readonly periodStartMs: number;
  readonly timeZone: string;
  readonly dims: Readonly<Record<string, string>>;
}

/** Where the cell's tally stands, from the commits that may have opened it and those that may have moved it last. */
export async function tallyNow(
  log: Log,
  place: TallyPlace,
  price: CompiledPrice,
  cell: Cell,
  commits: TallyCommits,
): Promise<TallyNow> {
  if (commits.first.length === 0) return { standing: 'empty', measures: nothing, carried: nothing };
  const { record } = price;
  const slots = slotsOf(price, cell, place, commits);
  // A schedule's cell that was in force in none of them was never used.
  if (slots.length === 0) return { standing: 'empty', measures: nothing, carried: nothing };
  const read = async (outSeq: number) => {
    const message = await log.get(streams.rated(place.partition), outSeq);
    return message === undefined ? undefined : readCommit(message.data).header;
  };
  const isIt = (entry: TallyEntry): boolean => isTally(entry, place, record, cell.key, commits.resource);
  const opening = [...commits.first, ...slots.flatMap(({ first, last }) => [first, last])];
  let entry: TallyEntry | undefined;
  for (const outSeq of looked(opening)) {
    entry = (await read(outSeq))?.tallies.find(isIt);
    if (entry !== undefined) break;
  }
  if (entry === undefined) return { standing: 'notFound', measures: nothing, carried: nothing };
  const { id } = entry;
  const carried = measuresOf(entry.carried, entry.carriedEvents, entry.carriedValue);
  const moving = [...commits.newest, ...slots.toReversed().flatMap(({ first, last }) => [last, first]), ...opening];
  for (const outSeq of looked(moving)) {
    const value = (await read(outSeq))?.tallyValues.find(([tally]) => tally === id);
    if (value === undefined) continue;
    const own = measuresOf(value[1], value[3], value[4]);
    const measures = {
      quantity: carried.quantity + own.quantity,
      events: carried.events + own.events,
      value: carried.value + own.value,
    };
    return { standing: 'found', measures, carried };
  }
  return { standing: 'notFound', measures: nothing, carried: nothing };
}

const looked = (commits: readonly number[]): number[] => [...new Set(commits)].slice(0, apiLimits.estimateCommitsMax);

/** Of a schedule the stretches in which the cell was in force, and those before them; else all. */
function slotsOf(price: CompiledPrice, cell: Cell, { timeZone, dims }: TallyPlace, { slots }: TallyCommits) {
  if (price.record.model.kind !== 'schedule') return slots;
  const isAt = (atMs: number): boolean =>
    price.cellAt({ dims, atMs, timeZone, boundary: () => undefined })?.key === cell.key;
  // A sample that begins just before the cell does has a part in it.
  return slots.filter(({ startMs, endMs }) => isAt(startMs) || isAt(endMs));
}

const isTally = (
  entry: TallyEntry,
  place: TallyPlace,
  price: PriceRecord,
  cellKey: string,
  resource: number,
): boolean =>
  entry.tenant === place.tenant &&
  entry.account === place.account &&
  entry.price === price.id &&
  entry.resource === (price.tallyScope === 'resource' ? resource : 0) &&
  entry.periodStartMs === place.periodStartMs &&
  (entry.cell ?? '') === cellKey;
