import type { RatedRow, WhySample } from '#core/messages/api.ts';
import type { AccountRecord, MeterRecord, PriceRecord } from '#core/messages/control.ts';
import type { CommitHeader, SamplePlace } from '#core/messages/rated.ts';
import { formatAmount, formatDecimal, parseAmount } from '#core/money/fixed.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import type { Measures } from '#core/pricing/compiled.ts';
import { adds } from '#core/rating/measures.ts';
import type { Log } from '#platform/log.ts';
import type { TallyPlace } from '#core/messages/stored.ts';
import type { Ports } from '../../ports.ts';
import type { Check } from './batchProof.ts';
import type { Block, RowId } from './commitBlocks.ts';
import { partAt } from './partAt.ts';
import { seriesAt } from './seriesAt.ts';
import { checkGrowth, type Growth } from './growth.ts';
import { standingOf } from './tallyEntry.ts';
import { moved, quantityOf, rowsOfTally, takenBack, type Added } from './tallyRows.ts';

export interface TallyEvidence {
  readonly log: Log;
  readonly store: Pick<Ports['store'], 'tallyRows' | 'tallyWitness'>;
  readonly tenant: string;
  readonly row: RatedRow;
  readonly id: RowId;
  readonly commit: CommitHeader;
  readonly blocks: readonly Block[];
  readonly meter: MeterRecord;
  /** Undefined for a row that no price charges yet. */
  readonly price: PriceRecord | undefined;
  /** Of a row that a sample brought. */
  readonly sample: SampleEvidence | undefined;
  /** Whose the tally is, that account with those above it, and its IANA zone. */
  readonly account: number;
  readonly chain: readonly AccountRecord[];
  readonly timeZone: string;
}

export interface SampleEvidence {
  readonly dims: Readonly<Record<string, string>>;
  /** What of it fell on the row, at its own scale. */
  readonly share: bigint;
  /** Where it stands among those of its tally. */
  readonly place: SamplePlace;
}

export interface TallyProof {
  readonly tally: WhySample['tally'];
  readonly checks: Check[];
}

export const noTally: WhySample['tally'] = {
  cell: '', events: null, before: '0', after: '0', chargeBefore: '0', chargeAfter: '0', stepsBefore: [], stepsAfter: [],
}; // prettier-ignore

/**
 * The row's tally before and after it, and the charge at both. The commit that holds the row says where the tally stood
 * after it; what its later rows added is taken off. The stored rows of the tally before it must come to the same.
 */
export async function proveTally(evidence: TallyEvidence): Promise<TallyProof> {
  const { row, meter, price, sample, timeZone, log, store, tenant, commit, blocks, id } = evidence;
  const compiled = price && compilePrice(price, meter, await seriesAt(evidence, price));
  const part =
    sample === undefined
      ? compiled?.cell(row.cell)
      : compiled?.cellAt({ dims: sample.dims, atMs: row.startMs, timeZone, boundary: () => undefined });
  if (compiled !== undefined && part?.key !== row.cell) {
    const detail = `The price puts it into ${part === undefined ? 'no part' : `part "${part.key}"`}, the row says "${row.cell}".`;
    return { tally: noTally, checks: [{ name: 'cell', ok: false, detail }] };
  }
  const perResource = price?.tallyScope === 'resource';
  const isPool = price?.tallyScope === 'subtree';
  const place: TallyPlace = {
    partition: row.partition, account: evidence.account, isPool, price: row.price, meter: row.meter, cell: row.cell,
    periodStartMs: row.periodStartMs,
    resource: perResource ? Number(blocks[id.block]!.list('resource')[id.position]) : undefined,
  }; // prettier-ignore
  const stored = await store.tallyRows(tenant, place, row.outSeq);
  const opening = stored.first.outSeq === 0 ? row : stored.first;
  const { id: tallyId, carried, ended, charge: committed, free } = await standingOf(log, tenant, place, { first: opening, commit }); // prettier-ignore
  const inForce = price && (await partAt(evidence, price));
  const cell = free === 0n && inForce === undefined ? part : compiled?.cellWith(row.cell, free, inForce);
  const { scale } = meter;
  const rows = rowsOfTally({ blocks, id, scale, perResource, isPool, adds: adds(meter) });
  const reachedBefore = takenBack(cell, ended, rows.from);
  const grown = quantityOf(row.quantity, scale);
  const reachedAfter = moved(cell, reachedBefore, { ...rows.from[0], quantity: grown });

  const charge = (measures: Measures): bigint =>
    cell === undefined ? 0n : cell.charge(measures) - cell.charge(carried);
  const quantity = (measures: Measures): string => formatDecimal(measures.quantity - carried.quantity, scale);
  const isCounted = cell?.countsEvents === true;
  const at = (measures: Measures): string =>
    `charge(${quantity(measures)}${isCounted ? `, ${measures.events} events` : ''})`;
  const summed = summedOf(stored, rows.before, scale);
  // An adjustment changes what the tally is charged by; what came before it in its commit was charged by other terms.
  const isAdjustment = row.kind === 'adjustment';
  const isBeforeOne = rows.from.slice(1).some((later) => later.isAdjustment);
  const chargeBefore = isAdjustment || isBeforeOne ? summed.amount : charge(reachedBefore);
  const chargeAfter = isBeforeOne ? summed.amount + parseAmount(row.amount)! : charge(reachedAfter);
  const difference = formatAmount(chargeAfter - chargeBefore);
  const note = commit.tallyNotes?.find((each) => each.id === tallyId);
  const growth = sample && (await growthOf(evidence, sample, place, { grown, before: reachedBefore.quantity, note }));
  return {
    tally: {
      cell: row.cell,
      events: isCounted ? { before: reachedBefore.events.toString(), after: reachedAfter.events.toString() } : null,
      before: quantity(reachedBefore),
      after: quantity(reachedAfter),
      chargeBefore: formatAmount(chargeBefore),
      chargeAfter: formatAmount(chargeAfter),
      stepsBefore: isAdjustment || isBeforeOne ? [] : (cell?.explain(reachedBefore) ?? []),
      stepsAfter: isBeforeOne ? [] : (cell?.explain(reachedAfter) ?? []),
    },
    checks: [
      ...(compiled === undefined || compiled.whole !== undefined
        ? []
        : [{ name: 'cell', ok: true, detail: `The price puts it into part "${row.cell}", as the row says.` }]),
      checkSum(summed, {
        scale,
        carried: carried.quantity,
        quantity: reachedBefore.quantity - carried.quantity,
        charge: chargeBefore,
      }),
      ...(growth === undefined ? [] : [growth]),
      {
        name: 'charge',
        ok: difference === row.amount && committed === charge(ended),
        detail: isBeforeOne
          ? `Its commit changed later what the tally is charged or to whom; what held at this row is recomputed by \`meterline verify\` alone. The commit ends at ${at(ended)}, as it says.`
          : isAdjustment
            ? `${at(reachedAfter)} is ${formatAmount(chargeAfter)}, and ${formatAmount(chargeBefore)} was charged before: ${difference}; the row says ${row.amount}.`
            : `${at(reachedAfter)} − ${at(reachedBefore)} = ${difference}; the row says ${row.amount}.`,
      },
    ],
  };
}

interface Summed {
  readonly quantity: bigint;
  readonly amount: bigint;
}

/** All rows of the tally before the row: those of earlier commits, and of this one. */
const summedOf = (
  stored: { readonly quantity: string; readonly amount: string },
  here: readonly Added[],
  scale: number,
): Summed => ({
  quantity: here.reduce((sum, row) => sum + row.quantity, quantityOf(stored.quantity, scale)),
  amount: here.reduce((sum, row) => sum + row.amount, parseAmount(stored.amount)!),
});

/** The rows before the row, quantity and amount, against where the commit puts it and what the price charges there. */
function checkSum(
  { quantity, amount }: Summed,
  told: { readonly scale: number; readonly carried: bigint; readonly quantity: bigint; readonly charge: bigint },
): Check {
  const text = (integer: bigint): string => formatDecimal(integer, told.scale);
  const after = told.carried === 0n ? '' : `, after ${text(told.carried)} under the version before`;
  return {
    name: 'tally',
    ok: quantity === told.quantity && amount === told.charge,
    detail: `The commit puts the tally at ${text(told.quantity)}, charged ${formatAmount(told.charge)}, before this row${after}; its earlier rows add up to ${text(quantity)} and ${formatAmount(amount)}.`,
  };
}

/** With an earlier row that says why this one had to leave the tally alone, where rows can tell. */
async function growthOf(
  { store, tenant, row, meter }: TallyEvidence,
  { dims, share, place: newerThan }: SampleEvidence,
  place: TallyPlace,
  found: Pick<Growth, 'grown' | 'before' | 'note'>,
): Promise<Check | undefined> {
  const { aggregation, distinct = '' } = meter;
  const value = distinct === '' ? row.resource : (dims[distinct] ?? '');
  const witness =
    aggregation === 'latest'
      ? await store.tallyWitness(tenant, place, row, { newerThan })
      : aggregation === 'unique' && distinct === ''
        ? await store.tallyWitness(tenant, place, row, { counted: value })
        : undefined;
  return checkGrowth({ meter, share, value, witness, ...found });
}
