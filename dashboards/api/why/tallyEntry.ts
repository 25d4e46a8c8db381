/** What the log says of one tally: the commit that opened it, and where a later one leaves it. */
import { streams } from '#core/messages/names.ts';
import type { CommitHeader, TallyEntry } from '#core/messages/rated.ts';
import { parseAmount } from '#core/money/fixed.ts';
import type { Measures } from '#core/pricing/compiled.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import type { CommitRef, TallyPlace } from '#core/messages/stored.ts';
import { readCommit } from './commitBlocks.ts';
import { inheritedTally } from './inherited.ts';

/** The tally as a commit leaves it. */
export interface Standing {
  readonly id: number;
  /** Reached under the version before, and counted on from. */
  readonly carried: Measures;
  /** What was carried over included. */
  readonly ended: Measures;
  /** What the commit says that it is charged, pico. */
  readonly charge: bigint;
  /** Free beside the price's allowance, in 10⁻¹² priced units: what periods before left of theirs. */
  readonly free: bigint;
}

/**
 * Where a commit of the place's partition that has rows of the tally leaves it; without one, as it was inherited. `first` is the first
 * commit that has any, which opened it.
 */
export async function standingOf(
  log: Log,
  tenant: string,
  place: TallyPlace,
  { first, commit }: { readonly first: CommitRef; readonly commit: CommitHeader | undefined },
): Promise<Standing> {
  const isWanted = (entry: TallyEntry): boolean => isOf(entry, tenant, place);
  const isOpenedHere = first.partition === place.partition;
  const inherited = isOpenedHere ? {} : await inheritedTally(log, place.partition, isWanted);
  const entry = isOpenedHere ? (await commitAt(log, first)).tallies.find(isWanted) : inherited.entry;
  const value = commit === undefined ? inherited.value : commit.tallyValues.find(([id]) => id === entry?.id);
  if (entry === undefined || value === undefined)
    throw dashboardsError(
      'PROOF_UNAVAILABLE',
      `Commit ${first.outSeq} does not open the tally that has its first row there.`,
    );
  const [id, quantity, charge, events = '0', noted = '0'] = value;
  const carried: Measures = {
    quantity: BigInt(entry.carried),
    events: BigInt(entry.carriedEvents ?? '0'),
    value: BigInt(entry.carriedValue ?? '0'),
  };
  const ended: Measures = {
    quantity: carried.quantity + BigInt(quantity),
    events: carried.events + BigInt(events),
    value: carried.value + BigInt(noted),
  };
  const rollover = commit === undefined ? inherited.rollover : commit.rollovers?.find(([tally]) => tally === id);
  const rolled = rollover?.[1] ?? [];
  const free = rolled.reduce((sum, [, left]) => sum + parseAmount(left)!, 0n);
  return { id, carried, ended, charge: BigInt(charge), free };
}

/** Throws PROOF_UNAVAILABLE where the log no longer holds the commit. */
export async function commitAt(log: Log, { partition, outSeq }: CommitRef): Promise<CommitHeader> {
  const message = await log.get(streams.rated(partition), outSeq);
  if (message === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `Commit ${outSeq} is not in the log.`);
  return readCommit(message.data).header;
}

const isOf = (entry: TallyEntry, tenant: string, place: TallyPlace): boolean =>
  entry.tenant === tenant &&
  entry.account === place.account &&
  entry.price === place.price &&
  entry.meter === place.meter &&
  entry.resource === (place.resource ?? 0) &&
  entry.periodStartMs === place.periodStartMs &&
  (entry.cell ?? '') === place.cell;
