import type { RatedRow, Why } from '#core/messages/api.ts';
import type { MeterRecord, PriceRecord } from '#core/messages/control.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { formatAmount, formatDecimal } from '#core/money/fixed.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import type { Cell, CompiledPrice, Measures } from '#core/pricing/compiled.ts';
import type { Log } from '#platform/log.ts';
import type { TallyTrail } from '../../ports.ts';
import type { Check } from './batchProof.ts';
import type { Block, RowId } from './commitBlocks.ts';
import { checkGrowth } from './growth.ts';
import { standingOf, type Standing } from './tallyEntry.ts';
import { moved, quantityOf, rowsFrom, takenBack } from './tallyRows.ts';

export interface TallyEvidence {
  readonly log: Log;
  readonly tenant: string;
  readonly row: RatedRow;
  readonly id: RowId;
  readonly commit: CommitHeader;
  readonly blocks: readonly Block[];
  readonly meter: MeterRecord;
  /** Undefined for a row that no price charges yet. */
  readonly price: PriceRecord | undefined;
  readonly trail: TallyTrail;
  readonly dims: Readonly<Record<string, string>>;
  /** What of the sample fell on the row, at its own scale. */
  readonly share: bigint;
  /** IANA zone of the account. */
  readonly timeZone: string;
}

export interface TallyProof {
  readonly tally: Why['tally'];
  readonly checks: Check[];
}

export const noTally: Why['tally'] = {
  cell: '', events: null, before: '0', after: '0', chargeBefore: '0', chargeAfter: '0', stepsBefore: [], stepsAfter: [],
}; // prettier-ignore

/**
 * The row's tally before and after it, and the charge at both. The commit that holds the row says where the tally stood
 * after it; what its later rows added is taken off. The sum over ClickHouse must come to the same.
 */
export async function proveTally(evidence: TallyEvidence): Promise<TallyProof> {
  const { row, meter, price, dims, timeZone } = evidence;
  const compiled = price === undefined ? undefined : compilePrice(price, meter);
  const cell = compiled?.cellAt({ dims, atMs: row.startMs, timeZone, boundary: () => undefined });
  if (compiled !== undefined && cell === undefined)
    return {
      tally: noTally,
      checks: [{ name: 'charge', ok: false, detail: 'The price has no cell for this sample, and charged it.' }],
    };
  const perResource = price?.tallyScope === 'resource';
  const rows = await rowsFrom({ ...evidence, price: compiled, cellKey: cell?.key ?? '', perResource });
  const standing = await standingOf(evidence, cell, rows);
  if (standing === undefined) return notShown(evidence, cell);

  const { carried, ended } = standing;
  const reachedBefore = takenBack(cell, ended, rows);
  const grown = quantityOf(row.quantity, meter.scale);
  const [first] = rows;
  const reachedAfter = moved(cell, reachedBefore, {
    quantity: grown,
    isStart: first?.isStart === true,
    begun: first?.begun ?? 0n,
  });
  const charge = (measures: Measures): bigint =>
    cell === undefined ? 0n : cell.charge(measures) - cell.charge(carried);
  const quantity = (measures: Measures): string => formatDecimal(measures.quantity - carried.quantity, meter.scale);

  const difference = formatAmount(charge(reachedAfter) - charge(reachedBefore));
  const isCounted = cell?.countsEvents === true;
  const events = { before: reachedBefore.events.toString(), after: reachedAfter.events.toString() };
  const at = (measures: Measures): string =>
    `charge(${quantity(measures)}${isCounted ? `, ${measures.events} events` : ''})`;
  const growth = checkGrowth({
    meter,
    grown,
    share: evidence.share,
    before: reachedBefore.quantity,
    value: (meter.distinct ?? '') === '' ? row.resource : (dims[meter.distinct!] ?? ''),
    note: evidence.commit.tallyNotes?.find((note) => note.id === standing.id),
  });
  return {
    tally: {
      cell: cell?.key ?? '',
      events: isCounted ? events : null,
      before: quantity(reachedBefore),
      after: quantity(reachedAfter),
      chargeBefore: formatAmount(charge(reachedBefore)),
      chargeAfter: formatAmount(charge(reachedAfter)),
      stepsBefore: cell?.explain(reachedBefore) ?? [],
      stepsAfter: cell?.explain(reachedAfter) ?? [],
    },
    checks: [
      checkSum(evidence, { compiled, standing, before: reachedBefore.quantity - carried.quantity }),
      ...(growth === undefined ? [] : [growth]),
      {
        name: 'charge',
        ok: difference === row.amount && standing.charge === charge(ended),
        detail: `${at(reachedAfter)} − ${at(reachedBefore)} = ${difference}; the row says ${row.amount}.${standing.isNamed ? '' : ` The tally, ${standing.id}, was told by its figures: the commit that opened it lies further back than is looked here.`}`,
      },
    ],
  };
}

/** Stored rows before the row against the tally; they do not say their cell, so that only a price of one is proven by them. */
function checkSum(
  { meter, trail, price }: TallyEvidence,
  told: { readonly compiled: CompiledPrice | undefined; readonly standing: Standing; readonly before: bigint },
): Check {
  const { carried } = told.standing;
  const summed = quantityOf(trail.quantityBefore, meter.scale);
  const text = (integer: bigint): string => formatDecimal(integer, meter.scale);
  const stands = `The commit puts the tally at ${text(told.before)} before this row`;
  const after = carried.quantity === 0n ? '' : `, after ${text(carried.quantity)} under the version before`;
  // An adjustment of a tally per resource does not name it, so the stored rows alone cannot tell its share.
  const isUntold = trail.adjusted && price?.tallyScope === 'resource';
  if (told.compiled === undefined || told.compiled.whole !== undefined) {
    const ok = summed === told.before || isUntold;
    return { name: 'tally', ok, detail: `${stands}, the stored rows add up to ${text(summed)}${after}.` };
  }
  const detail = `${stands}${after}. Stored rows do not say their cell; over all cells they add up to ${text(summed)}, and \`meterline verify\` recomputes each cell from the log.`;
  return { name: 'cell', ok: meter.aggregation === 'latest' || isUntold || told.before <= summed, detail };
}

/** The row's amount is shown without its tally, and that is said. */
function notShown({ row, commit }: TallyEvidence, cell: Cell | undefined): TallyProof {
  const detail = `The commit that opened the tally lies further back than is looked, and the figures of commit ${row.outSeq} (${commit.tallyValues.length} tallies) do not tell which is its own. \`meterline verify\` recomputes it from the log.`;
  return { tally: { ...noTally, cell: cell?.key ?? '' }, checks: [{ name: 'unproven', ok: true, detail }] };
}
