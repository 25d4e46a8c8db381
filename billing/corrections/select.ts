/** What a preview sends the rater: the selected rows, or their sums where there are many. */
import type { CorrectedBlock, CorrectedTally, CorrectionSelection, RebuiltTally } from '#core/messages/correction.ts';
import { formatDecimal, parseDecimal } from '#core/money/fixed.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import { metersOf, pricesOf } from '../catalogue/catalogue.ts';
import { billingError } from '../errors.ts';
import { correctionLimits } from '../limits.ts';
import type { Reader } from '../schema.ts';
import type { AsOf, CorrectionPorts } from './ports.ts';
import { distinct, keptBy, keyOf, reachedBy, recipesOf, talliesAtOnce, talliesOf, TallyTerms } from './rebuilt.ts';

export interface Selected {
  readonly rows: number;
  readonly blocks: readonly CorrectedBlock[];
  /** Tallies that keep something of their samples, and what they come to without what is selected. */
  readonly tallies: readonly RebuiltTally[];
}

/**
 * All that is selected as of a commit. Beyond `previewRowsMax` rows are added up by tally, month and sense, which charges the same but where a price counts
 * events. Throws CORRECTION_EMPTY, CORRECTION_REFUSED, CORRECTION_TOO_LARGE, RATER_SILENT.
 */
export async function selectedRows(
  db: Reader,
  ports: CorrectionPorts,
  tenant: string,
  at: { readonly partition: number; readonly asOf: number; readonly selection: CorrectionSelection },
): Promise<Selected> {
  const counting = await pricesOfEvents(db, tenant);
  const sums = new Map<string, CorrectedBlock>();
  let all: CorrectedBlock[] = [];
  const terms = await TallyTerms.of(db, tenant);
  const kept = new Map<string, CorrectedTally>();
  let rows = 0;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<CorrectionPorts['selected']>> = await ports.selected(tenant, { ...at, own: '', cursor });
    cursor = page.cursor;
    await requireWhole(ports, tenant, page.blocks.filter(({ price }) => counting.has(price)));
    for (const block of page.blocks) {
      rows += block.rows.length;
      if (rows > correctionLimits.rowsMax) throw billingError('CORRECTION_TOO_LARGE', `More than ${correctionLimits.rowsMax} rows.`, {});
      addUp(sums, block);
      if (terms.keeps(block.meter)) for (const place of placesOf(block)) kept.set(keyOf(place), place);
    }
    all = rows > correctionLimits.previewRowsMax ? [] : [...all, ...page.blocks];
  } while (cursor !== null);
  if (rows === 0) throw billingError('CORRECTION_EMPTY', 'All rows that are selected are reversed, or there are none.', {});
  const tallies = await rebuiltBy(ports, terms, tenant, at, [...kept.values()]);
  if (rows <= correctionLimits.previewRowsMax) return { rows, blocks: all, tallies };
  if ([...sums.values()].some(({ price }) => counting.has(price)))
    throw billingError('CORRECTION_TOO_LARGE', `Of a price that counts events at most ${correctionLimits.previewRowsMax} rows.`, {});
  if (sums.size > correctionLimits.previewRowsMax) throw billingError('CORRECTION_TOO_LARGE', `${sums.size} tallies.`, {});
  return { rows, blocks: [...sums.values()], tallies };
} // prettier-ignore

const placesOf = ({ account, price, meter, cell, periodStartMs, resources, rows }: CorrectedBlock): CorrectedTally[] =>
  [...new Set(rows.map(([at]) => resources[at]!))].map((resource) => ({ account, price, meter, cell, periodStartMs, resource })); // prettier-ignore

/** What they come to, and what versions do that took over from them. */
async function rebuiltBy(
  ports: CorrectionPorts,
  terms: TallyTerms,
  tenant: string,
  at: AsOf & { readonly selection: CorrectionSelection },
  rows: readonly CorrectedTally[],
): Promise<RebuiltTally[]> {
  const seen = new Map<string, CorrectedTally>();
  const rebuilt: RebuiltTally[] = [];
  for (let todo = await talliesOf(ports, terms, tenant, at, rows); todo.length > 0;) {
    const some = todo.slice(0, talliesAtOnce);
    for (const place of some) seen.set(keyOf(place), place);
    const recipes = await recipesOf(ports, at.partition, tenant, some);
    if (recipes === undefined) throw billingError('RATER_SILENT', `Partition ${at.partition}.`, { partition: at.partition });
    for (const { recipe, before, after } of await keptBy(ports, terms, tenant, { ...at, recipes }))
      rebuilt.push({ tally: recipe.tally, before: reachedBy(before), after: reachedBy(after) });
    todo = distinct([...todo, ...recipes.flatMap(({ heirs }) => heirs)]).filter((place) => !seen.has(keyOf(place)));
    if (seen.size + todo.length > correctionLimits.rebuiltMax)
      throw billingError('CORRECTION_TOO_LARGE', `More than ${correctionLimits.rebuiltMax} tallies that keep something of their samples.`, {});
  }
  return rebuilt;
} // prettier-ignore

/** A row is taken for an event: that of a part which a boundary cut off one is none. */
async function requireWhole(ports: CorrectionPorts, tenant: string, blocks: readonly CorrectedBlock[]): Promise<void> {
  for (const [meter, of] of Map.groupBy(blocks, (block) => block.meter)) {
    const isCut = await ports.hasCutSamples(
      tenant,
      meter,
      of.map(({ usageSeq }) => usageSeq),
    );
    if (isCut) throw billingError('CORRECTION_REFUSED', `Samples of meter ${meter} were cut at a boundary, and its price counts events.`, { meter }); // prettier-ignore
  }
}

async function pricesOfEvents(db: Reader, tenant: string): Promise<Set<number>> {
  const meters = new Map((await metersOf(db, tenant)).map((meter) => [meter.id, meter]));
  const ids = new Set<number>();
  for (const record of await pricesOf(db, tenant)) {
    if (record.model.kind === 'spot') continue;
    const whole = compilePrice(record, meters.get(record.meter)!, () => undefined).whole;
    if (whole === undefined || whole.countsEvents) ids.add(record.id);
  }
  return ids;
}

/** One row for all of a tally, a resource and a month; the first start stands for all of them. */
function addUp(sums: Map<string, CorrectedBlock>, block: CorrectedBlock): void {
  const { account, price, meter, cell, periodStartMs, kind, firstMs, resources, rows, usageSeq } = block;
  const month = new Date(firstMs).toISOString().slice(0, 7);
  for (const [at, , offsetMs, , quantity, amount] of rows) {
    const key = [account, price, meter, cell, periodStartMs, kind === 'void', month, resources[at]].join('|');
    const known = sums.get(key);
    const [, , , , q, a] = known?.rows[0] ?? [0, 0, 0, 0, '0', '0'];
    const add = (x: string, y: string): string => formatDecimal(parseDecimal(x, 12)! + parseDecimal(y, 12)!, 12);
    sums.set(key, {
      ...(known ?? { ...block, firstMs: firstMs + offsetMs, resources: [resources[at]!] }),
      usageSeq: Math.max(known?.usageSeq ?? 0, usageSeq),
      rows: [[0, 0, 0, 0, add(q, quantity), add(a, amount)]],
    });
  }
}
