/**
 * What tallies that keep something of their samples (SPEC §16.5) come to: worked out from the rows that stand and the signed batches that
 * they were rated from, by the rater's own functions.
 */
import type { BatchBody } from '#core/metering/batch.ts';
import { keepsSamples, type MeterRecord, type PriceRecord } from '#core/messages/control.ts';
import {
  shadowTalliesMax,
  type CorrectedTally,
  type CorrectionSelection,
  type Reached,
  type TallyRecipe,
} from '#core/messages/correction.ts';
import { epochText } from '#core/messages/rated.ts';
import { KeptRows } from '#core/rating/corrections/samples.ts';
import { metersOf, pricesOf } from '../catalogue/catalogue.ts';
import { billingError } from '../errors.ts';
import { correctionLimits } from '../limits.ts';
import type { Reader } from '../schema.ts';
import type { AsOf, CorrectionPorts, StandingRow } from './ports.ts';
import { sourcesOf, takersOf, type Source } from './sources.ts';

/** What a tally keeps, all of it and what it took over, by the rows that stand and by those that would. */
export interface Kept {
  readonly recipe: TallyRecipe;
  readonly before: Both;
  readonly after: Both;
}
interface Both {
  readonly all: KeptRows;
  readonly carried: KeptRows;
}

export const reachedBy = ({ all, carried }: Both): Reached => ({
  carried: String(carried.quantity),
  quantity: String(all.quantity),
});

/** Meters and prices of a tenant, and what they make of a row's place. */
export class TallyTerms {
  readonly meters: ReadonlyMap<string, MeterRecord>;
  readonly #prices: ReadonlyMap<number, PriceRecord>;

  private constructor(meters: readonly MeterRecord[], prices: readonly PriceRecord[]) {
    this.meters = new Map(meters.map((meter) => [meter.id, meter]));
    this.#prices = new Map(prices.map((price) => [price.id, price]));
  }

  static async of(db: Reader, tenant: string): Promise<TallyTerms> {
    return new TallyTerms(await metersOf(db, tenant), await pricesOf(db, tenant));
  }

  keeps(meter: string): boolean {
    return keepsSamples(this.meters.get(meter)?.aggregation);
  }

  /** The tally that a row of that account and resource falls on. */
  tallyOf({ account, price, meter, cell, periodStartMs, resource }: CorrectedTally): CorrectedTally {
    const record = this.#prices.get(price);
    const owner = record?.tallyScope === 'subtree' ? record.account : account;
    return { account: owner, price, meter, cell, periodStartMs, resource: record?.tallyScope === 'resource' ? resource : '' }; // prettier-ignore
  }
}

export const keyOf = ({ account, price, meter, cell, periodStartMs, resource }: CorrectedTally): string =>
  JSON.stringify([account, price, meter, cell, periodStartMs, resource]);

/** One of each. */
export const distinct = (places: readonly CorrectedTally[]): CorrectedTally[] => [
  ...new Map(places.map((place) => [keyOf(place), place])).values(),
];

/** Throws CORRECTION_REFUSED where rows do not tell what a tally is made of, CORRECTION_TOO_LARGE. */
export async function keptBy(
  ports: CorrectionPorts,
  terms: TallyTerms,
  tenant: string,
  { selection, recipes, ...at }: AsOf & { readonly selection?: CorrectionSelection; readonly recipes: readonly TallyRecipe[] },
): Promise<Kept[]> {
  const meters = [...new Set(recipes.map(({ tally }) => tally.meter))];
  const moved = await ports.adjustments(tenant, at, meters);
  const kept = recipes.map((recipe): Kept => {
    const rows = () => new KeptRows(terms.meters.get(recipe.tally.meter)!, recipe.period);
    return { recipe, before: { all: rows(), carried: rows() }, after: { all: rows(), carried: rows() } };
  });
  const sources = Map.groupBy(kept.flatMap((one) => sourcesOf(one.recipe, moved, (row) => terms.tallyOf(row)).map((source) => ({ ...source, of: one }))), ({ tally }) => keyOf(tally));
  const places = distinct([...sources.values()].map(([source]) => ({ ...source!.tally, account: 0, resource: '' })));
  let [afterSeq, count]: [number | null, number] = [0, 0];
  while (afterSeq !== null) {
    const page: Awaited<ReturnType<CorrectionPorts['standing']>> = await ports.standing(tenant, { ...at, places, selection, afterSeq });
    const wanted = page.rows.flatMap((row) => {
      const into = (sources.get(keyOf(terms.tallyOf(row))) ?? []).filter((source) => counts(source, row, at.partition));
      return into.length === 0 || !(row.stands || row.wouldStand) ? [] : [{ row, into }];
    });
    count += wanted.length;
    if (count > correctionLimits.rebuiltRowsMax) throw billingError('CORRECTION_TOO_LARGE', `More than ${correctionLimits.rebuiltRowsMax} samples of tallies that keep something of them.`, {});
    for (let from = 0; from < wanted.length; from += correctionLimits.batchesAtOnce) {
      const some = wanted.slice(from, from + correctionLimits.batchesAtOnce);
      const batches = await batchesOf(ports, tenant, some.map(({ row }) => row));
      for (const { row, into } of some)
        for (const { of, isTakenOver } of into) {
          const body = batches.get(messageOf(row))!;
          if (row.stands) add(of.before, body, row, isTakenOver);
          if (row.wouldStand) add(of.after, body, row, isTakenOver);
        }
    }
    afterSeq = page.lastSeq;
  }
  return kept;
} // prettier-ignore

function add({ all, carried }: Both, body: BatchBody, row: StandingRow, isTakenOver: boolean): void {
  try {
    all.add(body, row);
    if (isTakenOver) carried.add(body, row);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw billingError('CORRECTION_REFUSED', `${error.message}.`, { meter: row.meter });
  }
}

const messageOf = ({ partition, usageSeq }: StandingRow): string => `${partition} ${usageSeq}`;

async function batchesOf(
  ports: CorrectionPorts,
  tenant: string,
  rows: readonly StandingRow[],
): Promise<Map<string, BatchBody>> {
  const first = new Map(rows.map((row) => [messageOf(row), row]));
  const found = [...first].map(async ([message, { partition, usageSeq, producer, epoch, seq }]) => {
    const body = await ports.batch(partition, usageSeq, tenant, producer);
    if (body === undefined || body.seq !== seq || epochText(body.epoch) !== epoch)
      throw billingError('CORRECTION_REFUSED', `Batch ${seq} of ${producer} is not in the log.`, { producer });
    return [message, body] as const;
  });
  return new Map(await Promise.all(found));
}

function counts({ upTo, from, until }: Source, { partition, usageSeq, index, order }: StandingRow, now: number): boolean {
  if (from !== undefined && !isBefore(from, order)) return false;
  if (until !== undefined && !isBefore(order, until)) return false;
  if (upTo === undefined || partition < now) return true;
  return usageSeq < upTo[0] || (usageSeq === upTo[0] && index <= upTo[1]);
} // prettier-ignore

const isBefore = (a: Source['from'] & object, b: Source['from'] & object): boolean =>
  (a[0] - b[0] || a[1] - b[1] || a[2] - b[2]) < 0;

/** Tallies that rows of these places count in; some of what had no price went elsewhere since. */
export async function talliesOf(
  ports: CorrectionPorts,
  terms: TallyTerms,
  tenant: string,
  at: AsOf,
  rows: readonly CorrectedTally[],
): Promise<CorrectedTally[]> {
  const places = distinct(rows.filter(({ meter }) => terms.keeps(meter)).map((row) => terms.tallyOf(row)));
  const meters = [...new Set(places.filter(({ price }) => price === 0).map(({ meter }) => meter))];
  const moved = meters.length === 0 ? [] : await ports.adjustments(tenant, at, meters);
  return distinct(places.flatMap((place) => [place, ...takersOf(place, moved, (row) => terms.tallyOf(row))]));
}

/** Tallies of one request, and of one message that begins their shadows. */
export const talliesAtOnce = shadowTalliesMax;

/** Undefined where no rater answers. Throws CORRECTION_REFUSED. */
export async function recipesOf(
  ports: CorrectionPorts,
  partition: number,
  tenant: string,
  tallies: readonly CorrectedTally[],
): Promise<readonly TallyRecipe[] | undefined> {
  const reply = await ports.preview(partition, { tenant, blocks: [], recipes: tallies });
  if (reply !== undefined && 'fault' in reply) throw billingError('CORRECTION_REFUSED', `The rater says: ${reply.fault}.`, {}); // prettier-ignore
  return reply?.recipes;
}
