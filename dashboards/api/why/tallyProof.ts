import type { RatedRow, Why } from '#core/messages/api.ts';
import type { MeterRecord, PriceRecord } from '#core/messages/control.ts';
import { streams } from '#core/messages/names.ts';
import type { CommitHeader, TallyEntry } from '#core/messages/rated.ts';
import { formatAmount, formatDecimal, parseDecimal } from '#core/money/fixed.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import { nothing, type Measures } from '#core/pricing/compiled.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import type { TallyTrail } from '../../ports.ts';
import type { Check } from './batchProof.ts';
import { readCommit, type Block, type RowId } from './commitBlocks.ts';

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
}

/**
 * The row's tally before and after it, and the charge at both. The commit that holds the row says where the tally stood
 * after it; what its later rows added is taken off. The sum over ClickHouse must come to the same.
 */
export async function proveTally(
  evidence: TallyEvidence,
): Promise<{ readonly tally: Why['tally']; readonly checks: Check[] }> {
  const { row, meter, price, commit, trail } = evidence;
  const perResource = price?.tallyScope === 'resource';
  const entry = await tallyEntry(evidence, perResource);
  const value = commit.tallyValues.find(([id]) => id === entry.id);
  if (value === undefined)
    throw dashboardsError('PROOF_UNAVAILABLE', `Commit ${row.outSeq} does not name tally ${entry.id}.`);

  const before = BigInt(value[1]) - addedFrom(evidence, perResource);
  const after = before + quantityOf(row.quantity, meter.scale);
  const carried = BigInt(entry.carried);
  const cell = price === undefined ? undefined : compilePrice(price, meter).cell(entry.cell ?? '');
  const measures = (quantity: bigint): Measures => ({ ...nothing, quantity: carried + quantity });
  const charge = (quantity: bigint): bigint =>
    cell === undefined ? 0n : cell.charge(measures(quantity)) - cell.charge(measures(0n));
  const steps = (quantity: bigint) => [...(cell?.explain(measures(quantity)) ?? [])];

  const difference = formatAmount(charge(after) - charge(before));
  const summed = quantityOf(trail.quantityBefore, meter.scale);
  const quantity = (integer: bigint): string => formatDecimal(integer, meter.scale);
  return {
    tally: {
      before: quantity(before),
      after: quantity(after),
      chargeBefore: formatAmount(charge(before)),
      chargeAfter: formatAmount(charge(after)),
      stepsBefore: steps(before),
      stepsAfter: steps(after),
    },
    checks: [
      {
        name: 'tally',
        // An adjustment of a tally per resource does not name it, so the stored rows alone cannot tell its share.
        ok: summed === before || (trail.adjusted && perResource),
        detail: `The commit puts the tally at ${quantity(before)} before this row, the stored rows add up to ${quantity(summed)}${carried === 0n ? '' : `, after ${quantity(carried)} under the version before`}.`,
      },
      {
        name: 'charge',
        ok: difference === row.amount && BigInt(value[2]) === charge(BigInt(value[1])),
        detail: `charge(${quantity(after)}) − charge(${quantity(before)}) = ${difference}; the row says ${row.amount}.`,
      },
    ],
  };
}

/** The tally's dictionary entry, from the commit that opened it. */
async function tallyEntry(
  { log, tenant, row, price, trail, blocks, id }: TallyEvidence,
  perResource: boolean,
): Promise<TallyEntry> {
  const resource = Number(blocks[id.block]!.list('resource')[id.position]);
  const periodStartMs = instantMs(blocks[id.block]!.text('period_start'));
  const isIt = (entry: TallyEntry): boolean =>
    entry.tenant === tenant &&
    entry.account === row.account &&
    entry.price === (price?.id ?? 0) &&
    entry.meter === row.meter &&
    entry.resource === (perResource ? resource : 0) &&
    entry.periodStartMs === periodStartMs;
  for (const outSeq of new Set(trail.openedAt)) {
    const message = await log.get(streams.rated(row.partition), outSeq);
    const entry = message === undefined ? undefined : readCommit(message.data).header.tallies.find(isIt);
    if (entry !== undefined) return entry;
  }
  throw dashboardsError('PROOF_UNAVAILABLE', 'The commit that opened its tally is not in the log.');
}

/** What the row and the rows of its tally after it, in the same commit, added. */
function addedFrom({ blocks, id, meter }: TallyEvidence, perResource: boolean): bigint {
  const own = blocks[id.block]!;
  const resource = own.list('resource')[id.position];
  let added = 0n;
  blocks.slice(id.block).forEach((block, offset) => {
    if (
      !(['tenant', 'account', 'price', 'meter', 'period_start'] as const).every(
        (column) => block.text(column) === own.text(column),
      )
    )
      return;
    const resources = block.list('resource');
    block.list('quantities').forEach((quantity, position) => {
      if (offset === 0 && position < id.position) return;
      if (perResource && resources[position] !== resource) return;
      added += quantityOf(quantity, meter.scale);
    });
  });
  return added;
}

function quantityOf(text: string, scale: number): bigint {
  const value = parseDecimal(text, scale);
  if (value === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `"${text}" is no quantity at scale ${scale}.`);
  return value;
}

/** Unix seconds with decimals, as blocks write instants. */
const instantMs = (text: string): number => Number(text.replace('.', ''));
