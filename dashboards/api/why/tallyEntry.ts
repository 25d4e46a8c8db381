/** Which of the commit's tallies is the row's, and what it began with. */
import { streams } from '#core/messages/names.ts';
import type { TallyEntry, TallyValue } from '#core/messages/rated.ts';
import { nothing, type Cell, type Measures } from '#core/pricing/compiled.ts';
import { readCommit } from './commitBlocks.ts';
import type { TallyEvidence } from './tallyProof.ts';
import { instantMs, moved, takenBack, type Added } from './tallyRows.ts';

/** The tally as the commit leaves it. */
export interface Standing {
  readonly id: number;
  /** Reached under the version before, and counted on from. */
  readonly carried: Measures;
  readonly ended: Measures;
  /** What the commit says that it is charged. */
  readonly charge: bigint;
  /** Whether the commit that opened it was found; else its figures tell which it is. */
  readonly isNamed: boolean;
}

/**
 * By its dictionary entry, from the commit that opened it. A cell may have been opened at any time in the period; where
 * that commit is not among those looked at, the tally whose figures fit all of its rows is taken. Undefined when none
 * does, or several.
 */
export async function standingOf(
  evidence: TallyEvidence,
  cell: Cell | undefined,
  rows: readonly Added[],
): Promise<Standing | undefined> {
  const { commit } = evidence;
  const entry = await tallyEntry(evidence, cell?.key ?? '');
  if (entry !== undefined) {
    const value = commit.tallyValues.find(([id]) => id === entry.id);
    const carried = measuresOf(entry.carried, entry.carriedEvents, entry.carriedValue);
    return value && { ...standing(value, carried), isNamed: true };
  }
  if (cell === undefined || cell.key === '') return undefined;
  const fitting = commit.tallyValues.filter((value) => fits(cell, value, rows));
  const isOne = new Set(fitting.map(([, ...figures]) => figures.join(' '))).size === 1;
  return isOne ? { ...standing(fitting[0]!, nothing), isNamed: false } : undefined;
}

const standing = ([id, quantity, charge, events, value]: TallyValue, carried: Measures): Omit<Standing, 'isNamed'> => {
  const own = measuresOf(quantity, events, value);
  return {
    id,
    carried,
    ended: {
      quantity: carried.quantity + own.quantity,
      events: carried.events + own.events,
      value: carried.value + own.value,
    },
    charge: BigInt(charge),
  };
};

export const measuresOf = (quantity: string, events = '0', value = '0'): Measures => ({
  quantity: BigInt(quantity),
  events: BigInt(events),
  value: BigInt(value),
});

/** Whether the cell charges, from where the tally would have stood, each row what it says, and comes out at the tally's charge. */
function fits(cell: Cell, tally: TallyValue, rows: readonly Added[]): boolean {
  const { ended, charge } = standing(tally, nothing);
  if (tally.length > 3 !== cell.countsEvents) return false;
  let now = takenBack(cell, ended, rows);
  if (now.quantity < 0n || now.events < 0n || now.value < 0n) return false;
  for (const row of rows) {
    const after = moved(cell, now, row);
    if (cell.charge(after) - cell.charge(now) !== row.amount) return false;
    now = after;
  }
  return cell.charge(ended) === charge;
}

async function tallyEntry(
  { log, tenant, row, price, trail, blocks, id, commit }: TallyEvidence,
  cellKey: string,
): Promise<TallyEntry | undefined> {
  const resource = Number(blocks[id.block]!.list('resource')[id.position]);
  const periodStartMs = instantMs(blocks[id.block]!.text('period_start'));
  const isIt = (entry: TallyEntry): boolean =>
    entry.tenant === tenant &&
    entry.account === row.account &&
    entry.price === (price?.id ?? 0) &&
    entry.meter === row.meter &&
    entry.resource === (price?.tallyScope === 'resource' ? resource : 0) &&
    entry.periodStartMs === periodStartMs &&
    (entry.cell ?? '') === cellKey;
  const here = commit.tallies.find(isIt);
  if (here !== undefined) return here;
  for (const outSeq of new Set(trail.openedAt)) {
    const message = await log.get(streams.rated(row.partition), outSeq);
    const entry = message === undefined ? undefined : readCommit(message.data).header.tallies.find(isIt);
    if (entry !== undefined) return entry;
  }
  return undefined;
}
