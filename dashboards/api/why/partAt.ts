import type { AccountRecord } from '#core/messages/control.ts';
import type { PriceRecord } from '#core/messages/price.ts';
import type { Part } from '#core/pricing/prorate.ts';
import { partInForce } from '#core/rating/inForce.ts';
import { dashboardsError } from '../../errors.ts';
import type { Block, RowId } from './commitBlocks.ts';
import { changesUntil } from './controlLog.ts';
import type { SeriesQuestion } from './seriesAt.ts';

export interface PartQuestion extends SeriesQuestion {
  readonly id: RowId;
  readonly blocks: readonly Block[];
  readonly chain: readonly AccountRecord[];
}

/** For how much of the row's period its price is in force, by the prices that were known at the end of its commit. */
export async function partAt(
  { log, tenant, commit, id, blocks, chain }: PartQuestion,
  price: PriceRecord,
): Promise<Part | undefined> {
  if (price.prorate === undefined) return undefined;
  const { partition, inputs } = commit;
  const rivals: PriceRecord[] = [];
  for await (const change of changesUntil(log, { partition, tenant, controlSeq: inputs.control.seq }))
    if (change.kind === 'price' && change.meter === price.meter) rivals.push(change);
  if (rivals.every((rival) => rival.id !== price.id))
    throw dashboardsError('PROOF_UNAVAILABLE', `Price ${price.key} is further back in the log than is looked.`);
  const block = blocks[id.block]!;
  const period = { startMs: block.instantMs('period_start'), endMs: block.instantMs('period_end') };
  return partInForce(price, rivals, chain, period);
}
