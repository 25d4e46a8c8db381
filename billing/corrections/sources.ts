/** Which samples a tally is made of: its own, those of versions that it took over from, and what had come without a price (SPEC §5.4, §5.5). */
import type { CorrectedTally, TallyRecipe } from '#core/messages/correction.ts';
import { billingError } from '../errors.ts';
import type { BlockOrder, MovedRow } from './ports.ts';

export interface Source {
  readonly tally: CorrectedTally;
  /** The last sample that counts, of this partition's `USAGE`. */
  readonly upTo?: readonly [usageSeq: number, index: number];
  /** Rows between these two blocks. */
  readonly from?: BlockOrder | undefined;
  readonly until?: BlockOrder;
  /** Whether it is part of what the tally took over. */
  readonly isTakenOver: boolean;
}

/** Usage without a price that a price took over: whose it was, and the tallies that it went to. */
interface Arrival {
  readonly order: BlockOrder;
  readonly from: CorrectedTally;
  readonly into: readonly CorrectedTally[];
}

type TallyOf = (row: CorrectedTally) => CorrectedTally;

/** Throws CORRECTION_REFUSED where rows do not tell it. `moved`: rows of the meter that no sample made, in the order of the log. */
export function sourcesOf({ sources, shadowSeq }: TallyRecipe, moved: readonly MovedRow[], tallyOf: TallyOf): Source[] {
  const arrivals = arrivalsIn(moved, tallyOf);
  return sources.flatMap(({ tally: of, upTo }, i): Source[] => {
    const what = `the tally of meter ${of.meter}, account ${of.account} and price ${of.price}`;
    if (upTo?.[0] === 0) throw billingError('CORRECTION_REFUSED', `How much of ${what} a later version took over is not known any more: it was inherited.`, {}); // prettier-ignore
    const came = arrivals.filter(({ into }) => into.some((one) => isSame(one, of)));
    if (came.length > 0 && i > 0)
      throw billingError('CORRECTION_REFUSED', `A version of its price took over from ${what}, which had taken over usage without a price.`, {}); // prettier-ignore
    const seq = upTo ?? (shadowSeq === null ? undefined : ([shadowSeq, Number.MAX_SAFE_INTEGER] as const));
    const left = arrivals.findLast(({ from }) => isSame(from, of) && of.price === 0)?.order;
    const own: Source = { tally: of, ...(seq && { upTo: seq }), from: left, isTakenOver: i > 0 };
    return [own, ...came.map(({ from, order }) => ({ tally: from, from: before(arrivals, from, order), until: order, isTakenOver: false }))]; // prettier-ignore
  });
}

/** Tallies into which usage of this one has gone. */
export const takersOf = (unpriced: CorrectedTally, moved: readonly MovedRow[], tallyOf: TallyOf): CorrectedTally[] =>
  arrivalsIn(moved, tallyOf)
    .filter(({ from }) => unpriced.price === 0 && isSame(from, unpriced))
    .flatMap(({ into }) => into);

/** When usage of it went elsewhere the time before. */
const before = (arrivals: readonly Arrival[], of: CorrectedTally, order: BlockOrder): BlockOrder | undefined =>
  arrivals
    .slice(
      0,
      arrivals.findIndex((one) => one.order === order),
    )
    .findLast(({ from }) => isSame(from, of))?.order;

/** The row that takes it away, and behind it in the same commit one for each price that took it over. */
function arrivalsIn(moved: readonly MovedRow[], tallyOf: TallyOf): Arrival[] {
  return moved.flatMap((row, i): Arrival[] => {
    if (row.price !== 0) return [];
    const into: CorrectedTally[] = [];
    for (const next of moved.slice(i + 1)) {
      const isNext = next.order[1] === row.order[1] && next.order[2] === row.order[2] + into.length + 1;
      const isTaker = next.price !== 0 && next.account === row.account && next.firstMs === row.firstMs && next.meter === row.meter; // prettier-ignore
      if (!isNext || !isTaker) break;
      into.push(tallyOf(placeOf(next)));
    }
    return [{ order: row.order, from: placeOf(row), into }];
  });
}

const placeOf = ({ account, price, meter, cell, periodStartMs }: MovedRow): CorrectedTally => ({
  account, price, meter, cell, periodStartMs, resource: '',
}); // prettier-ignore

const isSame = (row: CorrectedTally, tally: CorrectedTally): boolean =>
  row.price === tally.price &&
  row.meter === tally.meter &&
  row.cell === tally.cell &&
  row.periodStartMs === tally.periodStartMs &&
  row.account === tally.account &&
  row.resource === tally.resource;
